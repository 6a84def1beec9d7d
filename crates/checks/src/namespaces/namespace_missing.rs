//! Without a namespace an object lands where the person who applies it happens to be.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::workloads::WORKLOADS;

/// A workload without `metadata.namespace`.
pub const CHECK: Check = Check {
    id: "namespace-missing",
    title: "Workload names no namespace",
    severity: Severity::Info,
    rationale: "A manifest without a namespace goes to the namespace of kubectl's current context: \
                most often `default`, and on a bad day that of another team or of production. \
                Nothing in the manifest shows which policies will hold for it.",
    remedy: "Name the namespace in `metadata.namespace`. Where Helm, Kustomize or a delivery tool \
             sets it, ignore this check for those files.",
    mapping: Mapping { nsa: &[], cis: &["5.6.4"], pss: None, mitre: &[] },
    covers: &["kubescape:C-0061", "kubescape:C-0212", "checkov:CKV_K8S_21"],
    links: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"],
    scope: Scope::Object(WORKLOADS, run),
    fix: Err(NoFix::Decision),
    cases: include_str!("namespace_missing.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(metadata) = object.root().field("metadata")? else {
        cx.fail_missing(object.root(), "metadata.namespace", message(object));
        return Ok(());
    };
    let namespace = metadata.field("namespace")?;
    match namespace {
        None => cx.fail_missing(metadata, "namespace", message(object)),
        Some(empty) if empty.string()?.value.is_empty() => cx.fail(empty, message(object)),
        Some(_) => {}
    }
    Ok(())
}

fn message(object: Object<'_>) -> String {
    format!(
        "{} {} names no namespace and lands where kubectl's context points; name one",
        object.id().kind,
        object.name()
    )
}
