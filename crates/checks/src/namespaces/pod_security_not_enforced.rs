//! A namespace admits every pod until something forbids some.

use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope,
    Severity, Value,
};

use super::workloads::SYSTEM_NAMESPACES;

/// A namespace without `pod-security.kubernetes.io/enforce`, or with the level `privileged`.
pub const CHECK: Check = Check {
    id: "pod-security-not-enforced",
    title: "Namespace enforces no Pod Security level",
    severity: Severity::Medium,
    rationale: "Pod Security Admission is built into the API server and does nothing until a \
                namespace has its label. Without it, and without another policy engine, whoever \
                may create pods in the namespace may create a privileged one and own the node.",
    remedy: "Label the namespace `pod-security.kubernetes.io/enforce: restricted`, or `baseline` \
             where that is not yet possible, with `enforce-version` pinned; try it first with \
             `warn` and `audit`. Where a policy engine does it, except the namespace with that \
             reason.",
    mapping: Mapping { nsa: &[], cis: &["5.2.1", "5.6.1"], pss: None, mitre: &["T1610"] },
    covers: &["kubescape:C-0192", "kubescape:C-0209"],
    links: &["https://kubernetes.io/docs/concepts/security/pod-security-admission/"],
    scope: Scope::Object(&[ObjectKind::Namespace], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("Pods that `baseline` forbids are refused when they are next made."),
        edits,
    }),
    cases: include_str!("pod_security_not_enforced.yaml"),
};

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

fn run<'a>(namespace: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    // Components of the cluster need more than any level allows.
    if SYSTEM_NAMESPACES.contains(&namespace.name()) {
        cx.not_applicable();
        return Ok(());
    }
    let name = namespace.name();
    let root = namespace.root();
    let metadata = root.field("metadata")?;
    let labels = match metadata {
        Some(metadata) => metadata.field("labels")?,
        None => None,
    };
    let level = match labels {
        Some(labels) => labels.field(ENFORCE)?,
        None => None,
    };
    if let Some(level) = level {
        // A level that does not exist is held for `restricted`; another check reports it.
        if level.string()?.value == "privileged" {
            cx.fail(
                level,
                format!(
                    "namespace {name} enforces `privileged`, which forbids nothing; \
                     enforce `restricted` or `baseline`"
                ),
            );
        }
        return Ok(());
    }
    let message = format!(
        "namespace {name} enforces no Pod Security level; label it `{ENFORCE}: restricted`"
    );
    match (labels, metadata) {
        (Some(labels), _) => cx.fail_missing(labels, ENFORCE, message),
        (None, Some(metadata)) => {
            cx.fail_missing(metadata, format!("labels.{ENFORCE}"), message);
        }
        (None, None) => cx.fail_missing(root, format!("metadata.labels.{ENFORCE}"), message),
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let path = &["metadata", "labels", ENFORCE];
    Ok(vec![Edit::set(flaw.object.root(), path, Value::str("baseline"))])
}
