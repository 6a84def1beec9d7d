//! Rights given to the default account are given to whoever forgot to name one.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Fix, Mapping, Outcome, Safety, Scope, Severity, Value};

use crate::fix;

use super::token::{Automount, DEFAULT, account_of, automount};

/// The account `default`, with its token. A pod that gets no token does not act as anybody, and
/// so may leave the account unnamed.
pub const CHECK: Check = Check {
    id: "default-service-account",
    title: "Pod acts as the default service account",
    severity: Severity::Medium,
    rationale: "All pods of a namespace that name no account share `default`. A right that one of \
                them is given is a right of all of them, the audit log can't tell them apart, and \
                taking the right back breaks pods that nobody remembers.",
    remedy: "Make a ServiceAccount for the workload, give it the rights it needs, and name it in \
             `serviceAccountName`. A workload that never talks to the API server needs none: set \
             `automountServiceAccountToken: false`.",
    mapping: Mapping { cis: &["5.1.5"], mitre: &["T1078.001"], ..Mapping::NONE },
    covers: &[
        "kubeaudit:AutomountServiceAccountTokenTrueAndDefaultSA",
        "kubescape:C-0189",
        "checkov:CKV_K8S_41",
        "kube-linter:default-service-account",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/service-accounts/"],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "A container that talks to the API server as `default` loses its token.",
        ),
        edits: |flaw| fix::in_pod(flaw, &["automountServiceAccountToken"], Value::Bool(false)),
    }),
    cases: include_str!("default_service_account.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if account_of(pod)? != DEFAULT || matches!(automount(pod, cx)?, Automount::Off) {
        return Ok(());
    }
    let remedy = "name an account of its own in serviceAccountName, or write \
                  automountServiceAccountToken: false";
    if let Some(node) = named(pod) {
        let message = format!("the pod acts as the service account default, by name; {remedy}");
        cx.fail(node, message);
    } else {
        let message = format!("the pod names no service account and so acts as default; {remedy}");
        cx.fail_missing(pod.spec, "serviceAccountName", message);
    }
    Ok(())
}

fn named<'a>(pod: &Pod<'a>) -> Option<Node<'a>> {
    ["serviceAccountName", "serviceAccount"]
        .iter()
        .find_map(|field| pod.field(field).filter(|name| !name.text().is_empty()))
}
