//! A default role is in every cluster; who is bound to it is somebody's decision.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};
use seawall_rbac::{Origin, RoleKind};

use super::bindings::{BINDINGS, role_ref};
use super::rights::rights;

/// A binding that somebody made, of a role that Kubernetes made, by which its subjects hold rights
/// that lead further. `cluster-admin` has a check of its own; in one namespace it is lesser.
///
/// Checks of roles leave the default ones alone, for nobody can change them.
pub const CHECK: Check = Check {
    id: "powerful-default-role-bound",
    title: "Powerful default role is bound",
    severity: Severity::Medium,
    rationale: "`edit` reads every Secret of its namespace and starts pods as any service account \
                there, `admin` gives roles too, and the roles of the controllers do what the \
                control plane does. None of it stands in the manifest that binds them.",
    remedy: "Bind a role with the rights that are needed, and `view` to those who look. Bind \
             `admin` and `edit` in namespaces, by RoleBindings.",
    mapping: Mapping { mitre: &["T1098.006"], ..Mapping::NONE },
    covers: &[],
    links: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings",
    ],
    scope: Scope::Object(BINDINGS, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("powerful_default_role_bound.yaml"),
};

/// Rights that a message names.
const MOST: usize = 4;

fn run<'a>(binding: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let reference = role_ref(binding)?;
    let Some(rights) = rights(cx) else { return Ok(()) };
    let mut bindings = rights.policy.bindings();
    let Some(bound) = bindings.find(|bound| bound.object() == Some(binding.index())) else {
        return Ok(());
    };
    let role = bound.role().filter(|role| role.origin().is_default());
    let Some(role) = role.filter(|role| role.name() != "cluster-admin") else {
        cx.not_applicable();
        return Ok(());
    };
    if bound.origin() == Origin::Default || bound.subjects().is_empty() {
        return Ok(());
    }
    let namespace = bound.scope().namespace();
    let risks: Vec<&str> = rights
        .policy
        .risks_in(role.id, namespace)
        .into_iter()
        .filter(|(class, bounded)| !bounded && class.severity >= Severity::High)
        .map(|(class, _)| class.title)
        .collect();
    if risks.is_empty() {
        return Ok(());
    }
    let mut may = risks.iter().take(MOST).copied().collect::<Vec<_>>().join("; ");
    if risks.len() > MOST {
        may += &format!("; {} more", risks.len() - MOST);
    }
    let place = namespace.map_or("in the whole cluster".to_owned(), |name| format!("in {name}"));
    let kind = if role.kind() == RoleKind::Role { "Role" } else { "ClusterRole" };
    let message = format!(
        "the default {kind} {} lets its subjects {may} {place}; bind a role with what is needed",
        reference.name
    );
    let node = reference.node.get("name").unwrap_or(reference.node);
    if namespace.is_some() {
        cx.fail_lesser(node, "", message);
    } else {
        cx.fail(node, message);
    }
    Ok(())
}
