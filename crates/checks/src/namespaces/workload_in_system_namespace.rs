//! Kubernetes' own namespaces are the least guarded and the most powerful.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::workloads::{SYSTEM_NAMESPACES, WORKLOADS};

/// A workload in `kube-system`, `kube-public` or `kube-node-lease` that is none of a cluster's
/// components.
pub const CHECK: Check = Check {
    id: "workload-in-system-namespace",
    title: "Workload runs in a namespace of Kubernetes itself",
    severity: Severity::Medium,
    rationale: "`kube-system` is left out of Pod Security levels, admission webhooks and network \
                policies so that the cluster can start. A workload there runs past all of them, \
                beside Secrets and service accounts that hold the cluster, and may pass for a part \
                of it.",
    remedy: "Give the workload a namespace of its own. Components of the cluster that Seawall does \
             not know can be excepted with the reason.",
    mapping: Mapping { nsa: &[], cis: &[], pss: None, mitre: &["T1610"] },
    covers: &["trivy:KSV-0037"],
    links: &[
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces",
    ],
    scope: Scope::Object(WORKLOADS, run),
    fix: Err(NoFix::Decision),
    cases: include_str!("workload_in_system_namespace.yaml"),
};

/// Names, or beginnings of names before a hyphen, of what clusters and their providers run there.
const COMPONENTS: &[&str] = &[
    "antrea",
    "aws-cloud-controller-manager",
    "aws-load-balancer-controller",
    "aws-node",
    "azure",
    "calico",
    "canal",
    "cilium",
    "cloud-controller-manager",
    "cloud-node-manager",
    "cluster-autoscaler",
    "coredns",
    "csi",
    "ebs-csi",
    "efs-csi",
    "eks-pod-identity-agent",
    "etcd",
    "event-exporter",
    "fluentbit-gke",
    "gke",
    "helm-install",
    "hubble",
    "ip-masq-agent",
    "kindnet",
    "konnectivity",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-dns",
    "kube-flannel",
    "kube-proxy",
    "kube-router",
    "kube-scheduler",
    "kube-vip",
    "l7-default-backend",
    "local-path-provisioner",
    "metrics-server",
    "netd",
    "node-local-dns",
    "node-problem-detector",
    "nodelocaldns",
    "ovnkube",
    "pdcsi-node",
    "rke2",
    "snapshot-controller",
    "storage-provisioner",
    "svclb",
    "traefik",
    "tigera-operator",
    "tpu-device-plugin",
    "nvidia-gpu-device-plugin",
    "vpa",
    "weave-net",
];

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(metadata) = object.root().field("metadata")? else { return Ok(()) };
    let Some(namespace) = metadata.field("namespace")? else { return Ok(()) };
    let namespace = namespace.string()?;
    if !SYSTEM_NAMESPACES.contains(&namespace.value) {
        return Ok(());
    }
    if is_component(object) {
        cx.not_applicable();
        return Ok(());
    }
    cx.fail(
        namespace.node,
        format!(
            "{} {} runs in `{}`, past the policies that hold elsewhere; \
             give it a namespace of its own",
            object.id().kind,
            object.name(),
            namespace.value
        ),
    );
    Ok(())
}

/// By its name, or by the labels that kubeadm and the add-on manager give.
fn is_component(object: Object<'_>) -> bool {
    let known = |name: &str| {
        COMPONENTS.iter().any(|component| {
            name.strip_prefix(component)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    let label = |key| object.label(key).map(Node::text);
    known(object.name())
        || label("k8s-app").is_some_and(known)
        || label("tier") == Some("control-plane")
        || label("addonmanager.kubernetes.io/mode").is_some()
}
