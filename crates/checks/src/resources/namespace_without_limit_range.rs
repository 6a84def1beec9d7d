//! Without a limit range, what a container does not say is not bounded.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use crate::namespaces::SYSTEM_NAMESPACES;

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
    if SYSTEM_NAMESPACES.contains(&namespace.name()) {
        cx.not_applicable();
        return Ok(());
    }
    let bounds = |object: Object<'_>| {
        let limits = object.root().at_path(&["spec", "limits"]);
        limits.is_some_and(|limits| limits.items().next().is_some())
    };
    if !cx.inventory().in_namespace(ObjectKind::LimitRange, Some(namespace.name())).any(bounds) {
        cx.fail_missing(
            namespace.root(),
            "LimitRange",
            format!(
                "namespace {} has no LimitRange among what was read; add one with spec.limits",
                namespace.name()
            ),
        );
    }
    Ok(())
}
