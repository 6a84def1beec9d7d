//! An autoscaler of nothing.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// A HorizontalPodAutoscaler whose target is not among what was read, where another workload of the
/// target's kind is known in the namespace.
pub const CHECK: Check = Check {
    id: "autoscaler-target-missing",
    title: "HorizontalPodAutoscaler scales nothing",
    severity: Severity::Medium,
    rationale: "The workload that was meant stays at its number of pods while the load grows, and \
                the autoscaler's conditions, which nobody reads, say so. Whoever creates a \
                workload of that name lets it grow to the maximum.",
    remedy: "Mend the name in `scaleTargetRef`, or remove the autoscaler.",
    mapping: Mapping::NONE,
    covers: &[
        "kubescape:C-0300",
        "kube-linter:dangling-horizontalpodautoscaler",
        "kube-score:horizontalpodautoscaler-has-target",
    ],
    links: &["https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"],
    scope: Scope::Object(&[ObjectKind::HorizontalPodAutoscaler], run),
    fix: Err(NoFix::Intent),
    cases: include_str!("autoscaler_target_missing.yaml"),
};

fn run<'a>(autoscaler: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(target) = autoscaler.root().at_path(&["spec", "scaleTargetRef"]) else {
        return Ok(());
    };
    let field = |key| target.field(key).and_then(|node| node.map(Node::string).transpose());
    let (Some(kind), Some(name)) = (field("kind")?, field("name")?) else { return Ok(()) };
    let of = match kind.value {
        "Deployment" => ObjectKind::Deployment,
        "StatefulSet" => ObjectKind::StatefulSet,
        "ReplicaSet" => ObjectKind::ReplicaSet,
        "ReplicationController" => ObjectKind::ReplicationController,
        _ => {
            cx.not_applicable();
            return Ok(());
        }
    };
    let (inventory, namespace) = (cx.inventory(), autoscaler.namespace());
    if inventory.named(of, namespace, name.value).next().is_none()
        && inventory.in_namespace(of, namespace).next().is_some()
    {
        cx.fail(
            name.node,
            format!(
                "HorizontalPodAutoscaler {} scales {} {}, which is not among what was read; mend \
                 the name",
                autoscaler.name(),
                kind.value,
                name.value
            ),
        );
    }
    Ok(())
}
