//! Which addresses are those of which class, and which of them are this node's to filter.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use seawall_model::ObjectKind;
use seawall_model::document::Node;
use thiserror::Error;

use super::PodAddress;
use crate::network::Network;

/// The addresses of a network's pods and nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// By class.
    pub(super) classes: Vec<BTreeSet<IpAddr>>,
    /// The pods to filter: their classes by address.
    pub(super) local: BTreeMap<IpAddr, usize>,
    /// The cluster's nodes.
    pub(super) nodes: BTreeSet<IpAddr>,
    /// What is left out, and why that is no mistake.
    remarks: Vec<String>,
}

/// An address cannot be given to a pod.
#[derive(Debug, Error)]
#[error("{place}: {why}")]
pub struct Misplaced {
    place: String,
    why: String,
}

impl Placement {
    /// The addresses of a list. Without a node all pods of the list are filtered.
    ///
    /// # Errors
    ///
    /// Where an entry names a pod that was not read, a workload that several could be, an address
    /// twice, or no node although one is asked for: such a pod would be filtered wrongly or not at
    /// all.
    pub fn of_list(
        network: &Network<'_>,
        list: &[PodAddress],
        node: Option<&str>,
    ) -> Result<Self, Misplaced> {
        let mut placement = Placement::empty(network);
        let mut by_name: HashMap<(&str, &str), usize> = HashMap::new();
        for (number, pod) in network.pods().iter().enumerate() {
            if pod.object.is_some_and(|object| object.kind() == ObjectKind::Pod) {
                by_name.insert((network.namespaces()[pod.namespace].name, pod.name), number);
            }
        }
        let mut by_workload: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (number, workload) in network.workloads().iter().enumerate() {
            if !workload.controller {
                by_workload.entry((workload.namespace, workload.name)).or_default().push(number);
            }
        }
        let mut known = BTreeMap::new();
        for entry in list {
            let wrong = |why: String| Misplaced { place: entry.place.clone(), why };
            let namespace = entry.namespace.as_str();
            let pod = entry.pod.as_deref().and_then(|pod| by_name.get(&(namespace, pod)));
            let number = match (pod, &entry.workload) {
                (Some(&pod), _) => pod,
                (None, Some(workload)) => {
                    let (kind, name) = match workload.split_once('/') {
                        Some((kind, name)) => (Some(kind), name),
                        None => (None, workload.as_str()),
                    };
                    let found = by_workload.get(&(namespace, name)).map_or(&[][..], Vec::as_slice);
                    let mut found = found
                        .iter()
                        .map(|&number| &network.workloads()[number])
                        .filter(|workload| {
                            kind.is_none_or(|kind| kind.eq_ignore_ascii_case(workload.kind))
                        });
                    match (found.next(), found.next()) {
                        (Some(workload), None) => {
                            one_class(network, &workload.pods).ok_or_else(|| {
                                wrong(format!(
                                    "the pods of {workload} differ for the policies: name the pod"
                                ))
                            })?
                        }
                        (Some(a), Some(b)) => {
                            return Err(wrong(format!("may be of {a} or of {b}: write KIND/NAME")));
                        }
                        (None, _) => {
                            return Err(wrong(format!(
                                "no workload {namespace}/{workload} was read"
                            )));
                        }
                    }
                }
                (None, None) => {
                    let pod = entry.pod.as_deref().unwrap_or_default();
                    return Err(wrong(format!(
                        "no pod {namespace}/{pod} was read (a pod that a template makes needs its \
                         workload)"
                    )));
                }
            };
            let here = match (node, entry.node.as_deref()) {
                (None, _) => true,
                (Some(wanted), Some(node)) => wanted == node,
                (Some(_), None) => return Err(wrong("the pod's node is not named".to_owned())),
            };
            placement.add(network, number, &entry.addresses, here, &entry.place, &mut known)?;
        }
        Ok(placement)
    }

    /// The addresses in the status of the pods that were read. Without a node all are filtered.
    ///
    /// # Errors
    ///
    /// Where two pods have one address.
    pub fn of_status(network: &Network<'_>, node: Option<&str>) -> Result<Self, Misplaced> {
        let mut placement = Placement::empty(network);
        let mut known = BTreeMap::new();
        let mut without = 0usize;
        for (number, pod) in network.pods().iter().enumerate() {
            let Some(object) = pod.object else { continue };
            if object.kind() != ObjectKind::Pod || pod.addresses.is_empty() {
                without += 1;
                continue;
            }
            let on = object.spec().and_then(|spec| spec.get("nodeName")).and_then(Node::as_str);
            let here = node.is_none() || node == on;
            let place = object.id().to_string();
            placement.add(network, number, &pod.addresses, here, &place, &mut known)?;
        }
        if without > 0 {
            placement
                .remarks
                .push(format!("{without} pods or templates have no address and are not filtered"));
        }
        Ok(placement)
    }

    fn empty(network: &Network<'_>) -> Self {
        Placement {
            classes: vec![BTreeSet::new(); network.classes().len()],
            local: BTreeMap::new(),
            nodes: node_addresses(network),
            remarks: Vec::new(),
        }
    }

    /// How many addresses of pods are this node's.
    pub fn local(&self) -> usize {
        self.local.len()
    }

    /// What is left out, and why that is no mistake.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    fn add(
        &mut self,
        network: &Network<'_>,
        pod: usize,
        addresses: &[IpAddr],
        here: bool,
        place: &str,
        known: &mut BTreeMap<IpAddr, String>,
    ) -> Result<(), Misplaced> {
        if network.pods()[pod].host_network {
            self.remarks.push(format!("{place}: on the network of its node, so not filtered"));
            return Ok(());
        }
        let class = network.class_of(pod);
        for address in addresses {
            if let Some(other) = known.insert(*address, place.to_owned()) {
                let why = format!("{address} is also the address of {other}");
                return Err(Misplaced { place: place.to_owned(), why });
            }
            self.classes[class].insert(*address);
            if here {
                self.local.insert(*address, class);
            }
        }
        Ok(())
    }
}

/// A pod of those that are all of one class.
fn one_class(network: &Network<'_>, pods: &[usize]) -> Option<usize> {
    let (&first, rest) = pods.split_first()?;
    rest.iter().all(|&pod| network.class_of(pod) == network.class_of(first)).then_some(first)
}

/// The addresses in the status of the nodes that were read.
fn node_addresses(network: &Network<'_>) -> BTreeSet<IpAddr> {
    let nodes = network
        .inventory()
        .objects()
        .filter(|object| object.id().kind == "Node" && object.group().is_empty());
    nodes
        .filter_map(|object| object.root().at_path(&["status", "addresses"]))
        .flat_map(Node::items)
        .filter_map(|item| item.get("address")?.as_str()?.parse().ok())
        .collect()
}
