//! Every service account of every pod is logged in.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::bindings::{BINDINGS, each_subject, role_ref};

/// The group `system:authenticated` as a subject, but for the roles that Kubernetes binds to it:
/// `system:basic-user`, `system:discovery` and `system:public-info-viewer`.
pub const CHECK: Check = Check {
    id: "authenticated-bound",
    title: "Role is bound to everybody who is logged in",
    severity: Severity::Critical,
    rationale: "`system:authenticated` holds everybody with any credentials: each service account \
                of each pod, and on some clouds everybody with an account at the provider. A role \
                bound to it is in the hands of whoever breaks into the least important pod.",
    remedy: "Bind the role to a group of the people or to the service accounts that need it.",
    mapping: Mapping { nsa: &["C-0035"], mitre: &["T1078.001"], ..Mapping::NONE },
    covers: &["kubescape:C-0265", "trivy:KSV-01011"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(BINDINGS, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("authenticated_bound.yaml"),
};

/// The roles that Kubernetes binds to the group.
const DEFAULT: &[&str] = &["system:basic-user", "system:discovery", "system:public-info-viewer"];

fn run<'a>(binding: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let role = role_ref(binding)?;
    if DEFAULT.contains(&role.name) {
        cx.not_applicable();
        return Ok(());
    }
    each_subject(binding, cx, |subject, cx| {
        if subject.is_group("system:authenticated") {
            let message = format!(
                "{} {} is bound to system:authenticated: every user and every service account has \
                 it; bind it to those who need it",
                role.kind, role.name
            );
            cx.fail(subject.node, message);
        }
    })
}
