//! A rule that grants nothing was meant to grant something.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope, Severity,
};

use crate::fix;

use super::rules::{ROLES, Rule, each};

/// Resources such as `pods/*` and `*/*`, and requests without a name under `resourceNames`.
///
/// See `ResourceMatches` and `ResourceNameMatches` in `pkg/apis/rbac/v1/evaluation_helpers.go`.
pub const CHECK: Check = Check {
    id: "rule-without-effect",
    title: "Rule of a role grants nothing",
    severity: Severity::Low,
    rationale: "The API server knows `*`, `pods/exec` and `*/exec`; `pods/*` and `*/*` match \
                nothing. Nor does `create` or `deletecollection` of an object under \
                `resourceNames`, for such a request has no name. Whoever wrote the rule believes \
                that it grants; whoever reads it when the right is missing reaches for a \
                wildcard.",
    remedy: "Name the subresources, and put `create` and `deletecollection` into a rule without \
             `resourceNames`.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources",
    ],
    scope: Scope::Object(ROLES, run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "What goes has granted nothing; what was meant has to be written by a person.",
        ),
        edits,
    }),
    cases: include_str!("rule_without_effect.yaml"),
};

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    each(role, cx, |rule, cx| look(role, rule, cx))
}

fn look<'a>(role: Object<'a>, rule: Rule<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let mut only_objects = true;
    for item in rule.list("resources")?.into_iter().flatten() {
        let resource = item.string()?.value;
        only_objects &= !resource.contains('/') && resource != "*";
        if resource.ends_with("/*") {
            let message = format!("resource {resource} matches nothing; name the subresources");
            cx.fail(item, message);
        }
    }
    if only_objects && !rule.strings("resourceNames")?.is_empty() {
        for verb in ["create", "deletecollection"] {
            if let Some(item) = rule.item("verbs", verb)? {
                let message = format!(
                    "{verb} is never granted under resourceNames; give it a rule of its own"
                );
                cx.fail(item, message);
            }
        }
    }
    if role.kind() == ObjectKind::Role
        && let Some(urls) = rule.node.get("nonResourceURLs")
    {
        cx.fail(urls, "a Role grants no nonResourceURLs; write a ClusterRole");
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let rules = flaw.object.root().get("rules").into_iter().flat_map(Node::items);
    let rule = rules.into_iter().find(|rule| rule.contains(flaw.node));
    let lists = ["resources", "verbs"].map(|field| rule.and_then(|rule| rule.get(field)));
    let without = |item: Node<'_>| item != flaw.node && !item.text().ends_with("/*");
    // The API server refuses a rule without resources or verbs.
    if !lists.iter().all(|list| list.is_some_and(|list| list.items().any(without))) {
        return Err("nothing else would be left of the rule".into());
    }
    fix::remove(flaw)
}
