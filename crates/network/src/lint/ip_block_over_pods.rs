//! An `ipBlock` over the addresses of pods.

use seawall_model::ObjectKind;
use seawall_model::document::Node;

use super::{Lint, LintRule};
use crate::address::Range;
use crate::network::Network;
use crate::policy::Direction;

const ID: &str = "ip-block-over-pods";

pub(super) const RULE: LintRule = LintRule {
    id: ID,
    why: "Whether a block of addresses matches pods depends on the plugin and on address \
          translation, and pods change their addresses. Select pods by label; take their range out \
          with `except`.",
    run,
};

fn run(network: &Network<'_>, found: &mut Vec<Lint>) {
    let mut ranges: Vec<(String, Range)> = Vec::new();
    for node in network.inventory().of_kind(ObjectKind::Node) {
        let Some(spec) = node.spec() else { continue };
        let listed = spec.get("podCIDRs").into_iter().flat_map(Node::items);
        for cidr in listed.chain(spec.get("podCIDR")) {
            if let Some(range) = Range::parse(cidr.text()) {
                ranges.push((format!("the pods of node {} ({})", node.name(), cidr.text()), range));
            }
        }
    }
    for pod in network.pods().iter().filter(|pod| !pod.host_network) {
        for address in &pod.addresses {
            if ranges.iter().any(|(_, range)| range.contains(*address)) {
                continue;
            }
            let space = network.namespaces()[pod.namespace].name;
            if let Some(range) = Range::parse(&address.to_string()) {
                ranges.push((format!("pod {space}/{} ({address})", pod.name), range));
            }
        }
    }
    for policy in network.policies() {
        for direction in Direction::ALL {
            for rule in policy.side(direction).into_iter().flat_map(|side| &side.rules) {
                // The whole of a family says "anyone", not pods.
                let over: Vec<&str> = ranges
                    .iter()
                    .filter(|(_, pods)| {
                        rule.addresses
                            .ranges()
                            .iter()
                            .any(|range| range.meets(pods) && !range.is_all())
                    })
                    .map(|(name, _)| name.as_str())
                    .take(3)
                    .collect();
                if !over.is_empty() {
                    let message = format!(
                        "{}[{}] has a block over {}",
                        direction.field(),
                        rule.index,
                        over.join(", ")
                    );
                    found.push(Lint::at(ID, policy.object, rule.node, message));
                }
            }
        }
    }
}
