//! AdminNetworkPolicy and BaselineAdminNetworkPolicy `v1alpha1`, ClusterNetworkPolicy `v1alpha2`.
//!
//! Semantics: the field documentation of `sigs.k8s.io/network-policy-api/apis`. Rules are tried in
//! order, policies by priority; nothing is isolated. Host-networked pods are never meant.

use seawall_model::document::Node;
use seawall_model::{Object, Undecided};

use super::{
    Action, Declared, DeclaredRule, DeclaredSide, Direction, Nodes, Peers, Ports, Tier, block,
    items, only_field, port_number, protocol, wrong,
};
use crate::address::AddressSet;
use crate::expression::{Expression, Scope};
use crate::ports::{PortSet, Protocol};

/// Highest priority number.
const MOST_PRIORITY: i64 = 1000;

/// Which of the APIs a policy is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    V1Alpha1,
    V1Alpha2,
}

pub(super) fn admin(object: Object<'_>) -> Result<Declared<'_>, Undecided<'_>> {
    let spec = spec(object)?;
    policy(object, spec, Tier::admin(), priority(spec)?, Api::V1Alpha1)
}

pub(super) fn baseline(object: Object<'_>) -> Result<Declared<'_>, Undecided<'_>> {
    if object.name() != "default" {
        let why = format!(
            "the only BaselineAdminNetworkPolicy that there can be is named default, not {}",
            object.name()
        );
        return Err(wrong(object.head(), why));
    }
    policy(object, spec(object)?, Tier::baseline(), 0.0, Api::V1Alpha1)
}

pub(super) fn cluster(object: Object<'_>) -> Result<Declared<'_>, Undecided<'_>> {
    let spec = spec(object)?;
    let tier = match spec.field("tier")? {
        Some(node) => match node.string()?.value {
            "Admin" => Tier::admin(),
            "Baseline" => Tier::baseline(),
            other => {
                return Err(wrong(
                    node,
                    format!("{other} is no tier: they are Admin and Baseline"),
                ));
            }
        },
        None => return Err(wrong(spec, "the policy names no tier")),
    };
    policy(object, spec, tier, priority(spec)?, Api::V1Alpha2)
}

fn spec(object: Object<'_>) -> Result<Node<'_>, Undecided<'_>> {
    object.root().field("spec")?.ok_or_else(|| wrong(object.head(), "the policy has no spec"))
}

fn priority(spec: Node<'_>) -> Result<f64, Undecided<'_>> {
    let Some(node) = spec.field("priority")? else {
        return Err(wrong(spec, "the policy has no priority"));
    };
    let priority = node.integer()?.value;
    if !(0..=MOST_PRIORITY).contains(&priority) {
        return Err(wrong(
            node,
            format!("priority {priority} is not within 0 and {MOST_PRIORITY}"),
        ));
    }
    Ok(priority as f64)
}

fn policy<'a>(
    object: Object<'a>,
    spec: Node<'a>,
    tier: Tier,
    order: f64,
    api: Api,
) -> Result<Declared<'a>, Undecided<'a>> {
    let Some(node) = spec.field("subject")? else {
        return Err(wrong(spec, "the policy has no subject"));
    };
    let subject = match only_field(node)? {
        Some((field, value)) => match pods(field, value)? {
            Some(subject) => subject,
            None => return Err(wrong(value, format!("{field} is no subject that is known"))),
        },
        None => return Err(wrong(node, "the subject is empty")),
    };
    let baseline_v1 = api == Api::V1Alpha1 && tier == Tier::baseline();
    let mut sides = [None, None];
    for direction in Direction::ALL {
        let mut rules = Vec::new();
        for (index, node) in items(Some(spec), direction.field())?.into_iter().enumerate() {
            let name = node.field("name")?.map(Node::string).transpose()?.map(|name| name.value);
            let action = action(node, api, baseline_v1)?;
            let (action, peers) = match peers(node, direction, api)? {
                Some(peers) => (action, peers),
                // Closed where the kind of peer is unknown, as the API demands.
                None if action == Action::Allow => (action, Peers::none()),
                None => (Action::Deny, Peers::everyone()),
            };
            let ports = match api {
                Api::V1Alpha1 => ports(node)?,
                Api::V1Alpha2 => protocols(node)?,
            };
            rules.push(DeclaredRule { action, peers, ports, node, index, name, condition: None });
        }
        if !rules.is_empty() {
            sides[direction as usize] = Some(DeclaredSide { isolates: false, rules });
        }
    }
    Ok(Declared { object, tier, order, subject, sides })
}

fn action(rule: Node<'_>, api: Api, baseline_v1: bool) -> Result<Action, Undecided<'_>> {
    let Some(node) = rule.field("action")? else {
        return Err(wrong(rule, "the rule has no action"));
    };
    match (node.string()?.value, api) {
        ("Allow", Api::V1Alpha1) | ("Accept", Api::V1Alpha2) => Ok(Action::Allow),
        ("Deny", _) => Ok(Action::Deny),
        ("Pass", _) if !baseline_v1 => Ok(Action::Pass),
        (other, _) => Err(wrong(node, format!("{other} is no action of this policy"))),
    }
}

/// The pods of `namespaces` or `pods`, which subjects and peers have alike.
fn pods<'a>(field: &str, value: Node<'a>) -> Result<Option<Expression<'a>>, Undecided<'a>> {
    let all = match field {
        "namespaces" => Expression::selector(Scope::Namespace, value)?,
        "pods" => {
            let mut all = Expression::All;
            for (field, scope) in
                [("namespaceSelector", Scope::Namespace), ("podSelector", Scope::Pod)]
            {
                if let Some(selector) = value.field(field)? {
                    all = all.and(Expression::selector(scope, selector)?);
                }
            }
            all
        }
        _ => return Ok(None),
    };
    Ok(Some(all.and(Expression::HostNetwork.negated())))
}

/// The peers of a rule; `None` where the kind of one is unknown.
fn peers<'a>(
    rule: Node<'a>,
    direction: Direction,
    api: Api,
) -> Result<Option<Peers<'a>>, Undecided<'a>> {
    let listed = items(Some(rule), direction.peers())?;
    if listed.is_empty() {
        return Err(wrong(rule, format!("the rule names no one under {}", direction.peers())));
    }
    let mut all = Peers::none();
    for node in listed {
        let Some((field, value)) = only_field(node)? else { return Ok(None) };
        let peer = match (field, direction) {
            ("networks", Direction::Egress) => {
                let mut blocks: Vec<AddressSet> = Vec::new();
                for network in value.list()? {
                    blocks.push([block(network)?].into_iter().collect());
                }
                // The newer API says that traffic inside the cluster is matched too.
                let pods = match api {
                    Api::V1Alpha1 => Expression::Nothing,
                    Api::V1Alpha2 => Expression::Address(
                        blocks.iter().flat_map(AddressSet::ranges).copied().collect(),
                    ),
                };
                Peers { pods, blocks, ..Peers::none() }
            }
            ("nodes", Direction::Egress) => {
                let everyone = !super::is_set(Some(value));
                let nodes = if everyone { Nodes::All } else { Nodes::Some };
                Peers { nodes, ..Peers::none() }
            }
            ("domainNames", Direction::Egress) => {
                let names: Vec<&str> = value.list()?.map(Node::text).collect();
                let why = format!("which addresses {} have", names.join(", "));
                Peers { any_address: Some(why), ..Peers::none() }
            }
            _ => match pods(field, value)? {
                Some(pods) => Peers::pods(pods),
                None => return Ok(None),
            },
        };
        all.add(peer);
    }
    Ok(Some(all))
}

/// `ports` of v1alpha1.
fn ports(rule: Node<'_>) -> Result<Ports<'_>, Undecided<'_>> {
    if rule.field("ports")?.is_none() {
        return Ok(Ports::all());
    }
    let mut ports = Ports::none();
    for node in items(Some(rule), "ports")? {
        match only_field(node)? {
            Some(("portNumber", value)) => {
                let number = port_number(required(value, "port")?)?;
                ports.add(protocol(value.field("protocol")?)?, PortSet::range(number, number));
            }
            Some(("portRange", value)) => {
                let set = range(value)?;
                ports.add(protocol(value.field("protocol")?)?, set);
            }
            Some(("namedPort", value)) => ports.named.push((None, value.string()?.value)),
            Some((field, _)) => return Err(wrong(node, format!("{field} is no kind of port"))),
            None => return Err(wrong(node, "the port is empty")),
        }
    }
    Ok(ports)
}

fn required<'a>(node: Node<'a>, field: &str) -> Result<Node<'a>, Undecided<'a>> {
    node.field(field)?.ok_or_else(|| wrong(node, format!("{field} is missing")))
}

fn range(node: Node<'_>) -> Result<PortSet, Undecided<'_>> {
    let (first, last) = (required(node, "start")?, required(node, "end")?);
    let (start, end) = (port_number(first)?, port_number(last)?);
    if end < start {
        return Err(wrong(last, format!("the range ends at {end}, before its start {start}")));
    }
    Ok(PortSet::range(start, end))
}

/// `protocols` of v1alpha2.
fn protocols(rule: Node<'_>) -> Result<Ports<'_>, Undecided<'_>> {
    if rule.field("protocols")?.is_none() {
        return Ok(Ports::all());
    }
    let mut ports = Ports::none();
    for node in items(Some(rule), "protocols")? {
        let Some((field, value)) = only_field(node)? else {
            return Err(wrong(node, "the protocol is empty"));
        };
        let protocol = match field {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "sctp" => Protocol::Sctp,
            "destinationNamedPort" => {
                ports.named.push((None, value.string()?.value));
                continue;
            }
            _ => return Err(wrong(node, format!("{field} is no protocol that is known"))),
        };
        for (field, _) in value.map()? {
            if field.text() != "destinationPort" {
                return Err(wrong(field, format!("{} is not known here", field.text())));
            }
        }
        let set = match value.field("destinationPort")? {
            None => PortSet::all(),
            Some(port) => match only_field(port)? {
                Some(("number", number)) => {
                    let number = port_number(number)?;
                    PortSet::range(number, number)
                }
                Some(("range", value)) => range(value)?,
                _ => return Err(wrong(port, "destinationPort needs a number or a range")),
            },
        };
        ports.add(protocol, set);
    }
    Ok(ports)
}
