//! A namespace is no border until a policy makes it one.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::policy::fail_without_policy;
use crate::namespaces::SYSTEM_NAMESPACES;

/// A Namespace without any NetworkPolicy among what was read. Kubernetes' own namespaces are not
/// asked: most of what runs there is on the node's network.
pub const CHECK: Check = Check {
    id: "namespace-without-network-policy",
    title: "Namespace has no network policy",
    severity: Severity::Medium,
    rationale: "Namespaces part names and rights, not traffic: every pod of one reaches every pod \
                of all others until a NetworkPolicy says otherwise.",
    remedy: "Add a NetworkPolicy that denies all traffic, and policies that allow what each \
             workload needs.",
    mapping: Mapping { nsa: &["C-0054"], cis: &["5.3.2"], mitre: &["T1046"], ..Mapping::NONE },
    covers: &["kubescape:C-0206", "kubescape:C-0054", "kubescape:C-0049"],
    links: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    scope: Scope::Object(&[ObjectKind::Namespace], run),
    fix: Err(NoFix::NewObject),
    cases: include_str!("namespace_without_network_policy.yaml"),
};

fn run<'a>(namespace: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let name = namespace.name();
    if SYSTEM_NAMESPACES.contains(&name) {
        cx.not_applicable();
        return Ok(());
    }
    let inventory = cx.inventory();
    if inventory.in_namespace(ObjectKind::NetworkPolicy, Some(name)).next().is_some() {
        return Ok(());
    }
    let message = format!(
        "namespace {name} has no NetworkPolicy among what was read; add one that denies all traffic"
    );
    fail_without_policy(namespace, "cover", message, cx)
}
