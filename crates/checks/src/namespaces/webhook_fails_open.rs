//! A guard that lets everybody in when it is away guards when it pleases others.

use seawall_model::document::{Kind, Node};
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, Outcome, Safety, Scope, Severity,
    Undecided, Value,
};

use super::webhooks::{WEBHOOKS, each, ignores_failure};

/// A webhook whose effective `failurePolicy` is `Ignore`.
pub const CHECK: Check = Check {
    id: "webhook-fails-open",
    title: "Admission webhook lets requests pass when it fails",
    severity: Severity::Low,
    rationale: "With `failurePolicy: Ignore` every request passes unseen while the webhook is \
                down, slow or unreachable. Who can overload it, delete its pod or block its \
                network chooses the moment.",
    remedy: "Set `failurePolicy: Fail` for webhooks that guard, run them with several replicas and \
             a PodDisruptionBudget, and leave out the namespaces that must start without them by \
             `namespaceSelector`.",
    mapping: Mapping { nsa: &[], cis: &[], pss: None, mitre: &["T1610"] },
    covers: &["kubescape:C-0036", "kubescape:C-0039"],
    links: &[
        "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
    ],
    scope: Scope::Object(WEBHOOKS, run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("While the webhook is away, what it looks at can't be changed."),
        edits,
    }),
    cases: include_str!("webhook_fails_open.yaml"),
};

fn run<'a>(configuration: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    each(configuration, cx, |webhook, cx| look(configuration, webhook, cx))
}

fn look<'a>(
    configuration: Object<'a>,
    webhook: Node<'a>,
    cx: &mut Cx<'a>,
) -> Result<(), Undecided<'a>> {
    if !ignores_failure(configuration, webhook)? {
        return Ok(());
    }
    let name = webhook.get("name").map_or("(no name)", Node::text);
    let message = format!(
        "webhook {name} lets requests pass when it can't be reached; set `failurePolicy: Fail`"
    );
    match webhook.get("failurePolicy") {
        Some(policy) => cx.fail(policy, message),
        None => cx.fail_missing(webhook, "failurePolicy", message),
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let path: &[&str] = if flaw.node.kind() == Kind::Map { &["failurePolicy"] } else { &[] };
    Ok(vec![Edit::set(flaw.node, path, Value::str("Fail"))])
}
