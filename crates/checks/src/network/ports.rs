//! The ports of containers and Services, and how one finds the other.

use seawall_model::document::{Kind, Node};
use seawall_model::workload::{Container, ContainerType, Pod};
use seawall_model::{At, Object, Undecided};

use super::policy::items;

/// A port that a container declares.
#[derive(Clone, Copy)]
pub(crate) struct ContainerPort<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) number: Option<At<'a, i64>>,
    pub(crate) name: Option<&'a str>,
    pub(crate) protocol: &'a str,
}

/// The ports that a container declares.
pub(crate) fn of_container<'a>(
    container: &Container<'a>,
) -> Result<Vec<ContainerPort<'a>>, Undecided<'a>> {
    let ports = container.ports.map(Node::list).transpose()?;
    ports
        .into_iter()
        .flatten()
        .map(|node| {
            let name = node.field("name")?.map(Node::string).transpose()?;
            Ok(ContainerPort {
                node,
                number: node.field("containerPort")?.map(Node::integer).transpose()?,
                name: name.map(|name| name.value).filter(|name| !name.is_empty()),
                protocol: protocol(node)?,
            })
        })
        .collect()
}

/// The ports that a pod's containers declare, beside those of init containers that end.
pub(crate) fn of_pod<'a>(pod: &Pod<'a>) -> Result<Vec<ContainerPort<'a>>, Undecided<'a>> {
    let mut ports = Vec::new();
    for container in pod.containers() {
        if container.container_type != ContainerType::Init || container.is_sidecar() {
            ports.extend(of_container(container)?);
        }
    }
    Ok(ports)
}

fn protocol<'a>(port: Node<'a>) -> Result<&'a str, Undecided<'a>> {
    let protocol = port.field("protocol")?.map(Node::string).transpose()?;
    Ok(protocol.map(|protocol| protocol.value).filter(|name| !name.is_empty()).unwrap_or("TCP"))
}

/// A port by its number or by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    Number(i64),
    Name(&'a str),
}

impl std::fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Target::Number(number) => write!(f, "{number}"),
            Target::Name(name) => f.write_str(name),
        }
    }
}

impl<'a> Target<'a> {
    /// Reads a port that may be a number or a name. A string of digits is a name: such a one no
    /// port can have.
    pub(crate) fn read(node: Node<'a>) -> Result<Self, Undecided<'a>> {
        match node.kind() {
            Kind::Int => Ok(Target::Number(node.integer()?.value)),
            _ => Ok(Target::Name(node.string()?.value)),
        }
    }

    /// Whether it means this port.
    pub(crate) fn is(self, port: &ContainerPort<'_>, protocol: &str) -> bool {
        port.protocol == protocol
            && match self {
                Target::Number(number) => port.number.is_some_and(|port| port.value == number),
                Target::Name(name) => port.name == Some(name),
            }
    }
}

/// A port of a Service.
#[derive(Clone, Copy)]
pub(crate) struct ServicePort<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) number: Option<At<'a, i64>>,
    pub(crate) name: Option<&'a str>,
    pub(crate) protocol: &'a str,
    /// The port of the pods: `targetPort`, else the same as its own.
    pub(crate) target: Option<Target<'a>>,
}

/// The ports of a Service.
pub(crate) fn of_service(service: Object<'_>) -> Result<Vec<ServicePort<'_>>, Undecided<'_>> {
    let Some(spec) = service.root().field("spec")? else { return Ok(Vec::new()) };
    items(spec, "ports")?
        .into_iter()
        .map(|node| {
            let number = node.field("port")?.map(Node::integer).transpose()?;
            let own = number.map(|number| Target::Number(number.value));
            let target = node.field("targetPort")?.map(Target::read).transpose()?;
            // Zero and the empty string are absent to the API server.
            let target = target
                .filter(|target| !matches!(target, Target::Number(0) | Target::Name("")))
                .or(own);
            let name = node.field("name")?.map(Node::string).transpose()?;
            Ok(ServicePort {
                node,
                number,
                name: name.map(|name| name.value),
                protocol: protocol(node)?,
                target,
            })
        })
        .collect()
}
