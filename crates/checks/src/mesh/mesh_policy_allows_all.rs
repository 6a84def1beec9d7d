//! A rule without conditions matches every request.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use crate::network::policy::items;

/// An Istio AuthorizationPolicy whose action is `ALLOW` (also when it names none) with a rule that
/// has no `from`, `to` or `when`. Lesser: a rule without `from` whose `when` asks nothing either,
/// which admits everybody to what `to` names.
pub const CHECK: Check = Check {
    id: "mesh-policy-allows-all",
    title: "Authorization policy of the mesh allows everybody",
    severity: Severity::Medium,
    rationale: "A rule `{}` matches every request. Once a policy with the action `ALLOW` selects \
                a workload, what no rule matches is refused; with such a rule nothing is.",
    remedy: "Name the callers in `from.source.principals` or `namespaces`.",
    mapping: Mapping { mitre: &["T1046"], ..Mapping::NONE },
    covers: &[],
    links: &["https://istio.io/latest/docs/reference/config/security/authorization-policy/"],
    scope: Scope::Object(&[ObjectKind::AuthorizationPolicy], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("mesh_policy_allows_all.yaml"),
};

fn run<'a>(policy: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = policy.root().field("spec")? else { return Ok(()) };
    let action = spec.field("action")?.map(Node::string).transpose()?;
    let allows = action.is_none_or(|action| action.value == "ALLOW");
    if policy.group() != "security.istio.io" || !allows {
        cx.not_applicable();
        return Ok(());
    }
    for rule in items(spec, "rules")? {
        let has = |field| items(rule, field).map(|items| !items.is_empty());
        match (has("from")?, has("to")?, has("when")?) {
            (false, false, false) => {
                let message = format!(
                    "AuthorizationPolicy {} allows every request; name the callers in from",
                    policy.name()
                );
                cx.fail(rule, message);
            }
            (false, true, false) => {
                let message = format!(
                    "AuthorizationPolicy {} allows everybody what to names; name the callers in \
                     from",
                    policy.name()
                );
                cx.fail_lesser(rule, "from", message);
            }
            _ => {}
        }
    }
    Ok(())
}
