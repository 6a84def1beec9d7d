//! Controllers believe what a status says.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `update` or `patch` on `pods/status` or `nodes/status`. The status of Services has a check of its
/// own.
pub const CHECK: Check = Check {
    id: "role-changes-status",
    title: "Role changes the status of pods or nodes",
    severity: Severity::Medium,
    rationale: "Services send to pods whose status says that they are ready, controllers replace \
                those that have failed, and the scheduler fills nodes by the capacity that their \
                status tells. Who writes it takes traffic and workloads to where they want them.",
    remedy: "Leave the status to the kubelet and to the controllers.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_changes_status.yaml"),
};

const GRANTS: &[Grant] = &[
    Grant::namespaced(&[""], &["pods/status"], &["update", "patch"]),
    Grant::cluster(&[""], &["nodes/status"], &["update", "patch"]),
];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "leave the status to the kubelet and to the controllers")
}
