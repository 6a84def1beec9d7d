//! A token is the account.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `create` on `serviceaccounts/token`.
pub const CHECK: Check = Check {
    id: "role-creates-tokens",
    title: "Role creates service account tokens",
    severity: Severity::Medium,
    rationale: "Whoever may create tokens of a service account acts as it, from anywhere, for as \
                long as the token is asked to last. Over a whole namespace that is the sum of all \
                rights of its accounts.",
    remedy: "Name the accounts for which tokens are needed in `resourceNames`. Pods get theirs \
             from the kubelet and need no such right.",
    mapping: Mapping { cis: &["5.1.13"], mitre: &["T1528"], ..Mapping::NONE },
    covers: &["kubescape:C-0282"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_creates_tokens.yaml"),
};

const GRANTS: &[Grant] = &[Grant::namespaced(&[""], &["serviceaccounts/token"], &["create"])];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "name the accounts in resourceNames")
}
