//! Asking a set of policies about links: whether what was generated permits all of them, and what an
//! existing set would block.

use std::sync::Arc;

use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Inventory, Source};

use super::{Link, Links, Party};
use crate::address::AddressSet;
use crate::explain::{Answer, Endpoint, explain};
use crate::network::{Cuts, Network, Peer};
use crate::policy::Direction;

/// A link that a set of policies does not surely permit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The link.
    pub link: Link,
    /// `No` or `Unknown`.
    pub answer: Answer,
    /// The direction in which it is refused first.
    pub direction: Direction,
    /// Between which pods, where a workload's pods differ.
    pub pods: (Endpoint, Endpoint),
}

/// The links that the policies of an inventory block.
pub fn check<'a>(inventory: &'a Inventory, links: &Links) -> (Network<'a>, Vec<Blocked>) {
    under(inventory, inventory, links)
}

/// The links that policies written as YAML block, or why the text can't be read.
pub fn verify(
    inventory: &Inventory,
    policies: &str,
    links: &Links,
) -> Result<Vec<Blocked>, String> {
    let source = Arc::new(Source::new("generated.yaml", policies.to_owned()));
    let mut generated = Inventory::new();
    let mut number = 0;
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        if let Some(error) = reading.error {
            return Err(error.cause);
        }
        for document in reading.documents {
            number += 1;
            generated.add(Entry::new(document, number));
        }
    }
    let (network, blocked) = under(inventory, &generated, links);
    match network.problems().iter().find(|problem| problem.location.source.name() == source.name())
    {
        Some(problem) => Err(format!("{}: {}", problem.object, problem.why)),
        None => Ok(blocked),
    }
}

fn under<'a>(
    inventory: &'a Inventory,
    policies: &'a Inventory,
    links: &Links,
) -> (Network<'a>, Vec<Blocked>) {
    // Addresses of links are parts of their own, so that each part is wholly permitted or not.
    let mut cuts = Cuts::default();
    let set = |party: Party| match party {
        Party::Outside(range) => Some([range].into_iter().collect::<AddressSet>()),
        Party::Workload(_) => None,
    };
    cuts.add(Direction::Ingress, links.iter().filter_map(|link| set(link.from)));
    cuts.add(Direction::Egress, links.iter().filter_map(|link| set(link.to)));
    let network = Network::under(inventory, policies, &cuts);
    let mut blocked = Vec::new();
    for &link in links {
        blocked.extend(refused(&network, link));
    }
    (network, blocked)
}

fn refused(network: &Network<'_>, link: Link) -> Option<Blocked> {
    let ends = |party: Party, direction: Direction| -> Vec<Endpoint> {
        match party {
            Party::Workload(workload) => network
                .classes_of(workload)
                .iter()
                .map(|&class| Endpoint::Peer(Peer::Class(class)))
                .collect(),
            Party::Outside(range) => {
                let parts = match direction {
                    Direction::Ingress => network.sources(),
                    Direction::Egress => network.destinations(),
                };
                parts
                    .iter()
                    .enumerate()
                    .filter(|(_, part)| part.meets(&range))
                    .map(|(part, _)| Endpoint::Peer(Peer::Outside(part)))
                    .collect()
            }
        }
    };
    for from in ends(link.from, Direction::Ingress) {
        for to in ends(link.to, Direction::Egress) {
            let found = explain(network, from, to, link.protocol, link.port);
            if found.answer != Answer::Yes {
                let direction = match found.egress.answer {
                    Answer::Yes => Direction::Ingress,
                    _ => Direction::Egress,
                };
                return Some(Blocked { link, answer: found.answer, direction, pods: (from, to) });
            }
        }
    }
    None
}
