//! A namespace whose pods no single policy isolates.

use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::{Lint, LintRule};
use crate::network::{Network, Policy};
use crate::policy::{Action, Direction};

const ID: &str = "namespace-without-default-deny";

pub(super) const RULE: LintRule = LintRule {
    id: ID,
    why: "Policies that select single workloads leave open what nobody thought of: the debug pod, \
          the job whose label is misspelt. Add a policy that selects all pods of the namespace and \
          permits nothing.",
    run,
};

fn run(network: &Network<'_>, found: &mut Vec<Lint>) {
    let mut classes: Vec<FixedBitSet> =
        vec![FixedBitSet::with_capacity(network.classes().len()); network.namespaces().len()];
    for (number, pod) in network.pods().iter().enumerate() {
        if !pod.host_network && !pod.controller {
            classes[pod.namespace].insert(network.class_of(number));
        }
    }
    for (space, pods) in network.namespaces().iter().zip(&classes) {
        if pods.is_clear() || space.name.starts_with("kube-") {
            continue;
        }
        let open: Vec<&str> = Direction::ALL
            .into_iter()
            .filter(|direction| {
                !network.policies().iter().any(|policy| closes(network, policy, *direction, pods))
            })
            .map(Direction::field)
            .collect();
        if open.is_empty() {
            continue;
        }
        let message = format!(
            "namespace {}: no policy denies {} of all its pods by default",
            space.name,
            open.join(" and ")
        );
        // A namespace that was not read is told at the first of its pods.
        let object = space.object.or_else(|| {
            network
                .pods()
                .iter()
                .find(|pod| network.namespaces()[pod.namespace].name == space.name)
                .and_then(|pod| pod.object)
        });
        if let Some(object) = object {
            found.push(Lint {
                rule: ID,
                object: Arc::clone(object.id()),
                location: object.head().location(),
                message,
            });
        }
    }
}

/// Whether a policy selects all these pods and leaves nothing open that it does not permit.
fn closes(
    network: &Network<'_>,
    policy: &Policy<'_>,
    direction: Direction,
    pods: &FixedBitSet,
) -> bool {
    let Some(side) = policy.side(direction) else { return false };
    if !pods.is_subset(&policy.subject) {
        return false;
    }
    let everyone = |peers: &FixedBitSet| peers.count_ones(..) == network.columns(direction);
    let last = side.rules.last();
    let denies_rest = last.is_some_and(|rule| {
        rule.action == Action::Deny && everyone(&rule.peers) && rule.ports.numbered.is_all()
    });
    let permits_all = side.rules.iter().any(|rule| {
        rule.action == Action::Allow && everyone(&rule.peers) && rule.ports.numbered.is_all()
    });
    (side.isolates || denies_rest) && !permits_all
}
