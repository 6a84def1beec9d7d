//! The policies of one class as sets of pods, address ranges and ports: what a compiler to packet
//! filters needs.
//!
//! Tiers in order, in each its rules in order. The first rule that matches decides; `Pass` goes on
//! with the next tier; at the end of a tier that isolates, the rest is dropped unless the tier
//! passes; at the end of all, the rest is permitted.

use crate::address::Range;
use crate::connections::Connections;
use crate::network::{Network, Peer, Policy, Rule};
use crate::policy::{Action, Direction};

/// The rules of one tier that apply to a class.
#[derive(Clone, Debug)]
pub struct ResolvedTier<'n, 'a> {
    /// The tier's name.
    pub name: &'n str,
    /// Whether what no rule matches is dropped here.
    pub drops_rest: bool,
    /// The rules in order.
    pub rules: Vec<ResolvedRule<'n, 'a>>,
}

/// A rule as it applies to a class.
#[derive(Clone, Debug)]
pub struct ResolvedRule<'n, 'a> {
    /// The policy that it is of.
    pub policy: &'n Policy<'a>,
    /// The rule.
    pub rule: &'n Rule<'a>,
    /// What it does.
    pub action: Action,
    /// Whom it matches on which ports; more than one part where port names mean different numbers
    /// at different pods.
    pub parts: Vec<Part>,
    /// Why it may match more than its parts say, where that is so.
    pub doubt: Option<&'n str>,
}

/// Peers with the connections that a rule matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Protocols and ports.
    pub connections: Connections,
    /// The numbers of the pods at the other end.
    pub pods: Vec<usize>,
    /// The addresses outside at the other end.
    pub addresses: Vec<Range>,
    /// Whether the nodes are at the other end.
    pub nodes: bool,
}

/// The tiers that apply to a class in a direction, with what they surely match.
pub fn resolved<'n, 'a>(
    network: &'n Network<'a>,
    direction: Direction,
    class: usize,
) -> Vec<ResolvedTier<'n, 'a>> {
    let mut tiers: Vec<ResolvedTier<'n, 'a>> = Vec::new();
    let mut last = None;
    for policy in network.applying(direction, class) {
        let Some(side) = policy.side(direction) else { continue };
        let tier = &network.tiers()[policy.tier];
        if last != Some(policy.tier) {
            last = Some(policy.tier);
            tiers.push(ResolvedTier { name: &tier.name, drops_rest: false, rules: Vec::new() });
        }
        if let Some(open) = tiers.last_mut() {
            open.drops_rest |= side.isolates && !tier.passes;
            open.rules.extend(side.rules.iter().map(|rule| ResolvedRule {
                policy,
                rule,
                action: rule.action,
                parts: parts(network, direction, class, rule),
                doubt: rule.doubt.as_deref().or(policy.doubt.as_deref()),
            }));
        }
    }
    tiers
}

fn parts(network: &Network<'_>, direction: Direction, class: usize, rule: &Rule<'_>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for column in rule.peers.ones() {
        let peer = network.peer(column);
        let destination = match direction {
            Direction::Ingress => Peer::Class(class),
            Direction::Egress => peer,
        };
        let connections = network.connections(&rule.ports, destination);
        if connections.is_empty() {
            continue;
        }
        let number = match parts.iter().position(|part| part.connections == connections) {
            Some(number) => number,
            None => {
                let (pods, addresses) = (Vec::new(), Vec::new());
                parts.push(Part { connections, pods, addresses, nodes: false });
                parts.len() - 1
            }
        };
        let part = &mut parts[number];
        match peer {
            Peer::Class(class) => {
                let pods = network.classes()[class].pods.iter().copied();
                part.pods.extend(pods.filter(|&pod| !network.pods()[pod].controller));
            }
            Peer::Nodes => part.nodes = true,
            Peer::Outside(number) => {
                let ranges = match direction {
                    Direction::Ingress => network.sources(),
                    Direction::Egress => network.destinations(),
                };
                let range = ranges[number];
                match part.addresses.last_mut() {
                    Some(before) if before.joined(&range).is_some() => {
                        *before = before.joined(&range).unwrap_or(*before);
                    }
                    _ => part.addresses.push(range),
                }
            }
        }
    }
    for part in &mut parts {
        part.pods.sort_unstable();
    }
    parts
}
