//! A command in a container has all that the container has.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `create` on `pods/exec`; and `get`, which suffices over WebSocket where the feature
/// `AuthorizePodWebsocketUpgradeCreatePermission` is off.
pub const CHECK: Check = Check {
    id: "role-execs-into-pods",
    title: "Role runs commands in containers",
    severity: Severity::High,
    rationale: "Whoever may run a command in a container has its files, its Secrets, its network \
                and the token of its service account. In a privileged pod that is the node.",
    remedy: "Take `pods/exec` out of the role. For debugging, bind it for the time that it takes, \
             in one namespace.",
    mapping: Mapping { nsa: &["C-0002"], mitre: &["T1609"], ..Mapping::NONE },
    covers: &[
        "kubescape:C-0002",
        "trivy:KSV-0053",
        "checkov:CKV2_K8S_2",
        "polaris:clusterrolePodExecAttach",
        "polaris:rolePodExecAttach",
        "polaris:clusterrolebindingPodExecAttach",
        "polaris:rolebindingClusterRolePodExecAttach",
        "polaris:rolebindingRolePodExecAttach",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_execs_into_pods.yaml"),
};

const GRANTS: &[Grant] = &[Grant::namespaced(&[""], &["pods/exec"], &["create", "get"])];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "take pods/exec away")
}
