//! A named port that none of the pods has that it is looked up at.

use super::{Lint, LintRule};
use crate::network::Network;
use crate::policy::Direction;

const ID: &str = "named-port-unknown";

pub(super) const RULE: LintRule = LintRule {
    id: ID,
    why: "A name that no container port has, or has for another protocol, matches nothing. Name the \
          container port, or write its number.",
    run,
};

fn run(network: &Network<'_>, found: &mut Vec<Lint>) {
    for policy in network.policies() {
        let subject = policy.possible.as_ref().unwrap_or(&policy.subject);
        for direction in Direction::ALL {
            for rule in policy.side(direction).into_iter().flat_map(|side| &side.rules) {
                for (protocol, name) in &rule.ports.named {
                    let at = match direction {
                        Direction::Ingress => subject,
                        Direction::Egress => rule.may_match(),
                    };
                    let pods: Vec<usize> =
                        at.ones().take_while(|column| *column < network.classes().len()).collect();
                    let has = |class: usize| {
                        network.classes()[class].ports.iter().any(|port| {
                            port.name == *name && protocol.is_none_or(|p| p == port.protocol)
                        })
                    };
                    if pods.is_empty() || pods.into_iter().any(has) {
                        continue;
                    }
                    let protocol = protocol.map(|p| format!("{p} ")).unwrap_or_default();
                    let message = format!(
                        "{}[{}]: no pod that it means has a {protocol}port named {name}",
                        direction.field(),
                        rule.index
                    );
                    found.push(Lint::at(ID, policy.object, rule.node, message));
                }
            }
        }
    }
}
