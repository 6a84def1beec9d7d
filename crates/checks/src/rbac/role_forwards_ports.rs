//! A forwarded port goes around every network policy.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `create` on `pods/portforward`; and `get`, as for `pods/exec`.
pub const CHECK: Check = Check {
    id: "role-forwards-ports",
    title: "Role forwards ports into pods",
    severity: Severity::Medium,
    rationale: "A forwarded port reaches what a pod listens on, also on its loopback address, \
                through the API server and the kubelet. No NetworkPolicy sees it, so databases \
                and administration ports that are closed to the network are open to whoever holds \
                the right.",
    remedy: "Take `pods/portforward` out of the role, or give it in one namespace for as long as \
             it is needed.",
    mapping: Mapping { mitre: &["T1046"], ..Mapping::NONE },
    covers: &["kubescape:C-0063"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_forwards_ports.yaml"),
};

const GRANTS: &[Grant] = &[Grant::namespaced(&[""], &["pods/portforward"], &["create", "get"])];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "take pods/portforward away")
}
