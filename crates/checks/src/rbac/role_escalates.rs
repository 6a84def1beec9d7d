//! Who may write roles beyond their own rights has all rights.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `escalate` on roles, or writing them. The API server lets a role be written only by who has all
/// rights that it gives or may `escalate`.
pub const CHECK: Check = Check {
    id: "role-escalates",
    title: "Role widens roles",
    severity: Severity::Critical,
    rationale: "With `escalate` the rules of a role may go beyond what their author has: whoever \
                holds it, and is bound to any role that they may change, has every right in the \
                cluster. Without it, a writer of roles still gives what they have to whoever is \
                bound to them.",
    remedy: "Take `escalate` away, and leave roles to the delivery pipeline or to a few \
             administrators.",
    mapping: Mapping { cis: &["5.1.8"], mitre: &["T1098.006"], ..Mapping::NONE },
    covers: &["kubescape:C-0191", "trivy:KSV-0050", "checkov:CKV_K8S_158"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_escalates.yaml"),
};

const GRANTS: &[Grant] = &[
    Grant::namespaced(
        &["rbac.authorization.k8s.io"],
        &["roles"],
        &["escalate", "create", "update", "patch"],
    ),
    Grant::cluster(
        &["rbac.authorization.k8s.io"],
        &["clusterroles"],
        &["escalate", "create", "update", "patch"],
    ),
];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "leave roles to the delivery pipeline or to a few administrators")
}
