//! Rows of the analysis as chains, sets and verdict maps.
//!
//! Rows, sets of peers and sets of ports are each written once, however many pods share them. In a
//! row the commonest answer is what remains at the end of the chain, so only the exceptions take
//! sets. Text is all that comes out, and the same input gives the same text.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use fixedbitset::FixedBitSet;

use super::{Placement, TABLE};
use crate::address::{AddressSet, Family, Range};
use crate::connections::{Connections, ConnectionsId};
use crate::network::{Network, Peer};
use crate::policy::Direction;
use crate::reach::{Bound, Reach};

/// Most workloads that a comment names.
const MOST_NAMED: usize = 8;

/// A table of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruleset {
    /// For `nft -f`: replaces the table in one transaction.
    pub text: String,
    /// How many of the node's addresses some policy filters.
    pub filtered: usize,
}

/// What `nft -f` takes to remove the table, whether or not it is there.
pub fn removal() -> String {
    format!("table inet {TABLE}\ndelete table inet {TABLE}\n")
}

/// Writes the rules for the pods that are local in the placement.
pub fn compile(network: &Network<'_>, placement: &Placement) -> Ruleset {
    let reach = Reach::of(network, Bound::Least);
    let mut writer = Writer {
        network,
        placement,
        reach: &reach,
        pods: Numbered::default(),
        blocks: Numbered::default(),
        ports: Numbered::default(),
        chains: String::new(),
    };
    let classes: BTreeSet<usize> = placement.local.values().copied().collect();
    let mut filtered = BTreeSet::new();
    let mut maps = String::new();
    for direction in [Direction::Egress, Direction::Ingress] {
        let mut chain_of_row: BTreeMap<usize, usize> = BTreeMap::new();
        let mut chain_of_class: BTreeMap<usize, usize> = BTreeMap::new();
        for &class in &classes {
            let (number, row) = reach.row(direction, class);
            if row.iter().all(|(id, _)| *id == ConnectionsId::ALL) {
                continue;
            }
            let next = chain_of_row.len();
            let chain = *chain_of_row.entry(number).or_insert_with(|| {
                writer.chain(direction, next, row);
                next
            });
            chain_of_class.insert(class, chain);
        }
        for family in Family::ALL {
            let mut elements = Vec::new();
            for (address, class) in of_family(&placement.local, family) {
                if let Some(chain) = chain_of_class.get(class) {
                    filtered.insert(*address);
                    elements.push(format!("{address} : jump {}-{chain}", direction.field()));
                }
            }
            let name = format!("{}-{}", direction.field(), version(family));
            let kind = format!("{} : verdict", address_type(family));
            declare(&mut maps, "map", &name, &kind, false, &elements);
        }
    }
    let text = writer.finish(&maps);
    Ruleset { text, filtered: filtered.len() }
}

/// Things by the number in which they came.
struct Numbered<T> {
    numbers: BTreeMap<T, usize>,
    order: Vec<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Numbered { numbers: BTreeMap::new(), order: Vec::new() }
    }
}

impl<T: Ord + Clone> Numbered<T> {
    fn number(&mut self, thing: T) -> usize {
        if let Some(&number) = self.numbers.get(&thing) {
            return number;
        }
        self.order.push(thing.clone());
        self.numbers.insert(thing, self.order.len() - 1);
        self.order.len() - 1
    }
}

struct Writer<'w, 'a> {
    network: &'w Network<'a>,
    placement: &'w Placement,
    reach: &'w Reach<'w, 'a>,
    /// Sets of classes.
    pods: Numbered<Vec<usize>>,
    /// Sets of address ranges of one family.
    blocks: Numbered<Vec<Range>>,
    /// Sets of connections that are neither nothing nor everything.
    ports: Numbered<ConnectionsId>,
    chains: String,
}

impl Writer<'_, '_> {
    /// Writes the chain of a row.
    fn chain(&mut self, direction: Direction, number: usize, row: &[(ConnectionsId, FixedBitSet)]) {
        let end = match direction {
            Direction::Ingress => "saddr",
            Direction::Egress => "daddr",
        };
        let mut rules: Vec<String> = Vec::new();
        let with_pods: Vec<(ConnectionsId, Vec<usize>)> = row
            .iter()
            .map(|(id, columns)| {
                let classes = columns
                    .ones()
                    .take_while(|&column| matches!(self.network.peer(column), Peer::Class(_)));
                let classes = classes.filter(|&class| !self.placement.classes[class].is_empty());
                (*id, classes.collect())
            })
            .collect();
        let addresses = |classes: &[usize]| -> usize {
            classes.iter().map(|&class| self.placement.classes[class].len()).sum()
        };
        let pods_rest = commonest(with_pods.iter().map(|(id, own)| (*id, addresses(own))));
        let with_blocks: Vec<(ConnectionsId, AddressSet)> =
            row.iter().map(|(id, columns)| (*id, self.outside(direction, columns))).collect();
        let blocks_rest = commonest(with_blocks.iter().map(|(id, set)| (*id, set.ranges().len())));
        for (id, classes) in &with_pods {
            if *id == pods_rest || classes.is_empty() {
                continue;
            }
            let number = self.pods.number(classes.clone());
            let verdict = self.verdict(*id);
            for family in Family::ALL {
                if self.addresses(classes, family).next().is_some() {
                    let set = format!("@pods-{number}-{}", version(family));
                    rules.push(format!("{} {end} {set} {verdict}", word(family)));
                }
            }
        }
        // From here on only addresses outside may remain, unless they fare as the pods do.
        let mut outside: Vec<String> = Vec::new();
        let column = self.network.column(Peer::Nodes);
        let nodes = row
            .iter()
            .find(|(_, columns)| columns.contains(column))
            .map_or(ConnectionsId::NONE, |(id, _)| *id);
        let same = with_blocks.iter().all(|(id, set)| *id == blocks_rest || set.is_empty());
        if nodes != blocks_rest || !same {
            let verdict = self.verdict(nodes);
            for family in Family::ALL {
                if self.placement.nodes.iter().any(|address| is_of(*address, family)) {
                    outside.push(format!(
                        "{} {end} @nodes-{} {verdict}",
                        word(family),
                        version(family)
                    ));
                }
            }
        }
        for (id, set) in &with_blocks {
            if *id == blocks_rest {
                continue;
            }
            let verdict = self.verdict(*id);
            for family in Family::ALL {
                let ranges: Vec<Range> =
                    set.ranges().iter().filter(|range| range.family() == family).copied().collect();
                if set.has_all(family) {
                    outside.push(format!("meta nfproto {} {verdict}", protocol_family(family)));
                } else if !ranges.is_empty() {
                    let number = self.blocks.number(ranges);
                    let set = format!("@blocks-{number}-{}", version(family));
                    outside.push(format!("{} {end} {set} {verdict}", word(family)));
                }
            }
        }
        if pods_rest != blocks_rest || !outside.is_empty() {
            let verdict = self.verdict(pods_rest);
            for family in Family::ALL {
                let mut all = self.placement.classes.iter().flatten();
                if all.any(|address| is_of(*address, family)) {
                    let set = format!("@pods-{}", version(family));
                    rules.push(format!("{} {end} {set} {verdict}", word(family)));
                }
            }
        }
        rules.append(&mut outside);
        rules.push(self.verdict(blocks_rest));
        write_chain(&mut self.chains, &format!("{}-{number}", direction.field()), &rules);
    }

    /// The parts of the addresses outside among columns.
    fn outside(&self, direction: Direction, columns: &FixedBitSet) -> AddressSet {
        let parts = self.network.outside(direction).parts();
        columns
            .ones()
            .filter_map(|column| match self.network.peer(column) {
                Peer::Outside(part) => Some(parts[part]),
                _ => None,
            })
            .collect()
    }

    fn verdict(&mut self, id: ConnectionsId) -> String {
        match id {
            ConnectionsId::ALL => "return".to_owned(),
            ConnectionsId::NONE => "drop".to_owned(),
            _ => format!("goto ports-{}", self.ports.number(id)),
        }
    }

    fn addresses<'s>(
        &'s self,
        classes: &'s [usize],
        family: Family,
    ) -> impl Iterator<Item = &'s IpAddr> {
        let all = classes.iter().flat_map(|&class| &self.placement.classes[class]);
        all.filter(move |address| is_of(**address, family))
    }

    /// Workloads of classes, for a comment.
    fn names(&self, classes: &[usize]) -> String {
        let workloads: BTreeSet<usize> = classes
            .iter()
            .flat_map(|&class| &self.network.classes()[class].pods)
            .map(|&pod| self.network.pods()[pod].workload)
            .collect();
        let mut names: Vec<String> = workloads
            .iter()
            .take(MOST_NAMED)
            .map(|&number| harmless(&self.network.workloads()[number].to_string()))
            .collect();
        if workloads.len() > MOST_NAMED {
            names.push(format!("and {} more", workloads.len() - MOST_NAMED));
        }
        names.join(", ")
    }

    fn finish(self, maps: &str) -> String {
        let mut text = removal();
        text.push_str(&format!("table inet {TABLE} {{\n"));
        let every: Vec<usize> = (0..self.placement.classes.len()).collect();
        for family in Family::ALL {
            let kind = address_type(family);
            let elements: BTreeSet<&IpAddr> = self.addresses(&every, family).collect();
            let elements: Vec<String> = elements.iter().map(ToString::to_string).collect();
            text.push_str("\t# All pods.\n");
            let name = format!("pods-{}", version(family));
            declare(&mut text, "set", &name, kind, false, &elements);
            let nodes = self.placement.nodes.iter().filter(|address| is_of(**address, family));
            let elements: Vec<String> = nodes.map(ToString::to_string).collect();
            text.push_str("\t# All nodes.\n");
            let name = format!("nodes-{}", version(family));
            declare(&mut text, "set", &name, kind, false, &elements);
        }
        for (number, classes) in self.pods.order.iter().enumerate() {
            for family in Family::ALL {
                let elements: BTreeSet<&IpAddr> = self.addresses(classes, family).collect();
                let elements: Vec<String> = elements.iter().map(ToString::to_string).collect();
                if !elements.is_empty() {
                    text.push_str(&format!("\t# {}\n", self.names(classes)));
                    let name = format!("pods-{number}-{}", version(family));
                    declare(&mut text, "set", &name, address_type(family), false, &elements);
                }
            }
        }
        for (number, ranges) in self.blocks.order.iter().enumerate() {
            let Some(family) = ranges.first().map(Range::family) else { continue };
            let elements: Vec<String> = ranges.iter().map(element).collect();
            let name = format!("blocks-{number}-{}", version(family));
            declare(&mut text, "set", &name, address_type(family), true, &elements);
        }
        for (number, id) in self.ports.order.iter().enumerate() {
            let rules = port_rules(self.reach.connections(*id));
            write_chain(&mut text, &format!("ports-{number}"), &rules);
        }
        text.push_str(&self.chains);
        text.push_str(maps);
        let mut rules = vec![
            "type filter hook forward priority filter; policy accept;".to_owned(),
            "ct state established,related accept".to_owned(),
        ];
        for (direction, end) in [(Direction::Egress, "saddr"), (Direction::Ingress, "daddr")] {
            for family in Family::ALL {
                let map = format!("@{}-{}", direction.field(), version(family));
                rules.push(format!("{} {end} vmap {map}", word(family)));
            }
        }
        write_chain(&mut text, "forward", &rules);
        text.push_str("}\n");
        text
    }
}

/// The rules that permit a set of connections and nothing else.
fn port_rules(connections: &Connections) -> Vec<String> {
    let mut rules: Vec<String> = connections
        .iter()
        .map(|(protocol, ports)| {
            let name = protocol.name().to_ascii_lowercase();
            if ports.is_all() {
                return format!("meta l4proto {name} return");
            }
            let ports: Vec<String> = ports
                .ranges()
                .iter()
                .map(|(first, last)| match first == last {
                    true => first.to_string(),
                    false => format!("{first}-{last}"),
                })
                .collect();
            format!("{name} dport {{ {} }} return", ports.join(", "))
        })
        .collect();
    rules.push("drop".to_owned());
    rules
}

/// The answer with the greatest weight; of equals the first.
fn commonest(answers: impl Iterator<Item = (ConnectionsId, usize)>) -> ConnectionsId {
    let best = answers.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(ConnectionsId::NONE, |(id, _)| id)
}

fn is_of(address: IpAddr, family: Family) -> bool {
    address.is_ipv4() == (family == Family::V4)
}

fn of_family<T>(map: &BTreeMap<IpAddr, T>, family: Family) -> impl Iterator<Item = (&IpAddr, &T)> {
    map.iter().filter(move |(address, _)| is_of(**address, family))
}

fn version(family: Family) -> &'static str {
    match family {
        Family::V4 => "v4",
        Family::V6 => "v6",
    }
}

fn word(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    }
}

fn protocol_family(family: Family) -> &'static str {
    match family {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    }
}

fn address_type(family: Family) -> &'static str {
    match family {
        Family::V4 => "ipv4_addr",
        Family::V6 => "ipv6_addr",
    }
}

fn element(range: &Range) -> String {
    match range.first() == range.last() {
        true => range.first().to_string(),
        false => range.to_string(),
    }
}

/// A name without what would end a comment: names come from manifests that anybody may write.
fn harmless(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_graphic() && c != '\\' { c } else { '?' }).collect()
}

fn declare(
    text: &mut String,
    what: &str,
    name: &str,
    kind: &str,
    ranges: bool,
    elements: &[String],
) {
    text.push_str(&format!("\t{what} {name} {{\n\t\ttype {kind}\n"));
    if ranges {
        text.push_str("\t\tflags interval\n");
    }
    if !elements.is_empty() {
        text.push_str(&format!(
            "\t\telements = {{\n\t\t\t{}\n\t\t}}\n",
            elements.join(",\n\t\t\t")
        ));
    }
    text.push_str("\t}\n");
}

fn write_chain(text: &mut String, name: &str, rules: &[String]) {
    text.push_str(&format!("\tchain {name} {{\n\t\t{}\n\t}}\n", rules.join("\n\t\t")));
}
