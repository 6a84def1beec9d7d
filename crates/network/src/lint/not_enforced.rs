//! Policies of a kind that the cluster's network plugin does not enforce.

use seawall_model::ObjectKind;

use super::plugin::{Plugin, plugins};
use super::{Lint, LintRule};
use crate::network::Network;

const ID: &str = "policy-not-enforced";

pub(super) const RULE: LintRule = LintRule {
    id: ID,
    why: "The API server takes policies whether or not anything enforces them. Install a plugin \
          that does, or write policies of the kind that yours enforces.",
    run,
};

/// Whether a plugin enforces policies of a kind; its agent decides where it is optional.
fn enforces(plugin: Plugin, agent: bool, kind: ObjectKind) -> bool {
    match kind {
        ObjectKind::NetworkPolicy => match plugin {
            Plugin::Flannel | Plugin::AzureCni | Plugin::Gke => false,
            Plugin::AwsVpc => agent,
            _ => true,
        },
        ObjectKind::AdminNetworkPolicy
        | ObjectKind::BaselineAdminNetworkPolicy
        | ObjectKind::ClusterNetworkPolicy => matches!(
            plugin,
            Plugin::OvnKubernetes | Plugin::Antrea | Plugin::Calico | Plugin::Kindnet
        ),
        ObjectKind::CalicoNetworkPolicy | ObjectKind::GlobalNetworkPolicy => {
            plugin == Plugin::Calico
        }
        ObjectKind::CiliumNetworkPolicy | ObjectKind::CiliumClusterwideNetworkPolicy => {
            plugin == Plugin::Cilium
        }
        _ => true,
    }
}

fn run(network: &Network<'_>, found: &mut Vec<Lint>) {
    let seen = plugins(network);
    // Without any plugin among what was read there is nothing to tell.
    if seen.is_empty() {
        return;
    }
    let names: Vec<&str> = seen.iter().map(|(plugin, _)| plugin.name()).collect();
    for policy in network.policies() {
        let kind = policy.object.kind();
        if seen.iter().any(|(plugin, agent)| enforces(*plugin, *agent, kind)) {
            continue;
        }
        let message = format!(
            "the cluster's network plugin ({}) does not enforce policies of kind {}",
            names.join(", "),
            policy.object.id().kind
        );
        found.push(Lint::at(ID, policy.object, policy.object.head(), message));
    }
}
