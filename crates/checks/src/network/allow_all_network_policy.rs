//! A policy that allows everything undoes all others.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Selector, Severity, Undecided,
};

use super::policy::{Block, Direction, allows_all, isolates, items, rules};

/// A rule without peers and ports. Lesser, without ports: the whole address space (`0.0.0.0/0`
/// without `except`), or all pods of all namespaces (`namespaceSelector: {}`).
pub const CHECK: Check = Check {
    id: "allow-all-network-policy",
    title: "Network policy allows all traffic",
    severity: Severity::Medium,
    rationale: "Policies add up: what one allows no other takes back. A rule `{}` opens the pods \
                that the policy selects to everything, in spite of every other policy there is, \
                and mostly stays from the day when something had to work at once.",
    remedy: "Remove the rule, or name the peers and ports that are needed.",
    mapping: Mapping { nsa: &["C-0030"], mitre: &["T1046"], ..Mapping::NONE },
    covers: &[
        "kubeaudit:AllowAllIngressNetworkPolicyExists",
        "kubeaudit:AllowAllEgressNetworkPolicyExists",
    ],
    links: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    scope: Scope::Object(&[ObjectKind::NetworkPolicy], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("allow_all_network_policy.yaml"),
};

fn run<'a>(policy: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    for direction in Direction::BOTH {
        let field = direction.field();
        if let Some(rule) = allows_all(policy, direction)? {
            let message = format!(
                "NetworkPolicy {} allows all {field} of the pods that it selects, whatever other \
                 policies say; remove the rule or name peers and ports",
                policy.name()
            );
            cx.fail(rule, message);
            continue;
        }
        if !isolates(policy, direction)? {
            continue;
        }
        for rule in rules(policy, direction)? {
            if !items(rule, "ports")?.is_empty() {
                continue;
            }
            for peer in items(rule, direction.peers())? {
                if let Some(whom) = everybody(peer)? {
                    let message = format!(
                        "NetworkPolicy {} allows {field} on every port for {whom}; narrow the peer \
                         or name ports",
                        policy.name()
                    );
                    cx.fail_lesser(peer, "", message);
                }
            }
        }
    }
    Ok(())
}

/// Whom a peer means, where it is as good as everybody.
fn everybody<'a>(peer: Node<'a>) -> Result<Option<&'static str>, Undecided<'a>> {
    if let Some(block) = peer.field("ipBlock")? {
        let Some(cidr) = block.field("cidr")? else { return Ok(None) };
        let open = Block::read(cidr)?.is_everything() && items(block, "except")?.is_empty();
        return Ok(open.then_some("every address"));
    }
    let selects_all = |field: &str| -> Result<Option<bool>, Undecided<'a>> {
        let selector = peer.field(field)?.map(Selector::of).transpose()?;
        Ok(selector.map(|selector| selector.is_everything()))
    };
    let (namespaces, pods) = (selects_all("namespaceSelector")?, selects_all("podSelector")?);
    Ok((namespaces == Some(true) && pods != Some(false)).then_some("all pods of all namespaces"))
}
