//! Who may bind roles may give out all of them.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `bind` on roles, or writing bindings. The API server lets a binding be written only by who has
/// all rights of the role or may `bind` it; so the two together are the way up, and each is half of
/// it.
pub const CHECK: Check = Check {
    id: "role-binds-roles",
    title: "Role gives roles to others",
    severity: Severity::High,
    rationale: "Whoever may write bindings and `bind` a role gives that role to anybody: with \
                `cluster-admin` that is the cluster. Without `bind`, a writer of bindings still \
                hands on every right that they have.",
    remedy: "Leave bindings to the delivery pipeline or to a few administrators, and name the \
             roles that may be bound in `resourceNames`.",
    mapping: Mapping { cis: &["5.1.8"], mitre: &["T1098.006"], ..Mapping::NONE },
    covers: &[
        "kubescape:C-0191",
        "trivy:KSV-0051",
        "trivy:KSV-0052",
        "trivy:KSV-0055",
        "checkov:CKV_K8S_157",
        "checkov:CKV2_K8S_1",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_binds_roles.yaml"),
};

const GRANTS: &[Grant] = &[
    Grant::namespaced(
        &["rbac.authorization.k8s.io"],
        &["rolebindings"],
        &["create", "update", "patch"],
    ),
    Grant::cluster(
        &["rbac.authorization.k8s.io"],
        &["clusterrolebindings"],
        &["create", "update", "patch"],
    ),
    Grant::namespaced(&["rbac.authorization.k8s.io"], &["roles", "clusterroles"], &["bind"]),
];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(
        role,
        cx,
        GRANTS,
        "leave bindings to a few administrators, and name the roles that may \
                              be bound in resourceNames",
    )
}
