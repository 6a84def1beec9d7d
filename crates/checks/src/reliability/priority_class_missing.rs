//! When a node is full, somebody has to go.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Mapping, ObjectKind, Outcome, Scope, Severity};

/// A pod without `priorityClassName`, where no PriorityClass among what was read is the default of
/// all.
pub const CHECK: Check = Check {
    id: "priority-class-missing",
    title: "Pod has no priority class",
    severity: Severity::Low,
    rationale: "Pods without a class are equal: when the cluster is full, or somebody fills it, \
                what earns the money waits or is evicted as readily as a report that could run \
                tomorrow.",
    remedy: "Name a PriorityClass in `priorityClassName`, or make one the `globalDefault`.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:priority-class-name", "polaris:priorityClassNotSet"],
    links: &["https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"],
    scope: Scope::Pod(run),
    fix: None,
    cases: include_str!("priority_class_missing.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let named = pod.field("priorityClassName").map(Node::string).transpose()?;
    if named.is_some_and(|name| !name.value.is_empty()) {
        return Ok(());
    }
    // The API server allows one default.
    let default = cx
        .inventory()
        .of_kind(ObjectKind::PriorityClass)
        .any(|class| class.root().get("globalDefault").and_then(Node::as_bool) == Some(true));
    if !default {
        cx.fail_missing(
            pod.spec,
            "priorityClassName",
            "the pod has no priorityClassName and yields to no pod and every pod; name one",
        );
    }
    Ok(())
}
