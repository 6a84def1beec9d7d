//! A rule that grants nothing was meant to grant something.

use seawall_model::{Check, Cx, Mapping, Object, ObjectKind, Outcome, Scope, Severity};

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
    fix: None,
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
