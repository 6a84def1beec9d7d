//! Where an Ingress sends what it takes in. Two rooms ask: whether the Service is there, and who
//! reaches its pods.

use crate::document::Node;
use crate::{Object, Undecided};

/// A Service to which an Ingress sends requests.
#[derive(Clone, Copy, Debug)]
pub struct IngressBackend<'a> {
    /// The Service's name as it stands.
    pub service: Node<'a>,
    /// Its port, a number or a name.
    pub port: Option<Node<'a>>,
}

/// The backends of an Ingress, in the form of its own version: `service.name` and `service.port` in
/// `networking.k8s.io/v1`, `serviceName` and `servicePort` before. A backend that is a resource,
/// such as a bucket, is no Service.
///
/// # Errors
///
/// Where the spec is not of the form that the API server takes.
pub fn ingress_backends(ingress: Object<'_>) -> Result<Vec<IngressBackend<'_>>, Undecided<'_>> {
    let Some(spec) = ingress.root().field("spec")? else { return Ok(Vec::new()) };
    let mut nodes = Vec::new();
    for field in ["defaultBackend", "backend"] {
        nodes.extend(spec.field(field)?);
    }
    for rule in list(spec, "rules")? {
        let Some(http) = rule.field("http")? else { continue };
        for path in list(http, "paths")? {
            nodes.extend(path.field("backend")?);
        }
    }
    let mut backends = Vec::new();
    for node in nodes {
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
        backends.extend(name.map(|service| IngressBackend { service, port }));
    }
    Ok(backends)
}

fn list<'a>(node: Node<'a>, field: &str) -> Result<Vec<Node<'a>>, Undecided<'a>> {
    Ok(node.field(field)?.map(Node::list).transpose()?.into_iter().flatten().collect())
}
