//! All service accounts are those of the pods that nobody thought of, too.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::bindings::{BINDINGS, each_subject, role_ref};

/// The groups `system:serviceaccounts` and, lesser, `system:serviceaccounts:<namespace>`. Roles
/// whose name begins with `system:` are bound so by Kubernetes and OpenShift themselves.
pub const CHECK: Check = Check {
    id: "all-service-accounts-bound",
    title: "Role is bound to all service accounts",
    severity: Severity::High,
    rationale: "The group holds the service accounts of all pods, those of tomorrow included. \
                Whoever breaks into any of them has the role; nobody can tell from a workload \
                that it has.",
    remedy: "Bind the role to the service accounts that need it, one by one.",
    mapping: Mapping { nsa: &["C-0035"], mitre: &["T1078.001"], ..Mapping::NONE },
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(BINDINGS, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("all_service_accounts_bound.yaml"),
};

fn run<'a>(binding: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let role = role_ref(binding)?;
    if role.name.starts_with("system:") {
        cx.not_applicable();
        return Ok(());
    }
    each_subject(binding, cx, |subject, cx| {
        let Some(rest) = subject.name.strip_prefix("system:serviceaccounts") else { return };
        let given = format!("{} {} is bound to {}", role.kind, role.name, subject.name);
        let remedy = "bind it to the accounts that need it";
        match rest.strip_prefix(':') {
            _ if subject.kind != "Group" => {}
            None if rest.is_empty() => {
                let message = format!("{given}: every pod that has a token has it; {remedy}");
                cx.fail(subject.node, message);
            }
            None => {}
            Some(namespace) => {
                let message =
                    format!("{given}: every pod of {namespace} that has a token has it; {remedy}");
                cx.fail_lesser(subject.node, "", message);
            }
        }
    })
}
