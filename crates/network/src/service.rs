//! Services: which pods stand behind a name and a port.

use std::collections::HashMap;

use seawall_model::document::{Kind, Node};
use seawall_model::{Inventory, Object, ObjectKind, Selector, Undecided};

use crate::connections::Connections;
use crate::network::Network;
use crate::pods::{DEFAULT_NAMESPACE, Pod};
use crate::policy::{items, port_number, protocol, wrong};
use crate::ports::{PortSet, Protocol};
use crate::problem::Problem;

/// A Service with its pods.
#[derive(Clone, Debug)]
pub struct Service<'a> {
    /// The object.
    pub object: Object<'a>,
    /// Its namespace.
    pub namespace: &'a str,
    /// The numbers of the pods that it selects.
    pub pods: Vec<usize>,
    /// Its ports.
    pub ports: Vec<ServicePort<'a>>,
}

/// A port of a Service.
#[derive(Clone, Copy, Debug)]
pub struct ServicePort<'a> {
    /// Its name, empty where it has none.
    pub name: &'a str,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub port: u16,
    /// The port of the pods.
    pub target: Target<'a>,
    /// The port of the nodes, where it is written.
    pub node_port: Option<u16>,
}

/// A port by number or by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// By number.
    Number(u16),
    /// By the name that the pod's container gives it.
    Name(&'a str),
}

impl<'a> Target<'a> {
    pub(crate) fn of(node: Node<'a>) -> Result<Self, Undecided<'a>> {
        if node.kind() == Kind::Str {
            Ok(Target::Name(node.text()))
        } else {
            Ok(Target::Number(port_number(node)?))
        }
    }
}

impl ServicePort<'_> {
    /// What reaches a pod through the port: nothing where the pod has no such port, as far as its
    /// containers tell. Containers that declare no port at all may serve any.
    pub fn at(&self, pod: &Pod<'_>) -> Connections {
        let port = match self.target {
            Target::Number(port) => Some(port),
            Target::Name(name) => pod
                .named_ports
                .iter()
                .find(|port| port.name == name && port.protocol == self.protocol)
                .map(|port| port.port),
        };
        match port {
            Some(port)
                if pod.declared_ports.is_empty()
                    || pod.declared_ports.contains(&(self.protocol, port)) =>
            {
                Connections::of(self.protocol, PortSet::range(port, port))
            }
            _ => Connections::NONE,
        }
    }
}

/// All Services of a cluster.
#[derive(Debug, Default)]
pub struct Services<'a> {
    services: Vec<Service<'a>>,
    by_name: HashMap<(&'a str, &'a str), usize>,
}

impl<'a> Services<'a> {
    /// Reads all Services, and what could not be read.
    pub fn of(network: &Network<'a>) -> (Self, Vec<Problem<'a>>) {
        let inventory: &'a Inventory = network.inventory();
        let mut by_label: HashMap<(usize, &str, &str), Vec<usize>> = HashMap::new();
        let mut by_namespace: HashMap<&str, usize> = HashMap::new();
        for (number, namespace) in network.namespaces().iter().enumerate() {
            by_namespace.insert(namespace.name, number);
        }
        for (number, pod) in network.pods().iter().enumerate() {
            for (key, value) in &pod.labels {
                by_label.entry((pod.namespace, key, value)).or_default().push(number);
            }
        }
        let mut services = Services::default();
        let mut problems = Vec::new();
        for object in inventory.of_kind(ObjectKind::Service) {
            let namespace = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
            let read = || -> Result<Service<'a>, Undecided<'a>> {
                let mut selected: Option<Vec<usize>> = None;
                if let Some(selector) = Selector::of_object(object)?
                    && let Some(&space) = by_namespace.get(namespace)
                {
                    for (key, values) in selector.required() {
                        let mut pods: Vec<usize> = values
                            .iter()
                            .filter_map(|value| by_label.get(&(space, key, *value)))
                            .flatten()
                            .copied()
                            .collect();
                        if let Some(before) = &selected {
                            pods.retain(|pod| before.binary_search(pod).is_ok());
                        }
                        selected = Some(pods);
                    }
                }
                let pods = selected.unwrap_or_default();
                Ok(Service { object, namespace, pods, ports: ports(object)? })
            };
            match read() {
                Ok(service) => {
                    let key = (namespace, object.name());
                    services.by_name.insert(key, services.services.len());
                    services.services.push(service);
                }
                Err(undecided) => problems.push(Problem::of(object, &undecided)),
            }
        }
        (services, problems)
    }

    /// All of them, in reading order.
    pub fn all(&self) -> &[Service<'a>] {
        &self.services
    }

    /// The one of a name.
    pub fn named(&self, namespace: &str, name: &str) -> Option<&Service<'a>> {
        self.by_name.get(&(namespace, name)).map(|&number| &self.services[number])
    }
}

fn ports(object: Object<'_>) -> Result<Vec<ServicePort<'_>>, Undecided<'_>> {
    items(object.root().field("spec")?, "ports")?
        .into_iter()
        .map(|node| {
            let Some(port) = node.field("port")? else {
                return Err(wrong(node, "the port has no number"));
            };
            let port = port_number(port)?;
            let target = match node.field("targetPort")? {
                None => Target::Number(port),
                // Zero stands for absent.
                Some(target) if target.as_i64() == Some(0) => Target::Number(port),
                Some(target) => Target::of(target)?,
            };
            Ok(ServicePort {
                name: node
                    .field("name")?
                    .map(Node::string)
                    .transpose()?
                    .map_or("", |name| name.value),
                protocol: protocol(node.field("protocol")?)?,
                port,
                target,
                node_port: match node.field("nodePort")? {
                    Some(number) if number.as_i64() != Some(0) => Some(port_number(number)?),
                    _ => None,
                },
            })
        })
        .collect()
}
