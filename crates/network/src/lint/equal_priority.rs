//! Two policies of administrators with one priority that select the same pods.

use super::{Lint, LintRule};
use crate::network::Network;
use seawall_model::ObjectKind;
use seawall_model::document::Node;

const ID: &str = "equal-priority";

pub(super) const RULE: LintRule = LintRule {
    id: ID,
    why: "Which of two policies with one priority goes first is not defined. Give each its own.",
    run,
};

fn run(network: &Network<'_>, found: &mut Vec<Lint>) {
    let ranked: Vec<_> = network
        .policies()
        .iter()
        .filter(|policy| {
            matches!(
                policy.object.kind(),
                ObjectKind::AdminNetworkPolicy | ObjectKind::ClusterNetworkPolicy
            )
        })
        .filter_map(|policy| {
            let priority = policy.object.spec()?.get("priority").and_then(Node::as_i64)?;
            Some((priority, policy))
        })
        .collect();
    for (number, (priority, policy)) in ranked.iter().enumerate() {
        let rival = ranked[..number].iter().find(|(other, rival)| {
            other == priority
                && rival.tier == policy.tier
                && !rival.subject.is_disjoint(&policy.subject)
        });
        if let Some((_, rival)) = rival {
            let node = policy
                .object
                .spec()
                .and_then(|spec| spec.get("priority"))
                .unwrap_or_else(|| policy.object.head());
            let message = format!("priority {priority} is also that of {}", rival.object.id());
            found.push(Lint::at(ID, policy.object, node, message));
        }
    }
}
