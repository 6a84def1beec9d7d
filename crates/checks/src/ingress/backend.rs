//! Where an Ingress or a route sends what it takes in.

use seawall_model::document::Node;
use seawall_model::{Inventory, Object, ObjectKind, Undecided};

use crate::network::policy::items;
use crate::network::ports::{Target, of_service};

/// A Service to which requests are sent.
pub(crate) struct Backend<'a> {
    /// The Service's name as it stands.
    pub(crate) node: Node<'a>,
    pub(crate) service: &'a str,
    /// The Service's port.
    pub(crate) port: Option<(Target<'a>, Node<'a>)>,
}

/// The backends of an Ingress, in its own version: `service.name` and `service.port` in v1,
/// `serviceName` and `servicePort` before. A backend that is a resource is no Service.
pub(crate) fn backends(ingress: Object<'_>) -> Result<Vec<Backend<'_>>, Undecided<'_>> {
    let Some(spec) = ingress.root().field("spec")? else { return Ok(Vec::new()) };
    let mut backends = Vec::new();
    for key in ["defaultBackend", "backend"] {
        if let Some(node) = spec.field(key)? {
            backends.extend(backend(node)?);
        }
    }
    for rule in items(spec, "rules")? {
        let Some(http) = rule.field("http")? else { continue };
        for path in items(http, "paths")? {
            if let Some(node) = path.field("backend")? {
                backends.extend(backend(node)?);
            }
        }
    }
    Ok(backends)
}

fn backend<'a>(node: Node<'a>) -> Result<Option<Backend<'a>>, Undecided<'a>> {
    let (name, port) = match node.field("service")? {
        Some(service) => {
            let port = match service.field("port")? {
                Some(port) => match port.field("name")? {
                    Some(name) => Some(name),
                    None => port.field("number")?,
                },
                None => None,
            };
            (service.field("name")?, port)
        }
        None => (node.field("serviceName")?, node.field("servicePort")?),
    };
    let Some(name) = name else { return Ok(None) };
    let port = port.map(|port| Ok((Target::read(port)?, port))).transpose()?;
    Ok(Some(Backend { node: name, service: name.string()?.value, port }))
}

/// What a backend lacks.
pub(super) enum Lack {
    /// There is no such Service.
    Service,
    /// The Service has no such port.
    Port,
}

/// What a backend in a namespace lacks among what was read. Where no Service of the namespace was
/// read, nothing is known.
pub(super) fn lack<'a>(
    backend: &Backend<'a>,
    namespace: Option<&str>,
    inventory: &'a Inventory,
) -> Result<Option<Lack>, Undecided<'a>> {
    if inventory.in_namespace(ObjectKind::Service, namespace).next().is_none() {
        return Ok(None);
    }
    let mut found = None;
    for service in inventory.named(ObjectKind::Service, namespace, backend.service) {
        let Some((target, _)) = backend.port else { return Ok(None) };
        for port in of_service(service)? {
            let is = match target {
                Target::Number(number) => port.number.is_some_and(|own| own.value == number),
                Target::Name(name) => port.name == Some(name),
            };
            if is {
                return Ok(None);
            }
        }
        found = Some(service);
    }
    Ok(Some(if found.is_some() { Lack::Port } else { Lack::Service }))
}
