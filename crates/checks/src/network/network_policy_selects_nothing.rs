//! A policy that selects nothing guards nothing.

use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Selector, Severity, Undecided,
};

use super::policy::{Direction, items, rules};

/// A `podSelector` of the policy, or of a peer in its own namespace, that matches none of the pods
/// that were read. Where no pod of the namespace was read, nothing is known.
pub const CHECK: Check = Check {
    id: "network-policy-selects-nothing",
    title: "Network policy selects no pod",
    severity: Severity::Medium,
    rationale: "A misspelt label leaves the pods open that the policy was written for, and nobody \
                is told. A peer that matches nothing opens the way for whoever is next given that \
                label.",
    remedy: "Mend the labels, or remove the policy or the peer.",
    mapping: Mapping::NONE,
    covers: &[
        "kubescape:C-0299",
        "kube-linter:dangling-networkpolicy",
        "kube-linter:dangling-networkpolicypeer-podselector",
        "kube-score:networkpolicy-targets-pod",
    ],
    links: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    scope: Scope::Object(&[ObjectKind::NetworkPolicy], run),
    fix: Err(NoFix::Intent),
    cases: include_str!("network_policy_selects_nothing.yaml"),
};

fn run<'a>(policy: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let (inventory, namespace) = (cx.inventory(), policy.namespace());
    if inventory.pods_in(namespace).next().is_none() {
        cx.not_applicable();
        return Ok(());
    }
    let selects = |selector: &Selector<'_>| {
        selector.is_everything() || inventory.pods_selected(namespace, selector).next().is_some()
    };
    let Some(spec) = policy.root().field("spec")? else { return Ok(()) };
    if let Some(node) = spec.field("podSelector")?
        && !selects(&Selector::of(node)?)
    {
        let message = format!(
            "NetworkPolicy {} selects none of the pods that were read; mend its labels",
            policy.name()
        );
        cx.fail(node, message);
    }
    for direction in Direction::BOTH {
        for rule in rules(policy, direction)? {
            for peer in items(rule, direction.peers())? {
                let own: Result<_, Undecided<'a>> = match peer.field("namespaceSelector")? {
                    Some(_) => Ok(None),
                    None => peer.field("podSelector"),
                };
                if let Some(node) = own?
                    && !selects(&Selector::of(node)?)
                {
                    let message = "the peer selects none of the pods of its namespace that were \
                                   read; mend its labels";
                    cx.fail(node, message);
                }
            }
        }
    }
    Ok(())
}
