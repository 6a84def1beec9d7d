//! `serviceAccount` is the old name of `serviceAccountName`.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity, Value,
};

/// `serviceAccount` without a `serviceAccountName` that says the same.
///
/// The API server fills the old field in for old clients, so what lives in a cluster has both; and
/// where both are written, `serviceAccountName` alone holds (`Convert_v1_PodSpec_To_core_PodSpec`
/// in `pkg/apis/core/v1/conversion.go`).
pub const CHECK: Check = Check {
    id: "deprecated-service-account-field",
    title: "Pod names its service account in a deprecated field",
    severity: Severity::Low,
    rationale: "`serviceAccount` was replaced by `serviceAccountName` and is kept for old clients. \
                Policies and reviewers that look at the new field don't see which account the pod \
                has, and where both are written and differ, the old one does nothing.",
    remedy: "Write `serviceAccountName` and remove `serviceAccount`.",
    mapping: Mapping::NONE,
    covers: &[
        "kubeaudit:AutomountServiceAccountTokenDeprecated",
        "kubescape:C-0294",
        "kube-linter:deprecated-service-account-field",
    ],
    links: &[
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#security-context",
    ],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The API server copies the old field into the new one itself, and \
             where both are written reads the new one alone.",
        ),
        edits,
    }),
    cases: include_str!("deprecated_service_account_field.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(old) = pod.field("serviceAccount").map(Node::string).transpose()? else {
        return Ok(());
    };
    let new = pod.field("serviceAccountName").map(Node::string).transpose()?;
    let message = match new.filter(|new| !new.value.is_empty()) {
        Some(new) if new.value == old.value => return Ok(()),
        Some(new) => format!(
            "serviceAccount: {} does nothing beside serviceAccountName: {}; remove it",
            old.value, new.value
        ),
        None => format!(
            "serviceAccount: {name} is deprecated; write serviceAccountName: {name}",
            name = old.value
        ),
    };
    cx.fail(old.node, message);
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let pod = flaw.pod()?;
    Ok(match pod.spec.entries().find(|(key, _)| key.text() == "serviceAccountName") {
        None => vec![Edit::rename(flaw.node, "serviceAccountName")],
        Some((_, new)) if new.is_null() || new.text().is_empty() => {
            vec![
                Edit::set(new, &[], Value::str(flaw.node.text().to_owned())),
                Edit::remove(flaw.node),
            ]
        }
        Some(_) => vec![Edit::remove(flaw.node)],
    })
}
