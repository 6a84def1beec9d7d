//! Links that manifests declare: Services that environment variables, arguments, commands and
//! ConfigMaps name, and the ways in.
//!
//! A text names a Service where a word of it is the Service's name in the cluster's DNS
//! (`db.shop`, `db.shop.svc`, `db.shop.svc.cluster.local`), or its bare name with a port or a scheme,
//! or as the whole of a variable whose name says that it holds an address.

use std::collections::{HashMap, HashSet};

use seawall_model::document::{Kind, Node};
use seawall_model::{Inventory, Object, ObjectKind};

use super::{Link, Links, Party};
use crate::address::{Family, Range};
use crate::network::Network;
use crate::pods::DEFAULT_NAMESPACE;
use crate::service::{Service, Services};
use crate::ways_in::{Through, ways_in};

/// Longest text that is searched.
const LONGEST: usize = 1 << 20;

/// Ends of the names of variables that hold addresses.
const ADDRESS_NAMES: &[&str] = &[
    "HOST", "HOSTNAME", "ADDR", "ADDRESS", "URL", "URI", "SERVER", "SERVERS", "ENDPOINT",
    "SERVICE", "BROKER", "BROKERS", "DSN", "NODES",
];

/// Finds the links that manifests declare.
pub fn declared(network: &Network<'_>, services: &Services<'_>) -> Links {
    let mut links = Links::new();
    let config = config_maps(network.inventory());
    for (number, workload) in network.workloads().iter().enumerate() {
        let mut seen = HashSet::new();
        for object in workload.pods.iter().filter_map(|&pod| network.pods()[pod].object) {
            if !seen.insert(object.index()) {
                continue;
            }
            for (name, text) in texts(object, workload.namespace, &config) {
                for (service, port) in named_services(services, workload.namespace, name, text) {
                    add(network, service, port, number, &mut links);
                }
            }
        }
    }
    let (ways, _) = ways_in(network, services);
    let controllers = crate::exposure::controllers(network);
    let unread = network.workloads().len() - 1;
    for way in ways {
        let senders: Vec<Party> = match way.through {
            Through::Controller if controllers.is_empty() => vec![Party::Workload(unread)],
            Through::Controller => {
                controllers.iter().map(|&number| Party::Workload(number)).collect()
            }
            Through::LoadBalancer | Through::NodePort | Through::ExternalAddress => {
                vec![Party::Outside(Range::all(Family::V4))]
            }
        };
        for (pod, connections) in &way.targets {
            let to = Party::Workload(network.pods()[*pod].workload);
            for (protocol, ports) in connections.iter() {
                for &(port, _) in ports.ranges() {
                    links.extend(senders.iter().filter(|from| **from != to).map(|&from| Link {
                        from,
                        to,
                        protocol,
                        port,
                    }));
                }
            }
        }
    }
    links
}

fn add(
    network: &Network<'_>,
    service: &Service<'_>,
    wanted: Option<u16>,
    from: usize,
    links: &mut Links,
) {
    for port in service.ports.iter().filter(|port| wanted.is_none_or(|wanted| wanted == port.port))
    {
        for &pod in &service.pods {
            let pod = &network.pods()[pod];
            if pod.workload == from {
                continue;
            }
            for (protocol, ports) in port.at(pod).iter() {
                for &(port, _) in ports.ranges() {
                    let to = Party::Workload(pod.workload);
                    links.insert(Link { from: Party::Workload(from), to, protocol, port });
                }
            }
        }
    }
}

type ConfigMaps<'a> = HashMap<(&'a str, &'a str), Object<'a>>;

fn config_maps(inventory: &Inventory) -> ConfigMaps<'_> {
    inventory
        .of_kind(ObjectKind::ConfigMap)
        .map(|map| ((map.namespace().unwrap_or(DEFAULT_NAMESPACE), map.name()), map))
        .collect()
}

/// The texts that a pod is configured with, each with the name that it has.
fn texts<'a>(
    object: Object<'a>,
    namespace: &'a str,
    config: &ConfigMaps<'a>,
) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    let whole = |name: &str, found: &mut Vec<(&'a str, &'a str)>| {
        if let Some(map) = config.get(&(namespace, name)) {
            for (key, value) in map.root().get("data").into_iter().flat_map(Node::entries) {
                found.push((key.text(), value.text()));
            }
        }
    };
    for node in object.root().descendants() {
        let Some(key) = node.key() else { continue };
        match key.text() {
            "command" | "args" => found.extend(node.items().map(|item| ("", item.text()))),
            "env" => {
                for variable in node.items() {
                    let name = variable.get("name").map_or("", Node::text);
                    if let Some(value) = variable.get("value") {
                        found.push((name, value.text()));
                    }
                    let reference = variable.at_path(&["valueFrom", "configMapKeyRef"]);
                    if let Some(reference) = reference
                        && let (Some(map), Some(key)) =
                            (reference.get("name"), reference.get("key"))
                        && let Some(map) = config.get(&(namespace, map.text()))
                        && let Some(value) = map.root().get("data").and_then(|d| d.get(key.text()))
                    {
                        found.push((name, value.text()));
                    }
                }
            }
            "configMapRef" | "configMap" if node.kind() == Kind::Map => {
                if let Some(name) = node.get("name") {
                    whole(name.text(), &mut found);
                }
            }
            _ => {}
        }
    }
    found.retain(|(_, text)| text.len() <= LONGEST);
    found
}

/// The Services that a text names, with the port where it names one.
fn named_services<'s, 'a>(
    services: &'s Services<'a>,
    namespace: &str,
    name: &str,
    text: &str,
) -> Vec<(&'s Service<'a>, Option<u16>)> {
    let holds_address = ADDRESS_NAMES.iter().any(|end| name.to_ascii_uppercase().ends_with(end));
    let mut found = Vec::new();
    let separators =
        |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '/' | '@' | '_'));
    for word in text.split(separators).filter(|word| !word.is_empty()) {
        let (scheme, rest) = match word.split_once("://") {
            Some((_, rest)) => (true, rest),
            None => (false, word),
        };
        let authority = rest.split('/').next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let (host, port) = match host.split_once(':') {
            Some((host, port)) => match port.parse::<u16>() {
                Ok(port) => (host, Some(port)),
                Err(_) => (host, None),
            },
            None => (host, None),
        };
        let parts: Vec<&str> = host.trim_end_matches('.').split('.').collect();
        let service = match parts.as_slice() {
            [bare] if scheme || port.is_some() || (holds_address && word == text.trim()) => {
                services.named(namespace, bare)
            }
            [name, space] | [name, space, "svc"] | [name, space, "svc", ..] => {
                services.named(space, name)
            }
            _ => None,
        };
        if let Some(service) = service {
            // A port that the Service does not have is that of something else.
            let port = port.filter(|port| service.ports.iter().any(|p| p.port == *port));
            found.push((service, port));
        }
    }
    found
}
