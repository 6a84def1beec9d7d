//! A rule that matches nobody, or no port, does nothing.

use std::collections::HashSet;

use seawall_model::document::Node;

use super::{Lint, LintRule};
use crate::network::{Network, Peer};
use crate::policy::Direction;

const ID: &str = "rule-matches-nothing";

pub(super) const RULE: LintRule = LintRule {
    id: ID,
    why: "A rule without peers or ports permits nobody today, and whoever is given the label \
          tomorrow. Mend its selectors or ports, or remove it.",
    run,
};

fn run(network: &Network<'_>, found: &mut Vec<Lint>) {
    let controller = network.class_of(network.pods().len() - 1);
    let read: HashSet<&str> = network
        .pods()
        .iter()
        .filter(|pod| !pod.controller)
        .map(|pod| network.namespaces()[pod.namespace].name)
        .collect();
    for policy in network.policies() {
        let subject = policy.possible.as_ref().unwrap_or(&policy.subject);
        for direction in Direction::ALL {
            for rule in policy.side(direction).into_iter().flat_map(|side| &side.rules) {
                let nobody = rule.may_match().ones().all(|column| column == controller);
                let message = if nobody {
                    if names_unread(rule.node, &read) {
                        continue;
                    }
                    "matches nobody who was read"
                } else {
                    let to = |destination| network.connections(&rule.ports, destination);
                    let no_port = match direction {
                        Direction::Ingress => subject.ones().all(|c| to(Peer::Class(c)).is_empty()),
                        Direction::Egress => {
                            rule.may_match().ones().all(|c| to(network.peer(c)).is_empty())
                        }
                    };
                    // A named port that nobody has is told by a rule of its own.
                    if !no_port || !rule.ports.named.is_empty() || subject.is_clear() {
                        continue;
                    }
                    "matches no port"
                };
                let message = format!("{}[{}] {message}", direction.field(), rule.index);
                found.push(Lint::at(ID, policy.object, rule.node, message));
            }
        }
    }
}

/// Whether a rule names a namespace of which no pod was read, so that nothing is known.
fn names_unread(rule: Node<'_>, read: &HashSet<&str>) -> bool {
    let mut names = rule.descendants().filter(|node| {
        node.key().is_some_and(|key| {
            matches!(
                key.text(),
                "kubernetes.io/metadata.name"
                    | "projectcalico.org/name"
                    | "k8s:io.kubernetes.pod.namespace"
                    | "io.kubernetes.pod.namespace"
            )
        })
    });
    names.any(|name| !read.contains(name.text()))
}
