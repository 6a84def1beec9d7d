//! The kubelet's own API runs commands in every pod of its node.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `get` or `create` on `nodes/proxy`. In a Role it grants nothing: nodes live in no namespace.
pub const CHECK: Check = Check {
    id: "role-proxies-nodes",
    title: "Role reaches the kubelets through the API server",
    severity: Severity::High,
    rationale: "`nodes/proxy` reaches the API of each kubelet. It runs commands in every pod of \
                the node, with no admission control and without a line in the audit log that says \
                which command. `get` alone suffices over WebSocket.",
    remedy: "Take `nodes/proxy` out of the role. For metrics and logs grant `nodes/metrics`, \
             `nodes/stats` or `nodes/log`; from Kubernetes 1.36 on also `nodes/pods`, \
             `nodes/healthz` and `nodes/configz`.",
    mapping: Mapping { cis: &["5.1.10"], mitre: &["T1609", "T1552.007"], ..Mapping::NONE },
    covers: &["kubescape:C-0279", "trivy:KSV-0047", "checkov:CKV2_K8S_2"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_proxies_nodes.yaml"),
};

const GRANTS: &[Grant] =
    &[Grant::cluster(&[""], &["nodes/proxy"], &["get", "create", "update", "patch", "delete"])];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "grant nodes/metrics, nodes/stats or nodes/log instead")
}
