//! Who may use a privileged SCC may own the node.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Fix, Mapping, Object, ObjectKind, Outcome, Safety, Scope, Severity, Value,
};

use crate::fix;

/// A SecurityContextConstraints object with `allowPrivilegedContainer: true`.
pub const CHECK: Check = Check {
    id: "scc-allows-privileged",
    title: "SecurityContextConstraints allow privileged containers",
    severity: Severity::High,
    rationale: "On OpenShift the constraints decide what a pod may ask for. Every user, group and \
                service account that may use this one can start a privileged container and own the \
                node it runs on.",
    remedy: "Set `allowPrivilegedContainer: false`, and grant single capabilities or volume types \
             instead. Leave OpenShift's own `privileged` constraints to its node agents.",
    mapping: Mapping { nsa: &[], cis: &["5.2.2"], pss: None, mitre: &["T1611"] },
    covers: &["kube-linter:scc-deny-privileged-container"],
    links: &[
        "https://docs.openshift.com/container-platform/latest/authentication/managing-security-context-constraints.html",
    ],
    scope: Scope::Object(&[ObjectKind::SecurityContextConstraints], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("Privileged pods are no longer admitted by it."),
        edits: |flaw| fix::here(flaw, Value::Bool(false)),
    }),
    cases: include_str!("scc_allows_privileged.yaml"),
};

fn run<'a>(constraints: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let allows = constraints.root().field("allowPrivilegedContainer")?;
    if let Some(allows) = allows.map(Node::boolean).transpose()?
        && allows.value
    {
        cx.fail(
            allows.node,
            format!(
                "the constraints {} allow privileged containers; \
                 set `allowPrivilegedContainer: false`",
                constraints.name()
            ),
        );
    }
    Ok(())
}
