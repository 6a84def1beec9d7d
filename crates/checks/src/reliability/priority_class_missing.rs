//! When a node is full, somebody has to go.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, ObjectKind, Scope, Severity};

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
    scope: Scope::Inventory(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("priority_class_missing.yaml"),
};

fn run(cx: &mut Cx<'_>) {
    let inventory = cx.inventory();
    // The API server allows one default.
    let default = inventory
        .of_kind(ObjectKind::PriorityClass)
        .any(|class| class.root().get("globalDefault").and_then(Node::as_bool) == Some(true));
    if default {
        return;
    }
    for template in inventory.pods() {
        cx.about(template.object);
        match template.spec.get("priorityClassName").map(Node::string).transpose() {
            Ok(name) if name.is_some_and(|name| !name.value.is_empty()) => {}
            Ok(_) => cx.fail_missing(
                template.spec,
                "priorityClassName",
                "the pod has no priorityClassName and yields to no pod and every pod; name one",
            ),
            Err(why) => cx.undecided(why),
        }
    }
}
