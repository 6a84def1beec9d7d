//! What a pod's service account may do, whoever breaks into the pod may do.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};
use seawall_rbac::Subject;
use seawall_rbac::risks::Risk;

use super::rights::{place, rights};
use crate::service_account::token::{Automount, account_of, automount};

/// A pod whose service account holds, by all its bindings and groups, rights that lead further than
/// they say, and whose token is in the pod. Rights in one namespace, and those within bounds, are
/// lesser.
pub const CHECK: Check = Check {
    id: "workload-holds-rights",
    title: "Workload runs with rights that lead further",
    severity: Severity::High,
    rationale: "The token of its service account lies in every container of the pod. Whoever gets \
                a command run there holds all that the account may do: read Secrets, start pods, \
                become an administrator. That the workload is one of many, and the role is bound \
                elsewhere, hides it.",
    remedy: "Give the account what the workload needs, in its own namespace and by name. A \
             workload that does not talk to the API server gets no token: \
             `automountServiceAccountToken: false`. `seawall rbac lookup` lists where the rights \
             come from, and `seawall rbac generate` makes the least role of an audit log.",
    mapping: Mapping { mitre: &["T1528", "T1552.007"], ..Mapping::NONE },
    covers: &["kubescape:C-0053", "kubescape:C-0267", "kubescape:C-0272"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Rights),
    cases: include_str!("workload_holds_rights.yaml"),
};

/// Rights that a message names.
const MOST: usize = 3;

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(rights) = rights(cx) else {
        cx.not_applicable();
        return Ok(());
    };
    if matches!(automount(pod, cx)?, Automount::Off) {
        cx.not_applicable();
        return Ok(());
    }
    let namespace = pod.object.namespace().unwrap_or("default");
    let account = Subject::service_account(namespace, account_of(pod)?);
    let mut risks: Vec<&Risk> = rights
        .risks_of(&account)
        .filter(|risk| risk.class.severity >= Severity::High && risk.cloud_identity.is_none())
        .collect();
    risks.sort_by_key(|risk| {
        (std::cmp::Reverse(risk.severity()), risk.namespaces.is_some(), risk.class.id)
    });
    let Some(worst) = risks.first() else { return Ok(()) };
    let lesser = worst.severity() < Severity::High || worst.namespaces.is_some();
    let by = rights.bindings(worst).first().map(|id| rights.policy.binding(*id).to_string());
    let mut may: Vec<String> = risks
        .iter()
        .take(MOST)
        .map(|risk| format!("{} {}", risk.class.title, place(risk)))
        .collect();
    if risks.len() > MOST {
        may.push(format!("{} more", risks.len() - MOST));
    }
    let by = by.map(|by| format!(" (first by {by})")).unwrap_or_default();
    let message = format!(
        "its service account {} may {}{by}: so may whoever breaks into a container; narrow the \
         rights, or mount no token",
        account.name(),
        may.join("; ")
    );
    let name = pod.service_account()?.map_or(pod.spec, |name| name.node);
    if lesser {
        cx.fail_lesser(name, "", message);
    } else {
        cx.fail(name, message);
    }
    Ok(())
}
