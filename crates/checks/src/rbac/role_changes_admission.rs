//! Admission webhooks see and change everything that is written.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// Writing or deleting webhook configurations or admission policies.
pub const CHECK: Check = Check {
    id: "role-changes-admission",
    title: "Role changes admission control",
    severity: Severity::Critical,
    rationale: "Whoever registers a webhook is sent every object that is written, Secrets \
                included, and a mutating one changes it: an image here, a privileged container \
                there. Whoever deletes one or narrows a policy switches the guard off.",
    remedy: "Leave webhooks and policies to a few administrators; name those that a controller \
             has to renew in `resourceNames`.",
    mapping: Mapping { cis: &["5.1.12"], ..Mapping::NONE },
    covers: &["kubescape:C-0281", "trivy:KSV-0114", "checkov:CKV_K8S_155"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_changes_admission.yaml"),
};

const GRANTS: &[Grant] = &[Grant::cluster(
    &["admissionregistration.k8s.io"],
    &[
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    ],
    &["create", "update", "patch", "delete", "deletecollection"],
)];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(
        role,
        cx,
        GRANTS,
        "leave webhooks and policies to a few administrators, or name those \
                              that a controller renews in resourceNames",
    )
}
