//! Which network plugins a cluster has, told from the workloads that run them.

use crate::network::Network;

/// A network plugin, or a component that enforces policies beside one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the plugin of that name")]
pub enum Plugin {
    Calico,
    Cilium,
    Weave,
    KubeRouter,
    Flannel,
    Antrea,
    OvnKubernetes,
    Kindnet,
    AwsVpc,
    AzureCni,
    AzureNpm,
    Gke,
}

/// Names that workloads of the plugins have, or begin with.
const NAMES: &[(&str, Plugin)] = &[
    ("calico-node", Plugin::Calico),
    ("canal", Plugin::Calico),
    ("cilium", Plugin::Cilium),
    ("anetd", Plugin::Cilium),
    ("weave-net", Plugin::Weave),
    ("kube-router", Plugin::KubeRouter),
    ("kube-flannel", Plugin::Flannel),
    ("antrea-agent", Plugin::Antrea),
    ("ovnkube-node", Plugin::OvnKubernetes),
    ("kindnet", Plugin::Kindnet),
    ("aws-node", Plugin::AwsVpc),
    ("azure-npm", Plugin::AzureNpm),
    ("azure-cns", Plugin::AzureCni),
    ("netd", Plugin::Gke),
];

impl Plugin {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Plugin::Calico => "Calico",
            Plugin::Cilium => "Cilium",
            Plugin::Weave => "Weave Net",
            Plugin::KubeRouter => "kube-router",
            Plugin::Flannel => "flannel",
            Plugin::Antrea => "Antrea",
            Plugin::OvnKubernetes => "OVN-Kubernetes",
            Plugin::Kindnet => "kindnet",
            Plugin::AwsVpc => "Amazon VPC CNI",
            Plugin::AzureCni => "Azure CNI",
            Plugin::AzureNpm => "Azure Network Policy Manager",
            Plugin::Gke => "GKE's own",
        }
    }
}

/// The plugins that were seen, with whether the AWS plugin runs its policy agent.
pub fn plugins(network: &Network<'_>) -> Vec<(Plugin, bool)> {
    let mut found = Vec::new();
    for workload in network.workloads() {
        if workload.kind != "DaemonSet" {
            continue;
        }
        let Some((_, plugin)) = NAMES.iter().find(|(name, _)| {
            workload.name == *name
                || workload.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
        }) else {
            continue;
        };
        let agent = workload.pods.iter().any(|&pod| {
            network.pods()[pod].object.is_some_and(|object| {
                object.root().descendants().any(|node| {
                    matches!(node.text(), "aws-eks-nodeagent" | "aws-network-policy-agent")
                })
            })
        });
        if !found.contains(&(*plugin, agent)) {
            found.push((*plugin, agent));
        }
    }
    found.sort_unstable();
    found
}
