//! A role of Kubernetes that somebody widened looks like Kubernetes' own.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};
use seawall_rbac::{RoleKind, Rule, defaults, merge};

use super::rules::{ROLES, Rule as RoleRule};

/// A role of a name that Kubernetes gives its own roles, with rights that no version since 1.20
/// gave it. A role that gathers others has what its controller puts in it, and is not looked at.
pub const CHECK: Check = Check {
    id: "default-role-edited",
    title: "Default role of Kubernetes was widened",
    severity: Severity::High,
    rationale: "`system:node` or `system:discovery` in a list of roles is passed over as part of \
                Kubernetes. A rule added to one is given to all whom Kubernetes binds it to, which \
                for some is everybody, and the API server keeps it: at its start it adds what is \
                missing and takes nothing away.",
    remedy: "Take the rule out of the default role, and put it into a role of its own, bound to \
             those who need it.",
    mapping: Mapping { mitre: &["T1098.006"], ..Mapping::NONE },
    covers: &[],
    links: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings",
    ],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("default_role_edited.yaml"),
};

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let kind = match role.kind() {
        ObjectKind::Role => RoleKind::Role,
        _ => RoleKind::ClusterRole,
    };
    let namespace = role.namespace().filter(|_| kind == RoleKind::Role).unwrap_or_default();
    if !defaults::is_role(kind, namespace, role.name()) {
        cx.not_applicable();
        return Ok(());
    }
    let Some(rules) = role.root().field("rules")? else { return Ok(()) };
    for node in rules.list()? {
        node.map()?;
        let rule = words(node)?;
        let added = defaults::added_to(kind, namespace, role.name(), std::slice::from_ref(&rule));
        let message = match &added {
            Some(added) if added.is_empty() => continue,
            Some(added) => {
                let shown = merge(added).unwrap_or_else(|_| added.clone());
                let shown: Vec<String> = shown.iter().map(ToString::to_string).collect();
                format!(
                    "Kubernetes does not give {} {} the right to {}; put it into a role of its own",
                    role.id().kind,
                    role.name(),
                    shown.join("; ")
                )
            }
            None => format!("Kubernetes gives {} {} no such rule", role.id().kind, role.name()),
        };
        cx.fail(node, message);
    }
    Ok(())
}

fn words(node: Node<'_>) -> Result<Rule<'_>, seawall_model::Undecided<'_>> {
    let rule = RoleRule { node };
    Ok(Rule {
        api_groups: rule.strings("apiGroups")?,
        resources: rule.strings("resources")?,
        resource_names: rule.strings("resourceNames")?,
        urls: rule.strings("nonResourceURLs")?,
        verbs: rule.strings("verbs")?,
    })
}
