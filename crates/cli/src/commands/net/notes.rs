//! What an answer rests on and cannot show by itself.

use seawall_network::address::Family;
use seawall_network::{Network, Problem, families};

/// Most notes of one kind that are written out.
const MOST: usize = 20;

/// The notes of a network, and of what was found beside it.
pub(super) fn notes(
    network: &Network<'_>,
    further: &[Problem<'_>],
    shown: &[Family],
) -> Vec<String> {
    let mut notes = Vec::new();
    for problem in network.problems().iter().chain(further) {
        let start = problem.location.source.position(problem.location.span.start);
        notes.push(format!(
            "{}:{}:{}: {}: {}",
            problem.location.source.name(),
            start.line,
            start.column,
            problem.object,
            problem.why
        ));
    }
    bound(&mut notes, "things that could not be understood");
    let mut hosts: Vec<String> = network
        .workloads()
        .iter()
        .filter(|workload| workload.pods.iter().any(|&pod| network.pods()[pod].host_network))
        .map(ToString::to_string)
        .collect();
    if !hosts.is_empty() && !network.policies().is_empty() {
        bound(&mut hosts, "workloads");
        notes.push(format!(
            "on the network of their node, where it is undefined whether NetworkPolicies apply; \
             counted as ordinary pods: {}",
            hosts.join(", ")
        ));
    }
    let mut unread: Vec<&str> = network
        .namespaces()
        .iter()
        .filter(|space| space.object.is_none() && !space.name.starts_with('{'))
        .map(|space| space.name)
        .collect();
    if !unread.is_empty() && selects_namespaces(network) {
        let more = unread.len().saturating_sub(MOST);
        unread.truncate(MOST);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        notes.push(format!(
            "these namespaces were not read, so no labels but their names are known: {}{more}",
            unread.join(", ")
        ));
    }
    let named_v6 = network.sources().len() + network.destinations().len() > 4
        && network
            .sources()
            .iter()
            .chain(network.destinations())
            .filter(|range| range.family() == Family::V6)
            .count()
            > 2;
    if named_v6 && !shown.contains(&Family::V6) && !families(network).contains(&Family::V6) {
        notes.push(
            "policies name IPv6 addresses, and no pod or Service is known to have one: they are \
             left out (--ip-family dual lists them)"
                .to_owned(),
        );
    }
    notes
}

fn selects_namespaces(network: &Network<'_>) -> bool {
    network.policies().iter().any(|policy| {
        policy
            .object
            .root()
            .descendants()
            .any(|node| matches!(node.text(), "namespaceSelector" | "namespaces"))
    })
}

fn bound(list: &mut Vec<String>, what: &str) {
    if list.len() > MOST {
        let more = list.len() - MOST;
        list.truncate(MOST);
        list.push(format!("and {more} more {what}"));
    }
}
