//! Secrets hold the credentials of everything else.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `get`, `list` or `watch` on Secrets, or their change: who may create a Secret in a namespace may
/// have it filled with the token of any service account there.
pub const CHECK: Check = Check {
    id: "role-accesses-secrets",
    title: "Role reads or writes Secrets",
    severity: Severity::High,
    rationale: "Secrets hold passwords, keys and service account tokens. Whoever may list them \
                has the rights of everybody whose credentials they hold: `list` and `watch` give \
                the contents too. Whoever may write them replaces a credential or has a service \
                account's token put into a new one.",
    remedy: "Mount the Secrets that a workload needs; it then needs no right to read them. Where \
             a controller has to read some, name them in `resourceNames` with the verb `get` in a \
             Role.",
    mapping: Mapping { cis: &["5.1.2"], mitre: &["T1552.007"], ..Mapping::NONE },
    covers: &[
        "kubescape:C-0015",
        "kubescape:C-0186",
        "trivy:KSV-0041",
        "trivy:KSV-0113",
        "checkov:CKV2_K8S_5",
        "kube-linter:access-to-secrets",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_accesses_secrets.yaml"),
};

const GRANTS: &[Grant] = &[Grant::namespaced(
    &[""],
    &["secrets"],
    &["get", "list", "watch", "create", "update", "patch"],
)];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(
        role,
        cx,
        GRANTS,
        "take the rule away, or give get alone on the names that are needed \
                              (resourceNames)",
    )
}
