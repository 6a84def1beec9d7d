//! Rules that change nothing, for others already decide all that they match.
//!
//! Where rules are tried in order, a rule is dead if those before it decide all that it matches: it
//! is *redundant* if they do the same and *shadowed* if some do otherwise. Where rules only permit,
//! order means nothing, and a rule is redundant if the others permit all that it permits.

use fixedbitset::FixedBitSet;

use super::{Lint, LintRule};
use crate::connections::Connections;
use crate::network::{Network, Peer, Policy, Rule};
use crate::policy::{Action, Direction};

const REDUNDANT: &str = "rule-redundant";
const SHADOWED: &str = "rule-shadowed";

pub(super) const RULE: LintRule = LintRule {
    id: REDUNDANT,
    why: "A rule that changes nothing misleads whoever reads it, and a deny rule behind a rule that \
          permits the same (rule-shadowed) denies nothing. Remove it, or move it up.",
    run,
};

/// A rule with its policy's number and its place among all rules.
#[derive(Clone, Copy)]
struct Entry<'n, 'a> {
    policy: usize,
    rule: &'n Rule<'a>,
}

fn run(network: &Network<'_>, found: &mut Vec<Lint>) {
    let unordered: Vec<bool> =
        (0..network.tiers().len()).map(|tier| unordered(network, tier)).collect();
    for direction in Direction::ALL {
        let mut entries: Vec<Entry<'_, '_>> = Vec::new();
        let mut of_policy: Vec<Vec<usize>> = vec![Vec::new(); network.policies().len()];
        for (number, policy) in network.policies().iter().enumerate() {
            for rule in policy.side(direction).into_iter().flat_map(|side| &side.rules) {
                of_policy[number].push(entries.len());
                entries.push(Entry { policy: number, rule });
            }
        }
        let mut walk = Walk {
            network,
            direction,
            unordered: &unordered,
            alive: vec![true; entries.len()],
            entries: &entries,
            of_policy: &of_policy,
        };
        // The narrowest first, and of two alike the later, so that the broad one stays.
        let mut order: Vec<usize> = (0..entries.len()).collect();
        let breadth = |entry: usize| {
            let rule = entries[entry].rule;
            let ports: usize = rule.ports.numbered.iter().map(|(_, ports)| ports.len()).sum();
            (
                rule.may_match().count_ones(..)
                    + subject(network, entries[entry].policy).count_ones(..),
                ports,
            )
        };
        order.sort_by_key(|&entry| (breadth(entry), std::cmp::Reverse(entry)));
        for entry in order {
            let Entry { policy, rule } = entries[entry];
            // What is in doubt may matter, and what matches nothing is told elsewhere.
            if rule.possible.is_some()
                || network.policies()[policy].possible.is_some()
                || rule.peers.is_clear()
            {
                continue;
            }
            let selected: Vec<usize> = subject(network, policy).ones().collect();
            if selected.is_empty() {
                continue;
            }
            let mut actions: Vec<(Action, String)> = Vec::new();
            let dead = selected.iter().all(|&class| walk.covers(class, entry, &mut actions));
            if !dead || actions.is_empty() {
                continue;
            }
            walk.alive[entry] = false;
            let same = actions.iter().all(|(action, _)| *action == rule.action);
            let id = if same { REDUNDANT } else { SHADOWED };
            let mut names: Vec<&str> = actions.iter().map(|(_, name)| name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            names.truncate(4);
            let message = format!(
                "{}[{}] changes nothing: {} already {}",
                direction.field(),
                rule.index,
                names.join(", "),
                if same { "does the same" } else { "decides all that it matches" },
            );
            found.push(Lint::at(id, network.policies()[policy].object, rule.node, message));
        }
    }
}

fn subject<'n>(network: &'n Network<'_>, policy: usize) -> &'n FixedBitSet {
    &network.policies()[policy].subject
}

/// One direction's rules, and which of them still count.
struct Walk<'w, 'n, 'a> {
    network: &'n Network<'a>,
    direction: Direction,
    /// For each tier whether order means nothing in it.
    unordered: &'w [bool],
    entries: &'w [Entry<'n, 'a>],
    of_policy: &'w [Vec<usize>],
    alive: Vec<bool>,
}

impl Walk<'_, '_, '_> {
    /// Whether all that a rule matches of a class is decided by rules that count before or beside
    /// it; notes what they do, and which they are.
    fn covers(&self, class: usize, entry: usize, actions: &mut Vec<(Action, String)>) -> bool {
        let (network, direction) = (self.network, self.direction);
        let own = self.entries[entry];
        let tier = network.policies()[own.policy].tier;
        let mut open = by_connections(network, direction, class, own.rule, &own.rule.peers);
        // What an earlier tier passed on is out of reach of its later rules.
        let mut passed: Vec<(Connections, FixedBitSet)> = Vec::new();
        let mut current = None;
        for &number in network.applying_numbers(direction, class) {
            let policy: &Policy<'_> = &network.policies()[number as usize];
            if current != Some(policy.tier) {
                current = Some(policy.tier);
                open.append(&mut passed);
            }
            if policy.tier > tier || !policy.subject.contains(class) {
                continue;
            }
            for &other in &self.of_policy[number as usize] {
                let rule = self.entries[other].rule;
                // Of a tier that only permits, a later rule does as well as an earlier one.
                let counts = other < entry || (policy.tier == tier && self.unordered[tier]);
                if other == entry || !self.alive[other] || !counts {
                    continue;
                }
                let mut hit = Vec::new();
                for (connections, peers) in
                    by_connections(network, direction, class, rule, &rule.peers)
                {
                    hit.append(&mut take(&mut open, &connections, &peers));
                }
                if policy.tier < tier && rule.action == Action::Pass {
                    passed.append(&mut hit);
                } else if !hit.is_empty() {
                    let (field, id) = (direction.field(), policy.object.id());
                    actions.push((rule.action, format!("{field}[{}] of {id}", rule.index)));
                }
                if open.is_empty() && passed.is_empty() {
                    return true;
                }
            }
        }
        false
    }
}

/// Takes connections with some columns out of what is open, and gives what was taken.
fn take(
    open: &mut Vec<(Connections, FixedBitSet)>,
    connections: &Connections,
    peers: &FixedBitSet,
) -> Vec<(Connections, FixedBitSet)> {
    let mut taken = Vec::new();
    let mut left = Vec::with_capacity(open.len());
    for (have, columns) in open.drain(..) {
        let both = have.intersection(connections);
        if both.is_empty() || columns.is_disjoint(peers) {
            left.push((have, columns));
            continue;
        }
        let mut inside = columns.clone();
        inside.intersect_with(peers);
        let mut outside = columns;
        outside.difference_with(peers);
        if !outside.is_clear() {
            left.push((have.clone(), outside));
        }
        let rest = have.difference(&both);
        if !rest.is_empty() {
            left.push((rest, inside.clone()));
        }
        taken.push((both, inside));
    }
    *open = left;
    taken
}

/// Whether all rules of a tier only permit, so that their order means nothing.
fn unordered(network: &Network<'_>, tier: usize) -> bool {
    network.policies().iter().filter(|policy| policy.tier == tier).all(|policy| {
        Direction::ALL
            .into_iter()
            .filter_map(|direction| policy.side(direction))
            .flat_map(|side| &side.rules)
            .all(|rule| rule.action == Action::Allow)
    })
}

fn by_connections(
    network: &Network<'_>,
    direction: Direction,
    class: usize,
    rule: &Rule<'_>,
    peers: &FixedBitSet,
) -> Vec<(Connections, FixedBitSet)> {
    if direction == Direction::Ingress || rule.ports.named.is_empty() {
        let connections = network.connections(&rule.ports, Peer::Class(class));
        let whole = match direction {
            Direction::Ingress => connections,
            Direction::Egress => rule.ports.numbered.clone(),
        };
        return if whole.is_empty() { Vec::new() } else { vec![(whole, peers.clone())] };
    }
    let mut groups: Vec<(Connections, FixedBitSet)> = Vec::new();
    for column in peers.ones() {
        let connections = network.connections(&rule.ports, network.peer(column));
        if connections.is_empty() {
            continue;
        }
        match groups.iter_mut().find(|(known, _)| *known == connections) {
            Some((_, columns)) => columns.insert(column),
            None => {
                let mut columns = FixedBitSet::with_capacity(peers.len());
                columns.insert(column);
                groups.push((connections, columns));
            }
        }
    }
    groups
}
