//! The Dashboard's account is lent to everybody who opens the page.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::bindings::{BINDINGS, each_subject, role_ref};

/// A binding whose subject is the service account `kubernetes-dashboard`, to another role than the
/// few that come with the Dashboard (`kubernetes-dashboard` and those that begin so).
pub const CHECK: Check = Check {
    id: "kubernetes-dashboard-has-rights",
    title: "Kubernetes Dashboard has rights of its own",
    severity: Severity::Medium,
    rationale: "The Dashboard acts for whoever is logged in to it; what its own service account \
                may do, everybody may who reaches the page and skips the login. In 2018 an open \
                Dashboard gave Tesla's cluster to miners.",
    remedy: "Remove the binding, and let users log in with tokens of their own.",
    mapping: Mapping { mitre: &["T1613"], ..Mapping::NONE },
    covers: &["kubescape:C-0014"],
    links: &["https://kubernetes.io/docs/tasks/access-application-cluster/web-ui-dashboard/"],
    scope: Scope::Object(BINDINGS, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("kubernetes_dashboard_has_rights.yaml"),
};

fn run<'a>(binding: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let role = role_ref(binding)?;
    if role.name.starts_with("kubernetes-dashboard") {
        cx.not_applicable();
        return Ok(());
    }
    each_subject(binding, cx, |subject, cx| {
        if subject.service_account().is_some_and(|(_, name)| name == "kubernetes-dashboard") {
            let message = format!(
                "{} {} is bound to the Kubernetes Dashboard's service account; everybody who \
                 reaches the Dashboard has it; remove the binding",
                role.kind, role.name
            );
            cx.fail(subject.node, message);
        }
    })
}
