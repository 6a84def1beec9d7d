//! Pods that no policy can tell apart are one shape.
//!
//! Only what some policy asks for counts: labels that no selector mentions are dropped first, so
//! the pods of a StatefulSet, each with a label of its own, are one shape, and a cluster of many
//! pods has few.

use std::collections::{HashMap, HashSet};

use crate::address::AddressSet;
use crate::expression::{Expression, Scope};
use crate::pods::{NamedPort, Pod};

/// What policies can see of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shape<'a> {
    /// Its namespace's number.
    pub(crate) namespace: usize,
    /// The labels that policies ask for, sorted.
    pub(crate) labels: Vec<(&'a str, &'a str)>,
    /// The service account, where policies ask for it.
    pub(crate) account: &'a str,
    /// Whether it has the network of its node.
    pub(crate) host_network: bool,
    /// Whether it stands for an ingress controller of which nothing is known.
    pub(crate) controller: bool,
    /// The named ports that policies ask for.
    pub(crate) ports: Vec<NamedPort<'a>>,
    /// For each address set that policies ask for, whether it has an address in it; `None` where
    /// its addresses are not known.
    pub(crate) inside: Vec<Option<bool>>,
}

/// What policies ask for.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    keys: HashSet<String>,
    accounts: bool,
    ports: HashSet<String>,
    pub(crate) addresses: Vec<AddressSet>,
}

impl Asked {
    /// Notes what an expression asks for.
    pub(crate) fn note(&mut self, expression: &Expression<'_>) {
        expression.visit(&mut |part| match part {
            Expression::Label(Scope::Pod, key, _) => {
                self.keys.insert(key.to_string());
            }
            Expression::Account(_) => self.accounts = true,
            Expression::Address(set) if !self.addresses.contains(set) => {
                self.addresses.push(set.clone());
            }
            _ => {}
        });
    }

    /// Notes the name of a port.
    pub(crate) fn note_port(&mut self, name: &str) {
        self.ports.insert(name.to_owned());
    }

    fn shape<'a>(&self, pod: &Pod<'a>) -> Shape<'a> {
        let mut labels: Vec<_> =
            pod.labels.iter().filter(|(key, _)| self.keys.contains(*key)).copied().collect();
        labels.sort_unstable();
        let mut ports: Vec<_> =
            pod.named_ports.iter().filter(|port| self.ports.contains(port.name)).copied().collect();
        ports.sort_unstable();
        let inside = self.addresses.iter().map(|set| inside(pod, set)).collect();
        Shape {
            namespace: pod.namespace,
            labels,
            account: if self.accounts { pod.account } else { "" },
            host_network: pod.host_network,
            controller: pod.controller,
            ports,
            inside,
        }
    }

    /// The shapes of pods, and the shape of each pod.
    pub(crate) fn shapes<'a>(&self, pods: &[Pod<'a>]) -> (Vec<Shape<'a>>, Vec<u32>) {
        let mut shapes = Vec::new();
        let mut known: HashMap<Shape<'a>, u32> = HashMap::new();
        let of_pod = pods
            .iter()
            .map(|pod| {
                let shape = self.shape(pod);
                if let Some(&number) = known.get(&shape) {
                    return number;
                }
                let number = shapes.len() as u32;
                shapes.push(shape.clone());
                known.insert(shape, number);
                number
            })
            .collect();
        (shapes, of_pod)
    }
}

fn inside(pod: &Pod<'_>, set: &AddressSet) -> Option<bool> {
    if pod.addresses.is_empty() {
        // Whatever the address will be, it is in a block that holds them all.
        let all = crate::address::Family::ALL.into_iter().all(|family| set.has_all(family));
        return if all {
            Some(true)
        } else if set.is_empty() {
            Some(false)
        } else {
            None
        };
    }
    Some(pod.addresses.iter().any(|address| set.contains(*address)))
}
