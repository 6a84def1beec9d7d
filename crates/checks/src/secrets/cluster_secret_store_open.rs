//! A store for all namespaces hands its secrets to all namespaces.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::external_secrets::is_store;

/// A ClusterSecretStore without `spec.conditions`, or with one that takes every namespace.
pub const CHECK: Check = Check {
    id: "cluster-secret-store-open",
    title: "ClusterSecretStore serves every namespace",
    severity: Severity::Medium,
    rationale: "Whoever may create an ExternalSecret in any namespace reads through the store \
                whatever the store's own credential may read: the secrets of all other teams, \
                without a right on a single Secret of theirs.",
    remedy: "List the namespaces in `spec.conditions`, or give each namespace a SecretStore with a \
             credential of its own.",
    mapping: Mapping { mitre: &["T1552"], ..Mapping::NONE },
    covers: &[],
    links: &["https://external-secrets.io/latest/guides/multi-tenancy/"],
    scope: Scope::Object(&[ObjectKind::Custom], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("cluster_secret_store_open.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if !is_store(object) || object.id().kind != "ClusterSecretStore" {
        cx.not_applicable();
        return Ok(());
    }
    let Some(spec) = object.root().field("spec")? else { return Ok(()) };
    spec.map()?;
    let name = object.name();
    let Some(conditions) = spec.field("conditions")? else {
        cx.fail_missing(
            spec,
            "conditions",
            format!("ClusterSecretStore {name} serves every namespace; list them in conditions"),
        );
        return Ok(());
    };
    // A namespace is served where any condition matches.
    for condition in conditions.list()? {
        let everything = condition.get("namespaceSelector").is_some_and(|selector| {
            let is_empty = |field| {
                let field: Option<Node<'_>> = selector.get(field);
                field.is_none_or(|f| f.entries().next().is_none() && f.items().next().is_none())
            };
            is_empty("matchLabels") && is_empty("matchExpressions")
        });
        let patterns = condition.get("namespaceRegexes").into_iter().flat_map(Node::items);
        let any = patterns.into_iter().any(|p| matches!(p.text(), ".*" | "^.*$" | ".+" | "^.+$"));
        if everything || any {
            cx.fail(
                condition,
                format!(
                    "ClusterSecretStore {name} has a condition that takes every namespace; list \
                     them"
                ),
            );
        }
    }
    Ok(())
}
