//! An update that stops everything is an update put off.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope, Severity,
    Value,
};

use crate::fix;

/// A Deployment that is recreated or may lose all its pods at a time, and a DaemonSet or
/// StatefulSet that is updated only when somebody deletes its pods. A Deployment with a volume
/// claim may have to be recreated; that is one step less bad.
pub const CHECK: Check = Check {
    id: "no-rolling-update",
    title: "Pods are not replaced one after another",
    severity: Severity::Low,
    rationale: "With `Recreate` the service is away during every release, and with `OnDelete` the \
                old version, with the flaws that the new one mends, runs until somebody deletes \
                the pods by hand.",
    remedy: "Write `type: RollingUpdate`, with `maxUnavailable` below 100%.",
    mapping: Mapping::NONE,
    covers: &[
        "kubescape:C-0305",
        "kube-linter:no-rolling-update-strategy",
        "kube-score:deployment-strategy",
    ],
    links: &["https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy"],
    scope: Scope::Object(
        &[ObjectKind::Deployment, ObjectKind::DaemonSet, ObjectKind::StatefulSet],
        run,
    ),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "Old and new pods run beside each other during an update, and updates begin by \
             themselves.",
        ),
        edits,
    }),
    cases: include_str!("no_rolling_update.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = object.root().field("spec")? else { return Ok(()) };
    spec.map()?;
    let field = if object.kind() == ObjectKind::Deployment { "strategy" } else { "updateStrategy" };
    let Some(strategy) = spec.field(field)? else { return Ok(()) };
    let (kind, name) = (&object.id().kind, object.name());
    if let Some(of) = strategy.field("type")?.map(Node::string).transpose()?
        && matches!(of.value, "Recreate" | "OnDelete")
    {
        let message = format!(
            "{kind} {name} has {field}.type: {}, which replaces no pod before it is gone; write \
             RollingUpdate",
            of.value
        );
        let volumes = spec.at_path(&["template", "spec", "volumes"]);
        let claims = volumes.into_iter().flat_map(Node::items);
        if claims.into_iter().any(|volume| volume.get("persistentVolumeClaim").is_some()) {
            cx.fail_lesser(of.node, "", message);
        } else {
            cx.fail(of.node, message);
        }
    }
    if let Some(most) = strategy.at_path(&["rollingUpdate", "maxUnavailable"])
        && most.text() == "100%"
    {
        cx.fail(
            most,
            format!("{kind} {name} may lose all pods at a time (maxUnavailable: 100%); write less"),
        );
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    if flaw.node.key().is_some_and(|key| key.text() == "maxUnavailable") {
        // The default is a quarter of a Deployment, and one pod of the others.
        return fix::remove(flaw);
    }
    let volumes = flaw.object.root().at_path(&["spec", "template", "spec", "volumes"]);
    let mut volumes = volumes.into_iter().flat_map(Node::items);
    if volumes.any(|volume| volume.get("persistentVolumeClaim").is_some()) {
        return Err("it has a volume that perhaps one pod at a time may mount".into());
    }
    fix::here(flaw, Value::str("RollingUpdate"))
}
