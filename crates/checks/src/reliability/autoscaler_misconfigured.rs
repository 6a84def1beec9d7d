//! An autoscaler that can't scale.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope,
    Severity, Value,
};

/// A HorizontalPodAutoscaler that may go down to one replica, or whose `maxReplicas` is not above
/// its `minReplicas`.
pub const CHECK: Check = Check {
    id: "autoscaler-misconfigured",
    title: "HorizontalPodAutoscaler has no room, or too little ground",
    severity: Severity::Low,
    rationale: "Where most and fewest are equal, load that grows, or that somebody makes grow, \
                meets a fixed number of pods. Where one replica is enough, the quiet hours have \
                the outages of a single pod.",
    remedy: "Write `minReplicas: 3` and a `maxReplicas` above it.",
    mapping: Mapping::NONE,
    covers: &[
        "kube-linter:hpa-minimum-three-replicas",
        "polaris:hpaMaxAvailability",
        "polaris:hpaMinAvailability",
        "kube-score:horizontalpodautoscaler-replicas",
    ],
    links: &["https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"],
    scope: Scope::Object(&[ObjectKind::HorizontalPodAutoscaler], run),
    fix: Ok(Fix { safety: Safety::Unsafe("More pods run when there is little to do."), edits }),
    cases: include_str!("autoscaler_misconfigured.yaml"),
};

fn run<'a>(autoscaler: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = autoscaler.root().field("spec")? else { return Ok(()) };
    spec.map()?;
    let name = autoscaler.name();
    let min = spec.field("minReplicas")?.map(Node::integer).transpose()?;
    let max = spec.field("maxReplicas")?.map(Node::integer).transpose()?;
    let least = min.map_or(1, |min| min.value);
    if let Some(max) = max
        && max.value <= least
    {
        cx.fail(
            max.node,
            format!(
                "HorizontalPodAutoscaler {name} goes from {least} to {} replicas and so has no \
                 room; write more",
                max.value
            ),
        );
    }
    if least < 2 {
        let (node, detail) = min.map_or((spec, "minReplicas"), |min| (min.node, ""));
        cx.fail_missing(
            node,
            detail,
            format!("HorizontalPodAutoscaler {name} goes down to {least} replica; write 3"),
        );
    } else if let Some(min) = min.filter(|min| min.value == 2) {
        cx.fail_lesser(
            min.node,
            "",
            format!("HorizontalPodAutoscaler {name} goes down to 2 replicas; write 3"),
        );
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let spec = flaw.object.spec().ok_or("it has no spec")?;
    let max = spec.get("maxReplicas");
    if max == Some(flaw.node) || max.and_then(Node::as_i64).is_none_or(|max| max <= ENOUGH) {
        return Err("how many replicas are enough is not known".into());
    }
    Ok(vec![Edit::set(spec, &["minReplicas"], Value::Int(ENOUGH))])
}

/// What every message asks for.
const ENOUGH: i64 = 3;
