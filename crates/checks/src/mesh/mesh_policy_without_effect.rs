//! A policy that denies nothing was meant to deny something.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use crate::network::policy::items;

/// An Istio AuthorizationPolicy of action `DENY`, `AUDIT` or `CUSTOM` without rules, which matches
/// no request. Of action `ALLOW` (also when it names none) the like refuses everything, which is
/// what it is used for.
pub const CHECK: Check = Check {
    id: "mesh-policy-without-effect",
    title: "Authorization policy of the mesh does nothing",
    severity: Severity::Medium,
    rationale: "Rules say which requests the action is for. `DENY` without rules denies nothing, \
                though it reads as if it denied everything.",
    remedy: "To refuse everything write `spec: {}`, or `action: DENY` with `rules: [{}]`.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &["https://istio.io/latest/docs/reference/config/security/authorization-policy/"],
    scope: Scope::Object(&[ObjectKind::AuthorizationPolicy], run),
    fix: Err(NoFix::Intent),
    cases: include_str!("mesh_policy_without_effect.yaml"),
};

fn run<'a>(policy: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = policy.root().field("spec")? else { return Ok(()) };
    let action = spec.field("action")?.map(Node::string).transpose()?;
    let Some(action) = action.filter(|action| action.value != "ALLOW") else { return Ok(()) };
    if policy.group() == "security.istio.io" && items(spec, "rules")?.is_empty() {
        let message = format!(
            "action {} without rules is for no request; add rules, or [{{}}] for every request",
            action.value
        );
        cx.fail(action.node, message);
    }
    Ok(())
}
