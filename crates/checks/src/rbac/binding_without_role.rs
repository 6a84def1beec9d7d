//! A binding to nothing gives what somebody else writes.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::bindings::{BINDINGS, role_ref};

/// A `roleRef` to a role that is not among what was read.
///
/// Absence is knowledge only where roles of that kind were read: for a Role, another Role of the
/// namespace; for a ClusterRole, those that come with every cluster, which a live cluster shows and
/// manifests don't.
pub const CHECK: Check = Check {
    id: "binding-without-role",
    title: "Binding gives a role that is not there",
    severity: Severity::Medium,
    rationale: "The binding grants nothing now. Whoever may later create a role of that name, by \
                accident or on purpose, decides what its subjects may do; and its author believes \
                that they may do it today.",
    remedy: "Create the role, mend the name, or remove the binding.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding",
    ],
    scope: Scope::Object(BINDINGS, run),
    fix: Err(NoFix::Intent),
    cases: include_str!("binding_without_role.yaml"),
};

fn run<'a>(binding: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let role = role_ref(binding)?;
    let inventory = cx.inventory();
    let (kind, namespace) = match role.kind {
        "Role" => (ObjectKind::Role, binding.namespace()),
        _ => (ObjectKind::ClusterRole, None),
    };
    let known = match kind {
        ObjectKind::Role => inventory.in_namespace(kind, namespace).next().is_some(),
        _ => inventory.named(kind, None, "cluster-admin").next().is_some(),
    };
    if !known {
        cx.not_applicable();
    } else if inventory.named(kind, namespace, role.name).next().is_none() {
        let message = format!(
            "{} {} is not among what was read; create it, mend the name or remove the binding",
            role.kind, role.name
        );
        cx.fail(role.node.get("name").unwrap_or(role.node), message);
    }
    Ok(())
}
