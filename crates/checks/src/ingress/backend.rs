//! Where an Ingress or a route sends what it takes in.

use seawall_model::document::Node;
use seawall_model::{IngressBackend, Inventory, Object, ObjectKind, Undecided, ingress_backends};

use crate::network::ports::{Target, of_service};

/// A Service to which requests are sent.
pub(crate) struct Backend<'a> {
    /// The Service's name as it stands.
    pub(crate) node: Node<'a>,
    pub(crate) service: &'a str,
    /// The Service's port.
    pub(crate) port: Option<(Target<'a>, Node<'a>)>,
}

/// The Services to which an Ingress sends requests.
pub(crate) fn backends(ingress: Object<'_>) -> Result<Vec<Backend<'_>>, Undecided<'_>> {
    ingress_backends(ingress)?.into_iter().map(backend).collect()
}

fn backend(found: IngressBackend<'_>) -> Result<Backend<'_>, Undecided<'_>> {
    let port = found.port.map(|port| Ok((Target::read(port)?, port))).transpose()?;
    Ok(Backend { node: found.service, service: found.service.string()?.value, port })
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
