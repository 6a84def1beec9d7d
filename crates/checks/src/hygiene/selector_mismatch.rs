//! A controller that does not know its own pods.

use seawall_model::{
    Change, Check, Cx, Edit, Edits, Fix, Flaw, Labels, Mapping, Object, ObjectKind, Outcome,
    Safety, Scope, Selector, Severity, Value,
};

/// A Deployment, ReplicaSet, StatefulSet or DaemonSet whose selector does not select the labels of
/// its own template; and a ReplicationController alike.
pub const CHECK: Check = Check {
    id: "selector-mismatch",
    title: "Selector does not select the template's pods",
    severity: Severity::Low,
    rationale: "The API server refuses the object, so that the version before it, with what was \
                wrong in it, keeps running.",
    remedy: "Give the template the labels that the selector asks for. A selector can't be changed \
             later.",
    mapping: Mapping::NONE,
    covers: &[
        "kubescape:C-0296",
        "kube-linter:mismatching-selector",
        "kube-score:deployment-pod-selector-labels-match-template-metadata-labels",
        "kube-score:statefulset-pod-selector-labels-match-template-metadata-labels",
    ],
    links: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/"],
    scope: Scope::Object(
        &[
            ObjectKind::Deployment,
            ObjectKind::ReplicaSet,
            ObjectKind::StatefulSet,
            ObjectKind::DaemonSet,
            ObjectKind::ReplicationController,
        ],
        run,
    ),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The API server refuses the object as it stands; only labels that the template lacks \
             are added.",
        ),
        edits,
    }),
    cases: include_str!("selector_mismatch.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = object.root().field("spec")? else { return Ok(()) };
    // Up to extensions/v1beta1, and in a ReplicationController, the template's labels are implied.
    let Some(node) = spec.field("selector")? else { return Ok(()) };
    let Some(template) = spec.field("template")? else { return Ok(()) };
    let selector = match object.kind() {
        ObjectKind::ReplicationController => Selector::of_labels(node)?,
        _ => Selector::of(node)?,
    };
    if !selector.matches(Labels::of_metadata(template.field("metadata")?)?) {
        cx.fail(
            node,
            format!(
                "the selector of {} {} does not select the labels of its own template; the API \
                 server refuses it",
                object.id().kind,
                object.name()
            ),
        );
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    const NOT_KNOWN: &str = "which labels are meant is not known";
    let template = flaw.object.root().at_path(&["spec", "template"]).ok_or(NOT_KNOWN)?;
    let wanted = match flaw.object.kind() {
        ObjectKind::ReplicationController => Some(flaw.node),
        _ if flaw.node.get("matchExpressions").is_some() => None,
        _ => flaw.node.get("matchLabels"),
    };
    let mut edits = Vec::new();
    for (key, value) in wanted.ok_or(NOT_KNOWN)?.entries() {
        let present = template.at_path(&["metadata", "labels"]).and_then(|all| all.get(key.text()));
        match present {
            Some(present) if present.text() != value.text() => return Err(NOT_KNOWN.into()),
            Some(_) => {}
            None => {
                let path = ["metadata".into(), "labels".into(), key.text().to_owned().into()];
                let value = Value::str(value.text().to_owned());
                edits.push(Edit { at: template, change: Change::Set { path: path.into(), value } });
            }
        }
    }
    Ok(edits)
}
