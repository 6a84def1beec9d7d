//! Who may be anybody may do anything.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `impersonate` on users, groups, service accounts or uids, and the verbs of constrained
/// impersonation (`impersonate:user-info` and its like).
///
/// Users, groups and uids are asked for without a namespace, so a Role grants none of them.
pub const CHECK: Check = Check {
    id: "role-impersonates",
    title: "Role impersonates others",
    severity: Severity::Critical,
    rationale: "With `impersonate` a request is judged as that of somebody else. On groups it \
                reaches `system:masters`, which no rule holds back; on users and service accounts \
                it reaches whoever has most. The audit log shows who really asked only if \
                somebody looks at the second name.",
    remedy: "Take the rule away, or name the users, groups or accounts that may be impersonated \
             in `resourceNames`.",
    mapping: Mapping { cis: &["5.1.8"], ..Mapping::NONE },
    covers: &["kubescape:C-0065", "kubescape:C-0191", "trivy:KSV-0043", "checkov:CKV2_K8S_3"],
    links: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation",
    ],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_impersonates.yaml"),
};

const GRANTS: &[Grant] = &[
    Grant::namespaced(
        &["", "authentication.k8s.io"],
        &["serviceaccounts"],
        &["impersonate", "impersonate:serviceaccount"],
    ),
    Grant::cluster(
        &["", "authentication.k8s.io"],
        &["users", "groups", "uids", "userextras/"],
        &["impersonate", "impersonate:user-info"],
    ),
    Grant::cluster(
        &["authentication.k8s.io"],
        &["nodes"],
        &["impersonate:arbitrary-node", "impersonate:associated-node"],
    ),
];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "take the rule away, or name in resourceNames who may be impersonated")
}
