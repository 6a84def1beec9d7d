//! Replicas on one node fall with it.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Labels, Mapping, Outcome, Safety, Scope, Selector, Severity,
    Template, Undecided, Value,
};

use crate::fix;

use super::scale::each_of_several;

/// A Deployment or StatefulSet of several replicas without a `topologySpreadConstraint` or a pod
/// anti-affinity whose selector selects its own pods.
pub const CHECK: Check = Check {
    id: "pods-not-spread",
    title: "Replicas may all run on one node",
    severity: Severity::Low,
    rationale: "Nothing keeps the scheduler from putting every replica on one node or in one zone, \
                where one failure, or one attacker who takes the node, has them all.",
    remedy: "Add `topologySpreadConstraints` over `kubernetes.io/hostname` and \
             `topology.kubernetes.io/zone` with a selector of the pod's own labels.",
    mapping: Mapping::NONE,
    covers: &[
        "kube-linter:no-anti-affinity",
        "polaris:topologySpreadConstraint",
        "kube-score:deployment-has-host-podantiaffinity",
        "kube-score:statefulset-has-host-podantiaffinity",
        "kube-score:pod-topology-spread-constraints",
    ],
    links: &[
        "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
    ],
    scope: Scope::Inventory(run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The scheduler takes the constraint for a wish (`ScheduleAnyway`): with one node \
             alone the pods start as before.",
        ),
        edits,
    }),
    cases: include_str!("pods_not_spread.yaml"),
};

fn run(cx: &mut Cx<'_>) {
    each_of_several(cx, look_at);
}

fn look_at<'a>(template: &Template<'a>, count: Option<i64>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let object = template.object;
    if is_spread(template)? {
        return Ok(());
    }
    let many = count.map_or_else(|| "its".to_owned(), |count| format!("all {count}"));
    cx.fail_missing(
        template.spec,
        "topologySpreadConstraints",
        format!(
            "{} {} may run {many} replicas on one node; add topologySpreadConstraints over \
             kubernetes.io/hostname",
            object.id().kind,
            object.name()
        ),
    );
    Ok(())
}

/// Whether a constraint or an anti-affinity means the pod's own kind.
fn is_spread<'a>(template: &Template<'a>) -> Result<bool, Undecided<'a>> {
    let labels = template.labels()?;
    if let Some(constraints) = template.spec.field("topologySpreadConstraints")? {
        for constraint in constraints.list()? {
            if means(constraint.get("labelSelector"), labels)? {
                return Ok(true);
            }
        }
    }
    let Some(affinity) = template.spec.at_path(&["affinity", "podAntiAffinity"]) else {
        return Ok(false);
    };
    let required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution");
    let preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution");
    let preferred = preferred.into_iter().flat_map(Node::items);
    let terms = preferred.filter_map(|item| item.get("podAffinityTerm"));
    for term in required.into_iter().flat_map(Node::items).chain(terms) {
        if means(term.get("labelSelector"), labels)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A term without a selector selects no pod.
fn means<'a>(selector: Option<Node<'a>>, labels: Labels<'a>) -> Result<bool, Undecided<'a>> {
    Ok(match selector {
        Some(selector) => Selector::of(selector)?.matches(labels),
        None => false,
    })
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    const NOT_KNOWN: &str = "its selector does not tell the labels of its pods";
    let pod = flaw.pod()?;
    let selector = flaw.object.spec().and_then(|spec| spec.get("selector")).ok_or(NOT_KNOWN)?;
    let own = Labels::of_metadata(pod.metadata).and_then(|own| means(Some(selector), own));
    let labels = selector.get("matchLabels").ok_or(NOT_KNOWN)?;
    if !matches!(own, Ok(true)) || selector.get("matchExpressions").is_some() {
        return Err(NOT_KNOWN.into());
    }
    let label = |(key, value): (Node<'a>, Node<'a>)| {
        (key.text().to_owned().into(), Value::str(value.text().to_owned()))
    };
    let labels = Value::Map(labels.entries().map(label).collect());
    let constraint = Value::Map(vec![
        ("maxSkew".into(), Value::Int(1)),
        ("topologyKey".into(), Value::str("kubernetes.io/hostname")),
        ("whenUnsatisfiable".into(), Value::str("ScheduleAnyway")),
        ("labelSelector".into(), Value::entry("matchLabels", labels)),
    ]);
    Ok(vec![fix::appended(pod.spec, &["topologySpreadConstraints"], constraint)])
}
