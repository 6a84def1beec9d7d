//! A GPU is the dearest thing that a pod can take.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, ObjectKind, Outcome, Scope, Severity};

/// A container that asks for an extended resource, such as `nvidia.com/gpu`, in a namespace where
/// no ResourceQuota among what was read bounds it (`requests.nvidia.com/gpu`).
pub const CHECK: Check = Check {
    id: "extended-resource-without-quota",
    title: "Extended resource is bounded by no quota",
    severity: Severity::Low,
    rationale: "Whoever may create pods in the namespace takes as many accelerators as the cluster \
                has: the usual aim of those who mine or train at others' cost, and an outage for \
                everybody else.",
    remedy: "Bound the resource in a ResourceQuota, as `requests.nvidia.com/gpu`.",
    mapping: Mapping { mitre: &["T1496"], ..Mapping::NONE },
    covers: &[],
    links: &[
        "https://kubernetes.io/docs/concepts/policy/resource-quotas/#resource-quota-for-extended-resources",
    ],
    scope: Scope::Container(run),
    fix: Err(NoFix::NewObject),
    cases: include_str!("extended_resource_without_quota.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(resources) = container.resources else { return Ok(()) };
    let Some(limits) = resources.field("limits")? else { return Ok(()) };
    for (resource, amount) in limits.map()? {
        let name = resource.text();
        if !is_extended(name) || is_bounded(name, container.pod.object.namespace(), cx) {
            continue;
        }
        cx.fail(
            amount,
            format!(
                "{} takes {} {name}, and no ResourceQuota among what was read has \
                 requests.{name}; add it",
                container.noun(),
                amount.text()
            ),
        );
    }
    Ok(())
}

/// `IsExtendedResourceName` in `pkg/apis/core/helper/helpers.go`.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/") && !name.starts_with("requests.")
}

fn is_bounded(resource: &str, namespace: Option<&str>, cx: &Cx<'_>) -> bool {
    let key = format!("requests.{resource}");
    cx.inventory().in_namespace(ObjectKind::ResourceQuota, namespace).any(|quota| {
        quota.root().at_path(&["spec", "hard"]).is_some_and(|hard| hard.get(&key).is_some())
    })
}
