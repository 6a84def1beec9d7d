//! A rule in words.

use seawall_network::{Network, Peer, Rule};

/// Most peers that are named.
const MOST: usize = 6;

/// Its ports.
pub(super) fn ports(rule: &Rule<'_>) -> String {
    let mut parts = Vec::new();
    if rule.ports.numbered.is_all() {
        return "everything".to_owned();
    }
    if !rule.ports.numbered.is_empty() {
        parts.push(rule.ports.numbered.to_string());
    }
    for (protocol, name) in &rule.ports.named {
        let protocol = protocol.map(|protocol| format!("{protocol} ")).unwrap_or_default();
        parts.push(format!("{protocol}port named {name}"));
    }
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(",") }
}

/// The workloads and addresses that it matches.
pub(super) fn peers(network: &Network<'_>, rule: &Rule<'_>) -> String {
    let classes = network.classes().len();
    let all = rule.may_match();
    if all.count_ones(..) == all.len() && !all.is_empty() {
        return "everyone".to_owned();
    }
    let mut names: Vec<String> = Vec::new();
    let mut workloads = Vec::new();
    let mut whole = true;
    for (number, workload) in network.workloads().iter().enumerate() {
        if workload.controller {
            continue;
        }
        if network.classes_of(number).iter().any(|class| all.contains(*class)) {
            workloads.push(workload.to_string());
        } else {
            whole = false;
        }
    }
    if whole && !workloads.is_empty() {
        names.push("all pods".to_owned());
    } else {
        let more = workloads.len().saturating_sub(MOST);
        workloads.truncate(MOST);
        names.append(&mut workloads);
        if more > 0 {
            names.push(format!("{more} more workloads"));
        }
    }
    if (0..classes).next().is_some() && all.contains(network.column(Peer::Nodes)) {
        names.push("the nodes".to_owned());
    }
    let mut ranges: Vec<String> = rule.addresses.ranges().iter().map(ToString::to_string).collect();
    let more = ranges.len().saturating_sub(MOST);
    ranges.truncate(MOST);
    names.append(&mut ranges);
    if more > 0 {
        names.push(format!("{more} more ranges of addresses"));
    }
    if let Some(doubt) = &rule.doubt {
        names.push(format!("depending {doubt}"));
    }
    if names.is_empty() { "nobody who was read".to_owned() } else { names.join(", ") }
}
