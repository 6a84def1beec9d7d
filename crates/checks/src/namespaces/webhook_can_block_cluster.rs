//! A webhook that guards every pod and fails closed can keep the cluster from starting.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, Outcome, Safety, Scope, Severity,
    Undecided, Value,
};

use super::webhooks::{Rule, WEBHOOKS, each, ignores_failure, rules};

/// A webhook that fails closed, decides about the creation of pods, and leaves out no namespace.
pub const CHECK: Check = Check {
    id: "webhook-can-block-cluster",
    title: "Admission webhook can block the cluster's own pods",
    severity: Severity::Low,
    rationale: "While such a webhook is away no pod is created anywhere: not those of the network \
                plug-in or DNS in `kube-system`, and not its own. An outage of one Deployment \
                becomes one of the cluster, which an attacker can bring about.",
    remedy: "Leave out `kube-system` and the webhook's own namespace by `namespaceSelector`, with \
             `kubernetes.io/metadata.name` and `NotIn`, or narrow it by `objectSelector` or \
             `matchConditions`.",
    mapping: Mapping { nsa: &[], cis: &[], pss: None, mitre: &["T1499"] },
    covers: &["kubescape:C-0036", "kubescape:C-0039"],
    links: &[
        "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
    ],
    scope: Scope::Object(WEBHOOKS, run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("The webhook no longer looks at what is made in kube-system."),
        edits,
    }),
    cases: include_str!("webhook_can_block_cluster.yaml"),
};

fn run<'a>(configuration: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    each(configuration, cx, |webhook, cx| look(configuration, webhook, cx))
}

fn look<'a>(
    configuration: Object<'a>,
    webhook: Node<'a>,
    cx: &mut Cx<'a>,
) -> Result<(), Undecided<'a>> {
    if ignores_failure(configuration, webhook)? {
        return Ok(());
    }
    for narrowing in ["namespaceSelector", "objectSelector"] {
        if let Some(selector) = webhook.get(narrowing)
            && selector.map()?.next().is_some()
        {
            return Ok(());
        }
    }
    if let Some(conditions) = webhook.get("matchConditions")
        && conditions.list()?.next().is_some()
    {
        return Ok(());
    }
    for rule in rules(webhook)?.into_iter().flatten() {
        let rule = Rule::new(rule);
        let operation = rule.has("operations", &["CREATE", "*"])?;
        let group = rule.has("apiGroups", &["", "*"])?;
        let resource = rule.has("resources", &["pods", "*", "*/*"])?;
        if operation.is_some() && group.is_some() && resource.is_some() {
            let name = webhook.get("name").map_or("(no name)", Node::text);
            let message = format!(
                "while webhook {name} is away no pod starts, in kube-system neither; \
                 leave out kube-system by `namespaceSelector`"
            );
            cx.fail_missing(webhook, "namespaceSelector", message);
            return Ok(());
        }
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    // The label that the API server gives every namespace.
    let but_system = Value::Map(vec![
        ("key".into(), Value::str("kubernetes.io/metadata.name")),
        ("operator".into(), Value::str("NotIn")),
        ("values".into(), Value::List(vec![Value::str("kube-system")])),
    ]);
    let path = &["namespaceSelector", "matchExpressions"];
    Ok(vec![Edit::set(flaw.node, path, Value::List(vec![but_system]))])
}
