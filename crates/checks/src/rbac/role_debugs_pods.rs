//! A container added to a running pod shares what the pod has.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `update` or `patch` on `pods/ephemeralcontainers`.
pub const CHECK: Check = Check {
    id: "role-debugs-pods",
    title: "Role adds debug containers to pods",
    severity: Severity::High,
    rationale: "An ephemeral container joins a running pod with an image of the attacker's \
                choice. It has the pod's network, its volumes and its service account, and may be \
                privileged where admission allows it. It needs no `pods/exec` and no right to \
                create pods.",
    remedy: "Take `pods/ephemeralcontainers` out of the role, and hold debug containers to a Pod \
             Security level.",
    mapping: Mapping { mitre: &["T1609", "T1610"], ..Mapping::NONE },
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_debugs_pods.yaml"),
};

const GRANTS: &[Grant] =
    &[Grant::namespaced(&[""], &["pods/ephemeralcontainers"], &["update", "patch"])];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "take pods/ephemeralcontainers away")
}
