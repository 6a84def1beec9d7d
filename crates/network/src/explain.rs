//! One connection, with the reason: which rule of which policy decides, or which absence.

use crate::connections::Connections;
use crate::network::{Network, Peer, Policy, Rule};
use crate::policy::{Action, Direction};
use crate::ports::{FIRST, LAST, PortSet, Protocol};
use crate::reach::{Bound, effects, isolates_under};

/// Whether a connection is permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It depends on what could not be decided.
    Unknown,
}

impl Answer {
    /// The word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Answer::Yes => "permitted",
            Answer::No => "denied",
            Answer::Unknown => "unknown",
        }
    }

    /// Both must hold.
    #[must_use]
    pub fn and(self, other: Answer) -> Answer {
        match (self, other) {
            (Answer::No, _) | (_, Answer::No) => Answer::No,
            (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
            _ => Answer::Yes,
        }
    }
}

/// One end, as precisely as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A pod, by its number.
    Pod(usize),
    /// Any other end.
    Peer(Peer),
}

impl Endpoint {
    /// The end as policies see it.
    pub fn peer(self, network: &Network<'_>) -> Peer {
        match self {
            Endpoint::Pod(pod) => Peer::Class(network.class_of(pod)),
            Endpoint::Peer(peer) => peer,
        }
    }
}

/// Why one end's policies decide as they do.
#[derive(Clone, Debug)]
pub enum Reason<'n, 'a> {
    /// The end is no pod, so that no policy speaks for it.
    NoPod,
    /// No policy selects the pod in this direction.
    NotSelected,
    /// Policies select it, but no rule matches and none isolates.
    NotMatched(Vec<&'n Policy<'a>>),
    /// This rule matches.
    Rule(&'n Policy<'a>, &'n Rule<'a>),
    /// These policies isolate the pod, and none of their rules matches.
    Isolated(Vec<&'n Policy<'a>>),
}

/// What one end's policies decide.
#[derive(Clone, Debug)]
pub struct Decision<'n, 'a> {
    /// The direction seen from this end.
    pub direction: Direction,
    /// The answer.
    pub answer: Answer,
    /// Why. Where the answer is unknown, why it would be refused.
    pub reason: Reason<'n, 'a>,
    /// Rules that left the connection to a later tier.
    pub passed: Vec<(&'n Policy<'a>, &'n Rule<'a>)>,
    /// What the answer depends on, where it is unknown.
    pub doubts: Vec<String>,
}

/// One connection with the reason.
#[derive(Clone, Debug)]
pub struct Explanation<'n, 'a> {
    /// The answer.
    pub answer: Answer,
    /// Why policies are not asked, where they are not.
    pub always: Option<&'static str>,
    /// What the sender's policies decide.
    pub egress: Decision<'n, 'a>,
    /// What the receiver's policies decide.
    pub ingress: Decision<'n, 'a>,
}

/// Whether one end may connect to a port of the other, and why.
pub fn explain<'n, 'a>(
    network: &'n Network<'a>,
    from: Endpoint,
    to: Endpoint,
    protocol: Protocol,
    port: u16,
) -> Explanation<'n, 'a> {
    let question =
        Question { network, from: from.peer(network), to: to.peer(network), protocol, port };
    let egress = question.decision(Direction::Egress);
    let ingress = question.decision(Direction::Ingress);
    let itself = matches!((from, to), (Endpoint::Pod(a), Endpoint::Pod(b)) if a == b);
    let always = itself.then_some("a pod always reaches itself by its own address");
    let answer = if itself { Answer::Yes } else { egress.answer.and(ingress.answer) };
    Explanation { answer, always, egress, ingress }
}

/// All connections between two ends, each part with what decides it. Ports between the borders that
/// the rules on both ends draw are decided alike.
pub fn reasons<'n, 'a>(
    network: &'n Network<'a>,
    from: Endpoint,
    to: Endpoint,
) -> Vec<(Connections, Explanation<'n, 'a>)> {
    let target = to.peer(network);
    let ends = [(from.peer(network), Direction::Egress), (target, Direction::Ingress)];
    let mut parts: Vec<(Connections, Explanation<'n, 'a>)> = Vec::new();
    for protocol in Protocol::ALL {
        let mut borders = vec![FIRST];
        for (peer, direction) in ends {
            let Peer::Class(class) = peer else { continue };
            let sides = network.applying(direction, class).filter_map(|p| p.side(direction));
            for rule in sides.flat_map(|side| &side.rules) {
                let connections = network.connections(&rule.ports, target);
                for (first, last) in connections.ports(protocol).ranges() {
                    borders.push(*first);
                    borders.extend(last.checked_add(1));
                }
            }
        }
        borders.sort_unstable();
        borders.dedup();
        for (number, &first) in borders.iter().enumerate() {
            let last = borders.get(number + 1).map_or(LAST, |next| next - 1);
            let part = Connections::of(protocol, PortSet::range(first, last));
            let found = explain(network, from, to, protocol, first);
            match parts.iter_mut().find(|(_, known)| known.is_like(&found)) {
                Some((whole, _)) => *whole = whole.union(&part),
                None => parts.push((part, found)),
            }
        }
    }
    parts
}

impl Explanation<'_, '_> {
    /// Whether the answer and all reasons are the same.
    fn is_like(&self, other: &Self) -> bool {
        self.answer == other.answer
            && self.egress.is_like(&other.egress)
            && self.ingress.is_like(&other.ingress)
    }
}

impl Decision<'_, '_> {
    fn is_like(&self, other: &Self) -> bool {
        let reason = match (&self.reason, &other.reason) {
            (Reason::NoPod, Reason::NoPod) | (Reason::NotSelected, Reason::NotSelected) => true,
            (Reason::NotMatched(a), Reason::NotMatched(b))
            | (Reason::Isolated(a), Reason::Isolated(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| std::ptr::eq(*a, *b))
            }
            (Reason::Rule(_, a), Reason::Rule(_, b)) => std::ptr::eq(*a, *b),
            _ => false,
        };
        reason
            && self.answer == other.answer
            && self.passed.len() == other.passed.len()
            && self.passed.iter().zip(&other.passed).all(|((_, a), (_, b))| std::ptr::eq(*a, *b))
    }
}

struct Question<'n, 'a> {
    network: &'n Network<'a>,
    from: Peer,
    to: Peer,
    protocol: Protocol,
    port: u16,
}

/// What a walk through the tiers under one bound came to.
struct Walk<'n, 'a> {
    permits: bool,
    reason: Reason<'n, 'a>,
    passed: Vec<(&'n Policy<'a>, &'n Rule<'a>)>,
}

impl<'n, 'a> Question<'n, 'a> {
    fn decision(&self, direction: Direction) -> Decision<'n, 'a> {
        let (own, other) = match direction {
            Direction::Egress => (self.from, self.to),
            Direction::Ingress => (self.to, self.from),
        };
        let Peer::Class(class) = own else {
            return Decision {
                direction,
                answer: Answer::Yes,
                reason: Reason::NoPod,
                passed: Vec::new(),
                doubts: Vec::new(),
            };
        };
        let column = self.network.column(other);
        let least = self.walk(direction, class, column, Bound::Least);
        let most = self.walk(direction, class, column, Bound::Most);
        let answer = match (least.permits, most.permits) {
            (true, _) => Answer::Yes,
            (false, true) => Answer::Unknown,
            (false, false) => Answer::No,
        };
        let mut doubts = Vec::new();
        if answer == Answer::Unknown {
            for policy in self.network.applying(direction, class) {
                let unsure = policy.doubt.as_ref().filter(|_| !policy.subject.contains(class));
                doubts.extend(unsure.cloned());
                for rule in policy.side(direction).into_iter().flat_map(|side| &side.rules) {
                    if rule.may_match().contains(column) && !rule.peers.contains(column) {
                        doubts.extend(rule.doubt.clone());
                    }
                }
            }
            doubts.dedup();
        }
        Decision { direction, answer, reason: least.reason, passed: least.passed, doubts }
    }

    fn walk(
        &self,
        direction: Direction,
        class: usize,
        column: usize,
        bound: Bound,
    ) -> Walk<'n, 'a> {
        let network = self.network;
        let mut passed = Vec::new();
        let mut selecting = Vec::new();
        let mut applying = network.applying(direction, class).peekable();
        while let Some(tier) = applying.peek().map(|policy| policy.tier) {
            let mut isolating = Vec::new();
            let mut passes = network.tiers()[tier].passes;
            let mut decided = false;
            while let Some(policy) = applying.next_if(|policy| policy.tier == tier) {
                let Some(side) = policy.side(direction) else { continue };
                selecting.push(policy);
                if side.isolates && isolates_under(policy, class, bound) {
                    isolating.push(policy);
                }
                if decided {
                    continue;
                }
                for rule in &side.rules {
                    let ports = network.connections(&rule.ports, self.to);
                    if !ports.contains(self.protocol, self.port) {
                        continue;
                    }
                    let effect = effects(policy, rule, class, bound)
                        .into_iter()
                        .find(|(_, peers)| peers.contains(column));
                    let Some((action, _)) = effect else { continue };
                    if action == Action::Pass {
                        passed.push((policy, rule));
                        passes = true;
                        decided = true;
                        break;
                    }
                    let permits = action == Action::Allow;
                    return Walk { permits, reason: Reason::Rule(policy, rule), passed };
                }
            }
            if !isolating.is_empty() && !passes {
                return Walk { permits: false, reason: Reason::Isolated(isolating), passed };
            }
        }
        let reason =
            if selecting.is_empty() { Reason::NotSelected } else { Reason::NotMatched(selecting) };
        Walk { permits: true, reason, passed }
    }
}
