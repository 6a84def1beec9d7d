//! A pod that nobody owns is not brought back.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// A Pod without an owner. Static pods and Helm's hooks are none of this.
pub const CHECK: Check = Check {
    id: "bare-pod",
    title: "Pod has no controller",
    severity: Severity::Low,
    rationale: "When its node is lost the pod is gone, and nobody replaces it with a newer \
                version: such pods are left over from an hour of debugging, with whatever \
                privileges that took.",
    remedy: "Put the pod into a Deployment or a Job, or delete it.",
    mapping: Mapping::NONE,
    covers: &["kubescape:C-0073"],
    links: &[
        "https://kubernetes.io/docs/concepts/configuration/overview/#naked-pods-vs-replicasets-deployments-and-jobs",
    ],
    scope: Scope::Object(&[ObjectKind::Pod], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("bare_pod.yaml"),
};

fn run<'a>(pod: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(metadata) = pod.root().field("metadata")? else { return Ok(()) };
    let owners = metadata.field("ownerReferences")?;
    if let Some(owners) = owners
        && owners.list()?.next().is_some()
    {
        return Ok(());
    }
    if pod.annotation("kubernetes.io/config.mirror").is_some()
        || pod.annotation("kubernetes.io/config.source").is_some()
        || pod.annotation("helm.sh/hook").is_some()
        || pod.label("tier").is_some_and(|tier| tier.text() == "control-plane")
    {
        cx.not_applicable();
        return Ok(());
    }
    cx.fail(
        pod.head(),
        format!(
            "Pod {} has no controller that brings it back; use a Deployment or Job",
            pod.name()
        ),
    );
    Ok(())
}
