//! CoreDNS and EKS keep the cluster's keys in ConfigMaps.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, each_grant, fail};

/// Writing ConfigMaps in a ClusterRole, or in a Role of `kube-system`, where names allow one of
/// those that the cluster runs by.
pub const CHECK: Check = Check {
    id: "role-changes-config-maps",
    title: "Role changes the configuration of the cluster",
    severity: Severity::Medium,
    rationale: "The ConfigMap `coredns` in `kube-system` says which address a name has: whoever \
                writes it takes the traffic of every pod to any name. On EKS, `aws-auth` says \
                which cloud identity is in which group, up to `system:masters`; `kube-proxy`, \
                `kubeadm-config` and `kubelet-config` steer the nodes.",
    remedy: "Grant ConfigMaps in a Role of the namespace that needs them, or by name in \
             `resourceNames`.",
    mapping: Mapping { mitre: &["T1098.006"], ..Mapping::NONE },
    covers: &["kubescape:C-0037", "trivy:KSV-0049", "trivy:KSV-0115"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_changes_config_maps.yaml"),
};

const GRANTS: &[Grant] =
    &[Grant::namespaced(&[""], &["configmaps"], &["create", "update", "patch", "delete"])];

/// The ConfigMaps of `kube-system` that decide over more than their own component.
const CRITICAL: &[&str] = &[
    "aws-auth",
    "cilium-config",
    "coredns",
    "coredns-custom",
    "extension-apiserver-authentication",
    "kube-dns",
    "kube-proxy",
    "kubeadm-config",
    "kubelet-config",
];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if role.kind() == ObjectKind::Role && role.namespace() != Some("kube-system") {
        cx.not_applicable();
        return Ok(());
    }
    each_grant(role, cx, GRANTS, |granted, cx| {
        let names = &granted.names;
        if names.is_empty() || names.iter().any(|name| CRITICAL.contains(name)) {
            let remedy = "with them goes the name service (coredns) and, on EKS, who is an \
                          administrator (aws-auth); grant them by name";
            fail(role, granted, remedy, cx);
        }
    })
}
