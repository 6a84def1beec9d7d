//! A label that names another object.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// A workload whose label `app.kubernetes.io/instance` is neither its name nor the beginning or end
/// of it.
pub const CHECK: Check = Check {
    id: "instance-label-mismatch",
    title: "Instance label and name do not fit",
    severity: Severity::Info,
    rationale: "What selects by instance, such as a policy or a dashboard, takes the object for a \
                part of another one: most often a manifest was copied and its name alone was \
                changed.",
    remedy: "Write the name of the release that the object belongs to, and begin the object's name \
             with it.",
    mapping: Mapping::NONE,
    covers: &["polaris:metadataAndInstanceMismatched"],
    links: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"],
    scope: Scope::Object(
        &[
            ObjectKind::Deployment,
            ObjectKind::StatefulSet,
            ObjectKind::DaemonSet,
            ObjectKind::CronJob,
        ],
        run,
    ),
    fix: Err(NoFix::Intent),
    cases: include_str!("instance_label_mismatch.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(label) = object.label("app.kubernetes.io/instance") else { return Ok(()) };
    let (instance, name) = (label.string()?.value, object.name());
    if !name.starts_with(instance) && !name.ends_with(instance) {
        cx.fail(
            label,
            format!(
                "{} {name} says that it is part of the instance {instance}; its name says \
                 otherwise",
                object.id().kind
            ),
        );
    }
    Ok(())
}
