//! A rule without peers means everybody.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::policy::{Direction, isolates, items, rules};

/// A rule with `ports` and without `from` or `to`. Egress to the name service (port 53) is left
/// alone.
pub const CHECK: Check = Check {
    id: "network-policy-without-peers",
    title: "Network policy rule names ports but no peers",
    severity: Severity::Medium,
    rationale: "Without `from` a rule admits every pod of every namespace and every address that \
                routing lets through; without `to` it lets data out to everywhere on that port, \
                and 443 is enough to carry all of it.",
    remedy: "Name in `from` or `to` whom the rule means, by `podSelector`, `namespaceSelector` or \
             `ipBlock`.",
    mapping: Mapping { cis: &["5.3.2"], mitre: &["T1046"], ..Mapping::NONE },
    covers: &["trivy:KSV-0038"],
    links: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    scope: Scope::Object(&[ObjectKind::NetworkPolicy], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("network_policy_without_peers.yaml"),
};

fn run<'a>(policy: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    for direction in Direction::BOTH {
        if !isolates(policy, direction)? {
            continue;
        }
        for rule in rules(policy, direction)? {
            let ports = items(rule, "ports")?;
            if ports.is_empty() || !items(rule, direction.peers())?.is_empty() {
                continue;
            }
            let mut numbers = Vec::with_capacity(ports.len());
            for port in ports {
                numbers.push(port.field("port")?.map_or("all", Node::text));
            }
            if direction == Direction::Egress && numbers.iter().all(|number| *number == "53") {
                continue;
            }
            let message = format!(
                "{} on port {} is allowed for everybody; name whom in {}",
                direction.field(),
                numbers.join(", "),
                direction.peers()
            );
            cx.fail_missing(rule, direction.peers(), message);
        }
    }
    Ok(())
}
