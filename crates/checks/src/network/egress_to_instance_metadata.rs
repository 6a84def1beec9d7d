//! The node's cloud credentials are one request away.

use std::net::IpAddr;

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope, Severity,
    Undecided, Value,
};

use crate::fix;

use super::policy::{Block, Direction, isolates, items, rules};

/// An egress `ipBlock` that holds 169.254.169.254 (or fd00:ec2::254) without an `except` that takes
/// it out, on port 80. A rule without peers is `allow-all-network-policy` or
/// `network-policy-without-peers`.
pub const CHECK: Check = Check {
    id: "egress-to-instance-metadata",
    title: "Network policy lets pods reach the instance metadata",
    severity: Severity::Medium,
    rationale: "Cloud providers serve a machine's credentials at 169.254.169.254. A pod that \
                reaches it gets those of its node, which may often read registries, disks and \
                secrets, and join new nodes. \"All addresses\" holds this one too.",
    remedy: "Add `except: [169.254.169.254/32]` to the block; on AWS also require IMDSv2 with a \
             hop limit of 1.",
    mapping: Mapping { mitre: &["T1552"], ..Mapping::NONE },
    covers: &[],
    links: &[
        "https://cloud.google.com/kubernetes-engine/docs/how-to/protecting-cluster-metadata",
        "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
    ],
    scope: Scope::Object(&[ObjectKind::NetworkPolicy], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("A program that takes its cloud credentials from there has none."),
        edits,
    }),
    cases: include_str!("egress_to_instance_metadata.yaml"),
};

/// Where clouds serve instance metadata.
const METADATA: &[&str] = &["169.254.169.254", "fd00:ec2::254"];

fn run<'a>(policy: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if !isolates(policy, Direction::Egress)? {
        cx.not_applicable();
        return Ok(());
    }
    for rule in rules(policy, Direction::Egress)? {
        if !reaches_http(rule)? {
            continue;
        }
        for peer in items(rule, "to")? {
            let Some(block) = peer.field("ipBlock")? else { continue };
            let Some(cidr) = block.field("cidr")? else { continue };
            let excepted = items(block, "except")?;
            let excepted =
                excepted.into_iter().map(Block::read).collect::<Result<Vec<_>, Undecided<'a>>>()?;
            let holds = Block::read(cidr)?;
            for address in METADATA {
                let ip = address.parse::<IpAddr>().expect("the constant is an address");
                if holds.contains(ip) && !excepted.iter().any(|block| block.contains(ip)) {
                    let message = format!(
                        "egress to {} holds {address}, the cloud's instance metadata; add it to \
                         except",
                        cidr.text()
                    );
                    cx.fail(cidr, message);
                }
            }
        }
    }
    Ok(())
}

/// Whether a rule lets TCP to port 80 through. A named port is one of pods, which this is not.
fn reaches_http<'a>(rule: Node<'a>) -> Result<bool, Undecided<'a>> {
    let ports = items(rule, "ports")?;
    if ports.is_empty() {
        return Ok(true);
    }
    for port in ports {
        let tcp = port.field("protocol")?.is_none_or(|protocol| protocol.text() == "TCP");
        let open = match port.field("port")? {
            None => true,
            Some(number) => match (number.as_i64(), port.field("endPort")?) {
                (Some(from), Some(to)) => (from..=to.integer()?.value).contains(&80),
                (Some(number), None) => number == 80,
                (None, _) => false,
            },
        };
        if tcp && open {
            return Ok(true);
        }
    }
    Ok(false)
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let address =
        if flaw.node.text().contains(':') { "fd00:ec2::254/128" } else { "169.254.169.254/32" };
    // What is excepted must be less than the block (`ValidateIPBlock`).
    if flaw.node.text() == address {
        return Err("the block is that address alone".into());
    }
    let rules = flaw.object.spec().and_then(|spec| spec.get("egress"));
    let peers = rules.into_iter().flat_map(Node::items).filter_map(|rule| rule.get("to"));
    let mut blocks = peers.flat_map(Node::items).filter_map(|peer| peer.get("ipBlock"));
    let block = blocks.find(|block| block.contains(flaw.node)).ok_or("it stands in no block")?;
    Ok(vec![fix::appended(block, &["except"], Value::str(address))])
}
