//! `networking.k8s.io/v1` NetworkPolicy, completely.
//!
//! Semantics: the field documentation of `k8s.io/api/networking/v1`, defaults of
//! `pkg/apis/networking/v1/defaults.go`, and what `pkg/apis/networking/validation` refuses is
//! undecided, since no cluster holds it.

use seawall_model::document::{Kind, Node};
use seawall_model::{Object, Undecided};

use super::{
    Action, Declared, DeclaredRule, DeclaredSide, Direction, Peers, Ports, Tier, block, items,
    port_number, protocol, wrong,
};
use crate::address::AddressSet;
use crate::expression::{Expression, Scope};
use crate::pods::DEFAULT_NAMESPACE;
use crate::ports::PortSet;

pub(super) fn read(object: Object<'_>) -> Result<Declared<'_>, Undecided<'_>> {
    let namespace = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
    let spec = object.root().field("spec")?;
    let mut subject = Expression::in_namespace(namespace);
    if let Some(spec) = spec
        && let Some(selector) = spec.field("podSelector")?
    {
        subject = subject.and(Expression::selector(Scope::Pod, selector)?);
    }
    let directions = directions(spec)?;
    let mut sides = [None, None];
    for direction in Direction::ALL {
        let mut rules = Vec::new();
        for (index, node) in items(spec, direction.field())?.into_iter().enumerate() {
            rules.push(DeclaredRule {
                action: Action::Allow,
                peers: peers(node, direction, namespace)?,
                ports: ports(node)?,
                node,
                index,
                name: None,
                condition: None,
            });
        }
        if directions.contains(&direction) {
            sides[direction as usize] = Some(DeclaredSide { isolates: true, rules });
        }
    }
    // Calico gives Kubernetes' policies the order 1000; without Calico's the order means nothing.
    Ok(Declared { object, tier: Tier::default_tier(), order: 1_000.0, subject, sides })
}

/// The directions that a policy isolates.
fn directions(spec: Option<Node<'_>>) -> Result<Vec<Direction>, Undecided<'_>> {
    let types = items(spec, "policyTypes")?;
    if types.is_empty() {
        let egress = !items(spec, "egress")?.is_empty();
        return Ok(Direction::ALL
            .into_iter()
            .filter(|d| *d == Direction::Ingress || egress)
            .collect());
    }
    let mut directions = Vec::new();
    for node in types {
        let name = node.string()?.value;
        match Direction::ALL.into_iter().find(|direction| direction.name() == name) {
            Some(direction) => directions.push(direction),
            None => {
                let why = format!("{name} is no policy type: they are Ingress and Egress");
                return Err(wrong(node, why));
            }
        }
    }
    Ok(directions)
}

fn peers<'a>(
    rule: Node<'a>,
    direction: Direction,
    namespace: &'a str,
) -> Result<Peers<'a>, Undecided<'a>> {
    // A rule written as null is an empty rule to the API server.
    let listed = if rule.is_null() { Vec::new() } else { items(Some(rule), direction.peers())? };
    if listed.is_empty() {
        return Ok(Peers::everyone());
    }
    let mut all = Peers::none();
    for node in listed {
        all.add(peer(node, namespace)?);
    }
    Ok(all)
}

fn peer<'a>(node: Node<'a>, namespace: &'a str) -> Result<Peers<'a>, Undecided<'a>> {
    let pods = node.field("podSelector")?;
    let namespaces = node.field("namespaceSelector")?;
    match (pods, namespaces, node.field("ipBlock")?) {
        (None, None, None) => {
            Err(wrong(node, "the peer names neither pods nor namespaces nor a block of addresses"))
        }
        (None, None, Some(ip_block)) => Ok(Peers::addresses(addresses(ip_block)?)),
        (_, _, Some(_)) => Err(wrong(node, "ipBlock may not stand beside selectors")),
        (pods, namespaces, None) => {
            let within = match namespaces {
                Some(selector) => Expression::selector(Scope::Namespace, selector)?,
                None => Expression::in_namespace(namespace),
            };
            Ok(Peers::pods(match pods {
                Some(selector) => within.and(Expression::selector(Scope::Pod, selector)?),
                None => within,
            }))
        }
    }
}

fn addresses(ip_block: Node<'_>) -> Result<AddressSet, Undecided<'_>> {
    let Some(cidr) = ip_block.field("cidr")? else {
        return Err(wrong(ip_block, "the ipBlock has no cidr"));
    };
    let mut set: AddressSet = [block(cidr)?].into_iter().collect();
    for except in items(Some(ip_block), "except")? {
        set.remove(block(except)?);
    }
    Ok(set)
}

fn ports(rule: Node<'_>) -> Result<Ports<'_>, Undecided<'_>> {
    let listed = if rule.is_null() { Vec::new() } else { items(Some(rule), "ports")? };
    if listed.is_empty() {
        return Ok(Ports::all());
    }
    let mut ports = Ports::none();
    for node in listed {
        if node.is_null() {
            ports.add(crate::ports::Protocol::Tcp, PortSet::all());
            continue;
        }
        let protocol = protocol(node.field("protocol")?)?;
        let end = node.field("endPort")?;
        match (node.field("port")?, end) {
            (None, None) => ports.add(protocol, PortSet::all()),
            (Some(port), None) if port.kind() == Kind::Str => {
                if !is_port_name(port.text()) {
                    return Err(wrong(port, format!("{:?} is no name of a port", port.text())));
                }
                ports.named.push((Some(protocol), port.text()));
            }
            (Some(port), None) => {
                let number = port_number(port)?;
                ports.add(protocol, PortSet::range(number, number));
            }
            (Some(port), Some(end)) if port.kind() != Kind::Str => {
                let (first, last) = (port_number(port)?, port_number(end)?);
                if last < first {
                    return Err(wrong(end, format!("endPort {last} is below port {first}")));
                }
                ports.add(protocol, PortSet::range(first, last));
            }
            (_, Some(end)) => return Err(wrong(end, "endPort needs a port that is a number")),
        }
    }
    Ok(ports)
}

/// As `IsValidPortName` of apimachinery has it, so that a quoted number is none.
fn is_port_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=15).contains(&name.len())
        && name.chars().all(plain)
        && name.contains(|c: char| c.is_ascii_lowercase())
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-')
}
