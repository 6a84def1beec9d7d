//! What no policy selects is open.

use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Selector, Severity, Undecided,
};

use super::policy::{Direction, allows_all, fail_without_policy, isolates};
use crate::namespaces::SYSTEM_NAMESPACES;

/// A Namespace in which no policy isolates all pods for ingress, or for egress.
///
/// A policy that selects all pods and allows something still denies the rest; one that allows
/// everything does not count.
pub const CHECK: Check = Check {
    id: "namespace-without-default-deny",
    title: "Namespace does not deny traffic by default",
    severity: Severity::High,
    rationale: "Policies that select single workloads leave everything else open: the pod of \
                tomorrow, the debug pod, the job whose label is misspelt. Only a policy that \
                selects all pods closes what nobody thought of.",
    remedy: "Add a NetworkPolicy with `podSelector: {}` and `policyTypes: [Ingress, Egress]` and \
             no rules.",
    mapping: Mapping {
        nsa: &["C-0054", "C-0030"],
        cis: &["5.3.2"],
        mitre: &["T1046"],
        ..Mapping::NONE
    },
    covers: &[
        "kubeaudit:MissingDefaultDenyIngressAndEgressNetworkPolicy",
        "kubeaudit:MissingDefaultDenyIngressNetworkPolicy",
        "kubeaudit:MissingDefaultDenyEgressNetworkPolicy",
    ],
    links: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies",
    ],
    scope: Scope::Object(&[ObjectKind::Namespace], run),
    fix: Err(NoFix::NewObject),
    cases: include_str!("namespace_without_default_deny.yaml"),
};

fn run<'a>(namespace: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let name = namespace.name();
    if SYSTEM_NAMESPACES.contains(&name) {
        cx.not_applicable();
        return Ok(());
    }
    let inventory = cx.inventory();
    let mut open = Direction::BOTH.to_vec();
    for policy in inventory.in_namespace(ObjectKind::NetworkPolicy, Some(name)) {
        let closed: Result<Vec<Direction>, Undecided<'a>> = denied(policy);
        match closed {
            Ok(closed) => open.retain(|direction| !closed.contains(direction)),
            Err(why) => cx.undecided(why),
        }
    }
    if open.is_empty() {
        return Ok(());
    }
    let directions =
        open.iter().map(|direction| direction.field()).collect::<Vec<_>>().join(" and ");
    let types = open.iter().map(|direction| direction.name()).collect::<Vec<_>>().join(", ");
    let message = format!(
        "namespace {name} has no NetworkPolicy among what was read that denies {directions} by \
         default; add one with podSelector: {{}} and policyTypes: [{types}]"
    );
    fail_without_policy(namespace, "deny", message, cx)
}

/// The directions in which a policy isolates all pods of its namespace.
fn denied<'a>(policy: Object<'a>) -> Result<Vec<Direction>, Undecided<'a>> {
    if !Selector::of_object(policy)?.is_some_and(|selector| selector.is_everything()) {
        return Ok(Vec::new());
    }
    let mut denied = Vec::new();
    for direction in Direction::BOTH {
        if isolates(policy, direction)? && allows_all(policy, direction)?.is_none() {
            denied.push(direction);
        }
    }
    Ok(denied)
}
