//! To attach to a process is to type into it.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `create` on `pods/attach`; and `get`, as for `pods/exec`.
pub const CHECK: Check = Check {
    id: "role-attaches-to-pods",
    title: "Role attaches to containers",
    severity: Severity::High,
    rationale: "Attaching gives the input and output of a container's main process. Where that is \
                a shell or an interpreter it is as good as running commands; elsewhere it shows \
                what the process prints, secrets included.",
    remedy: "Take `pods/attach` out of the role; `pods/log` is enough to read output.",
    mapping: Mapping { nsa: &["C-0002"], mitre: &["T1609"], ..Mapping::NONE },
    covers: &[
        "trivy:KSV-0054",
        "polaris:clusterrolePodExecAttach",
        "polaris:rolePodExecAttach",
        "polaris:clusterrolebindingPodExecAttach",
        "polaris:rolebindingClusterRolePodExecAttach",
        "polaris:rolebindingRolePodExecAttach",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_attaches_to_pods.yaml"),
};

const GRANTS: &[Grant] = &[Grant::namespaced(&[""], &["pods/attach"], &["create", "get"])];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "take pods/attach away")
}
