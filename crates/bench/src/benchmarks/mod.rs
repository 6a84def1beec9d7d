//! The benchmarks: lists of controls, as data.

mod cis;
mod container_host;
mod managed;
mod node;
mod nsa;

use std::collections::BTreeSet;

use crate::control::{Decide, Group};

/// A list of controls.
#[derive(Clone, Copy, Debug)]
pub struct Benchmark {
    /// The name for `--benchmark`.
    pub id: &'static str,
    /// Its title and edition.
    pub title: &'static str,
    groups: fn() -> Vec<Group>,
}

/// All benchmarks, in the order of their help.
pub const BENCHMARKS: &[Benchmark] = &[
    Benchmark { id: "cis-1.12", title: "CIS Kubernetes Benchmark 1.12", groups: cis::groups },
    Benchmark { id: "cis-2.0", title: "CIS Kubernetes Benchmark 2.0", groups: cis::groups },
    Benchmark { id: "eks", title: "CIS Amazon EKS Benchmark, worker nodes", groups: managed::eks },
    Benchmark { id: "aks", title: "CIS Azure AKS Benchmark, worker nodes", groups: managed::aks },
    Benchmark { id: "gke", title: "CIS Google GKE Benchmark, worker nodes", groups: managed::gke },
    Benchmark {
        id: "nsa-cisa",
        title: "NSA/CISA Kubernetes Hardening Guidance 1.2, control plane",
        groups: nsa::groups,
    },
    Benchmark { id: "node", title: "Nodes and the containers on them", groups: node::groups },
    Benchmark {
        id: "container-host",
        title: "Container hosts: containerd, CRI-O and Docker",
        groups: container_host::groups,
    },
];

impl Benchmark {
    /// The benchmark of a name.
    pub fn find(id: &str) -> Option<&'static Benchmark> {
        BENCHMARKS.iter().find(|benchmark| benchmark.id == id)
    }

    /// Its groups of controls, in its order.
    pub fn groups(&self) -> Vec<Group> {
        (self.groups)()
    }
}

/// The checks of objects that controls name.
pub fn checks() -> BTreeSet<&'static str> {
    let controls = BENCHMARKS.iter().flat_map(Benchmark::groups).flat_map(|group| group.controls);
    controls
        .filter_map(|control| match control.decide {
            Decide::Checks(ids) => Some(ids),
            _ => None,
        })
        .flatten()
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checks_that_controls_name_are_there() {
        for id in checks() {
            assert!(seawall_checks::find(id).is_some(), "{id}");
        }
    }
}
