//! CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy.
//!
//! Semantics: `pkg/policy/api` of Cilium and its policy language documentation. Rules only permit,
//! a pod that any rule of a direction selects is isolated in it (unless `enableDefaultDeny` says
//! no), and deny rules go before everything. What depends on names (`toFQDNs`), on the content of
//! requests (`rules` under `toPorts`) or on mutual authentication is conditional.

use std::borrow::Cow;

use seawall_model::document::{Kind, Node};
use seawall_model::{Object, ObjectKind, Requirement, Selector, Test, Undecided};

use super::{
    Action, Declared, DeclaredRule, DeclaredSide, Direction, Nodes, Peers, Ports, Tier, block,
    is_set, items, port_number, wrong,
};
use crate::address::{AddressSet, Family, Range};
use crate::expression::{Expression, Scope, Value};
use crate::pods::DEFAULT_NAMESPACE;
use crate::ports::{PortSet, Protocol};

/// Deny rules stand before every other policy of the tier.
const DENY_ORDER: f64 = f64::NEG_INFINITY;

pub(super) fn read(object: Object<'_>) -> Result<Vec<Declared<'_>>, Undecided<'_>> {
    let namespace = (object.kind() == ObjectKind::CiliumNetworkPolicy)
        .then(|| object.namespace().unwrap_or(DEFAULT_NAMESPACE));
    let mut policies = Vec::new();
    if let Some(spec) = object.root().field("spec")? {
        policies.extend(policy(object, spec, namespace)?);
    }
    for spec in items(Some(object.root()), "specs")? {
        policies.extend(policy(object, spec, namespace)?);
    }
    Ok(policies)
}

fn policy<'a>(
    object: Object<'a>,
    spec: Node<'a>,
    namespace: Option<&'a str>,
) -> Result<Vec<Declared<'a>>, Undecided<'a>> {
    if spec.field("nodeSelector")?.is_some() {
        // A host policy, which says nothing of pods.
        return Ok(Vec::new());
    }
    let mut subject = Expression::HostNetwork.negated();
    if let Some(namespace) = namespace {
        subject = Expression::in_namespace(namespace).and(subject);
    }
    match spec.field("endpointSelector")? {
        Some(selector) => subject = subject.and(endpoints(selector, None)?.pods),
        None => return Err(wrong(spec, "the policy has no endpointSelector")),
    }
    let default_deny = spec.field("enableDefaultDeny")?;
    let (mut allows, mut denies) = ([None, None], [None, None]);
    for direction in Direction::ALL {
        let allowed = items(Some(spec), direction.field())?;
        let denied = items(Some(spec), &format!("{}Deny", direction.field()))?;
        if allowed.is_empty() && denied.is_empty() {
            continue;
        }
        let isolates = match default_deny.map(|node| node.field(direction.field())).transpose()? {
            Some(Some(flag)) => flag.boolean()?.value,
            _ => true,
        };
        let side = |nodes: Vec<Node<'a>>, action| -> Result<_, Undecided<'a>> {
            let mut rules = Vec::new();
            for (index, node) in nodes.into_iter().enumerate() {
                rules.extend(rule(node, index, direction, action, namespace)?);
            }
            Ok(DeclaredSide { isolates, rules })
        };
        if !denied.is_empty() {
            denies[direction as usize] = Some(side(denied, Action::Deny)?);
        }
        allows[direction as usize] = Some(side(allowed, Action::Allow)?);
    }
    let declared = |sides, order| Declared {
        object,
        tier: Tier::default_tier(),
        order,
        subject: subject.clone(),
        sides,
    };
    let mut policies = Vec::new();
    if denies.iter().any(Option::is_some) {
        policies.push(declared(denies, DENY_ORDER));
    }
    policies.push(declared(allows, 1_000.0));
    Ok(policies)
}

/// One rule, and one more for each entry of `toPorts` whose effect depends on the requests.
fn rule<'a>(
    node: Node<'a>,
    index: usize,
    direction: Direction,
    action: Action,
    namespace: Option<&'a str>,
) -> Result<Vec<DeclaredRule<'a>>, Undecided<'a>> {
    let word = direction.peers();
    let mut peers = Peers::none();
    let mut any_peer_field = false;
    let mut condition: Option<String> = None;
    for (key, value) in node.map()?.filter(|(_, value)| !value.is_null()) {
        let Some(field) = key.text().strip_prefix(word).filter(|field| *field != "Ports") else {
            if key.text() == "authentication" {
                condition.get_or_insert_with(|| "on mutual authentication".to_owned());
            }
            continue;
        };
        any_peer_field = true;
        match field {
            "Endpoints" => {
                for selector in value.list()? {
                    peers.add(endpoints(selector, namespace)?);
                }
            }
            "CIDR" => {
                for cidr in value.list()? {
                    peers.add(Peers::addresses([block(cidr)?].into_iter().collect()));
                }
            }
            "CIDRSet" => {
                for set in value.list()? {
                    peers.add(cidr_set(set)?);
                }
            }
            "Entities" => {
                for entity in value.list()? {
                    peers.add(entity_peers(entity)?);
                }
            }
            "Nodes" => peers.add(Peers { nodes: Nodes::Some, ..Peers::none() }),
            "FQDNs" => {
                let names: Vec<&str> = value
                    .list()?
                    .flat_map(|name| name.get("matchName").or(name.get("matchPattern")))
                    .map(Node::text)
                    .collect();
                let why = format!("which addresses {} have", names.join(", "));
                peers.add(Peers { any_address: Some(why), ..Peers::none() });
            }
            "Services" => {
                peers.add(Peers::everyone());
                condition.get_or_insert_with(|| "on the endpoints of a Service".to_owned());
            }
            "Requires" => {
                condition.get_or_insert_with(|| format!("on {}", key.text()));
            }
            "Groups" => {
                let why = "which addresses a group of the cloud has".to_owned();
                peers.add(Peers { any_address: Some(why), ..Peers::none() });
            }
            _ => return Err(wrong(value, format!("{} is not known", key.text()))),
        }
    }
    let to_ports = items(Some(node), "toPorts")?;
    let icmp = is_set(node.field("icmps")?);
    if !any_peer_field {
        if to_ports.is_empty() {
            // An empty rule isolates and permits nothing.
            return Ok(Vec::new());
        }
        peers = Peers::everyone();
    }
    let made = |ports, condition| DeclaredRule {
        action,
        peers: peers.clone(),
        ports,
        node,
        index,
        name: None,
        condition,
    };
    if to_ports.is_empty() {
        let ports = if icmp { Ports::none() } else { Ports::all() };
        return Ok(vec![made(ports, condition)]);
    }
    let mut plain = Ports::none();
    let mut rules = Vec::new();
    for entry in to_ports {
        let ports = ports(entry)?;
        let content = entry.field("rules")?.filter(|rules| is_set(Some(*rules)));
        match content {
            Some(content) => {
                let kind = content.entries().next().map_or("", |(key, _)| key.text());
                let why = format!("on the {kind} rules for the content of requests");
                rules.push(made(ports, Some(condition.clone().unwrap_or(why))));
            }
            None => {
                plain.numbered = plain.numbered.union(&ports.numbered);
                plain.named.extend(ports.named);
            }
        }
    }
    if !plain.numbered.is_empty() || !plain.named.is_empty() {
        rules.insert(0, made(plain, condition));
    }
    Ok(rules)
}

fn cidr_set(set: Node<'_>) -> Result<Peers<'_>, Undecided<'_>> {
    let Some(cidr) = set.field("cidr")? else {
        let why = "which addresses a group of CIDR blocks has".to_owned();
        return Ok(Peers { any_address: Some(why), ..Peers::none() });
    };
    let mut addresses: AddressSet = [block(cidr)?].into_iter().collect();
    for except in items(Some(set), "except")? {
        addresses.remove(block(except)?);
    }
    Ok(Peers::addresses(addresses))
}

fn entity_peers(entity: Node<'_>) -> Result<Peers<'_>, Undecided<'_>> {
    let family = |family| Peers::addresses([Range::all(family)].into_iter().collect());
    Ok(match entity.string()?.value {
        "all" => Peers::everyone(),
        "world" => Peers::addresses(AddressSet::all()),
        "world-ipv4" => family(Family::V4),
        "world-ipv6" => family(Family::V6),
        "cluster" => Peers { nodes: Nodes::All, ..Peers::pods(Expression::All) },
        "host" | "remote-node" => Peers { nodes: Nodes::Some, ..Peers::none() },
        "kube-apiserver" => Peers {
            nodes: Nodes::Some,
            any_address: Some("where the API server is".to_owned()),
            ..Peers::none()
        },
        "none" | "init" | "health" | "unmanaged" | "ingress" => Peers::none(),
        other => return Err(wrong(entity, format!("{other} is no entity that is known"))),
    })
}

/// The pods of an endpoint selector; `namespace` is that of a namespaced policy's peer.
fn endpoints<'a>(node: Node<'a>, namespace: Option<&'a str>) -> Result<Peers<'a>, Undecided<'a>> {
    let selector = Selector::of(node)?;
    let mut pods = Expression::HostNetwork.negated();
    let mut names_namespace = false;
    for requirement in selector.requirements() {
        let (source, key) = requirement.key.split_once(':').unwrap_or(("any", requirement.key));
        match source {
            "k8s" | "any" => {}
            "reserved" => return entity_label(node, key),
            _ => return Err(wrong(node, format!("labels of {source} are not known"))),
        }
        pods = pods.and(match key {
            "io.kubernetes.pod.namespace" => {
                names_namespace = true;
                test(requirement, |values| match values {
                    Some(values) => Expression::InNamespace(values),
                    None => Expression::All,
                })
            }
            "io.cilium.k8s.policy.serviceaccount" => test(requirement, |values| match values {
                Some(values) => Expression::Account(values),
                None => Expression::All,
            }),
            "io.cilium.k8s.policy.cluster" => {
                Expression::Unknown("the name of the cluster is not known".to_owned())
            }
            key => {
                let prefix = "io.cilium.k8s.namespace.labels.";
                let (scope, key) = match key.strip_prefix(prefix) {
                    Some(key) => {
                        names_namespace = true;
                        (Scope::Namespace, key)
                    }
                    None => (Scope::Pod, key),
                };
                test(requirement, |values| {
                    let value = values.map_or(Value::Exists, Value::In);
                    Expression::Label(scope, Cow::Borrowed(key), value)
                })
            }
        });
    }
    if let Some(namespace) = namespace
        && !names_namespace
    {
        pods = Expression::in_namespace(namespace).and(pods);
    }
    Ok(Peers::pods(pods))
}

fn test<'a>(
    requirement: &Requirement<'a>,
    made: impl Fn(Option<Vec<Cow<'a, str>>>) -> Expression<'a>,
) -> Expression<'a> {
    let list =
        |values: &[&'a str]| Some(values.iter().map(|value| Cow::Borrowed(*value)).collect());
    match &requirement.test {
        Test::Is(value) => made(list(&[value])),
        Test::In(values) => made(list(values)),
        Test::NotIn(values) => made(list(values)).negated(),
        Test::Exists => made(None),
        Test::DoesNotExist => made(None).negated(),
    }
}

/// `reserved:host` and the like, where a selector of endpoints is expected.
fn entity_label<'a>(node: Node<'a>, name: &str) -> Result<Peers<'a>, Undecided<'a>> {
    match name {
        "host" | "remote-node" => Ok(Peers { nodes: Nodes::Some, ..Peers::none() }),
        "world" => Ok(Peers::addresses(AddressSet::all())),
        _ => Err(wrong(node, format!("reserved:{name} is not known here"))),
    }
}

fn ports(entry: Node<'_>) -> Result<Ports<'_>, Undecided<'_>> {
    let listed = items(Some(entry), "ports")?;
    if listed.is_empty() {
        return Ok(Ports::all());
    }
    let mut ports = Ports::none();
    for node in listed {
        let protocols = match node.field("protocol")? {
            None => Protocol::ALL.to_vec(),
            Some(name) if name.string()?.value == "ANY" => Protocol::ALL.to_vec(),
            Some(name) => Protocol::of(name.string()?.value).into_iter().collect(),
        };
        let Some(port) = node.field("port")? else {
            for protocol in protocols {
                ports.add(protocol, PortSet::all());
            }
            continue;
        };
        let first = match port.kind() {
            Kind::Str => match port.text().parse::<u16>() {
                Ok(number) => number,
                Err(_) if port.text().starts_with(|c: char| c.is_ascii_digit()) => {
                    return Err(wrong(port, format!("{} is no port", port.text())));
                }
                Err(_) => {
                    let name = port.text();
                    ports.named.extend(protocols.iter().map(|protocol| (Some(*protocol), name)));
                    continue;
                }
            },
            _ => port_number(port)?,
        };
        let last = match node.field("endPort")? {
            Some(end) if !matches!(end.as_i64(), Some(0)) => port_number(end)?,
            _ => first,
        };
        // Port 0 is every port.
        let set = if first == 0 { PortSet::all() } else { PortSet::range(first, last) };
        for protocol in protocols {
            ports.add(protocol, set.clone());
        }
    }
    Ok(ports)
}
