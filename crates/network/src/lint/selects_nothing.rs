//! A policy that selects no pod guards nothing.

use super::{Lint, LintRule};
use crate::network::Network;

const ID: &str = "network-policy-selects-nothing";

pub(super) const RULE: LintRule = LintRule {
    id: ID,
    why: "A misspelt label leaves the pods open that the policy was written for. Mend the labels, \
          or remove the policy.",
    run,
};

fn run(network: &Network<'_>, found: &mut Vec<Lint>) {
    let controller = network.class_of(network.pods().len() - 1);
    for policy in network.policies() {
        let selected = policy.possible.as_ref().unwrap_or(&policy.subject);
        // The controller that stands for unread ones is no pod.
        if selected.ones().any(|class| class != controller) {
            continue;
        }
        let spec = policy.object.spec();
        let node = spec
            .and_then(|spec| {
                ["podSelector", "subject", "selector", "endpointSelector"]
                    .into_iter()
                    .find_map(|field| spec.get(field))
            })
            .unwrap_or_else(|| policy.object.head());
        found.push(Lint::at(ID, policy.object, node, "it selects no pod that was read".to_owned()));
    }
}
