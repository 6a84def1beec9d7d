//! Pods of an account that is not there are never made.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Mapping, NoFix, ObjectKind, Outcome, Scope, Severity};

use super::token::DEFAULT;

/// An account that is not among what was read, although its namespace is.
///
/// Absence is knowledge only where the namespace itself, or another account of it, was read; in a
/// lone manifest the account may be anywhere. `default` is made with the namespace.
pub const CHECK: Check = Check {
    id: "unknown-service-account",
    title: "Pod names a service account that is not there",
    severity: Severity::Medium,
    rationale: "The API server refuses pods whose account does not exist, so the workload never \
                starts. A name that nobody owns is also an open invitation: whoever may create \
                service accounts and bindings in the namespace decides what the workload may do.",
    remedy: "Create the ServiceAccount in the pod's namespace, or mend the name.",
    mapping: Mapping::NONE,
    covers: &["kubescape:C-0307", "kube-linter:non-existent-service-account"],
    links: &["https://kubernetes.io/docs/concepts/security/service-accounts/"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Intent),
    cases: include_str!("unknown_service_account.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(account) = pod.service_account()?.filter(|account| account.value != DEFAULT) else {
        cx.not_applicable();
        return Ok(());
    };
    let inventory = cx.inventory();
    let namespace = pod.object.namespace();
    if inventory.service_accounts(namespace, account.value).next().is_some() {
        return Ok(());
    }
    let namespace_known = namespace
        .is_some_and(|name| inventory.namespaces_named(name).next().is_some())
        || inventory.in_namespace(ObjectKind::ServiceAccount, namespace).next().is_some();
    if namespace_known {
        let place = namespace.map_or_else(String::new, |name| format!(" of namespace {name}"));
        cx.fail(
            account.node,
            format!(
                "service account {} is not among the objects{place} that were read; create it or \
                 mend the name",
                account.value
            ),
        );
    } else {
        cx.not_applicable();
    }
    Ok(())
}
