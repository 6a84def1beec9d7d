//! Without a quota a namespace may use up the cluster.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::missing::bound_missing;

/// A Namespace without a ResourceQuota with `spec.hard` among what was read. Those of Kubernetes
/// itself are not asked: a quota there would bound the cluster's own components.
pub const CHECK: Check = Check {
    id: "namespace-without-resource-quota",
    title: "Namespace has no resource quota",
    severity: Severity::Low,
    rationale: "Without a quota, whoever may create pods in the namespace may fill the whole \
                cluster with them: by mistake in a loop, or on purpose to mine or to stop others. \
                Quotas also bound how many secrets, services and load balancers are made.",
    remedy: "Add a ResourceQuota with `requests.cpu`, `requests.memory`, `limits.memory` and \
                `pods` in `spec.hard`.",
    mapping: Mapping { mitre: &["T1499", "T1496"], ..Mapping::NONE },
    covers: &["trivy:KSV-0040"],
    links: &["https://kubernetes.io/docs/concepts/policy/resource-quotas/"],
    scope: Scope::Object(&[ObjectKind::Namespace], run),
    fix: Err(NoFix::NewObject),
    cases: include_str!("namespace_without_resource_quota.yaml"),
};

fn run<'a>(namespace: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    bound_missing(namespace, cx, ObjectKind::ResourceQuota, "hard")
}
