//! Without a limit range, what a container does not say is not bounded.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::missing::bound_missing;

/// A Namespace without a LimitRange with `spec.limits` among what was read. Those of Kubernetes
/// itself are not asked.
pub const CHECK: Check = Check {
    id: "namespace-without-limit-range",
    title: "Namespace has no limit range",
    severity: Severity::Low,
    rationale: "A LimitRange gives containers that name no limits and requests the namespace's \
                defaults, and refuses those that ask for too much. Without one, each manifest that \
                forgets its limits makes a container without any.",
    remedy: "Add a LimitRange with `default`, `defaultRequest` and `max` for `type: Container`.",
    mapping: Mapping { mitre: &["T1499", "T1496"], ..Mapping::NONE },
    covers: &["trivy:KSV-0039"],
    links: &["https://kubernetes.io/docs/concepts/policy/limit-range/"],
    scope: Scope::Object(&[ObjectKind::Namespace], run),
    fix: Err(NoFix::NewObject),
    cases: include_str!("namespace_without_limit_range.yaml"),
};

fn run<'a>(namespace: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    bound_missing(namespace, cx, ObjectKind::LimitRange, "limits")
}
