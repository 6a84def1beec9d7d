//! The ways into the cluster: Ingress, OpenShift Route, Gateway API routes, and Services that are
//! open on nodes or balancers.
//!
//! Requests from outside that come through a controller reach a pod from the controller's pod, so
//! the policies that count are those between the two. Where the controller itself was not read, a
//! pod without labels in a namespace of its own stands for it.

use seawall_model::document::Node;
use seawall_model::{IngressBackend, Object, ObjectKind, Undecided, ingress_backends};

use crate::connections::Connections;
use crate::network::Network;
use crate::pods::DEFAULT_NAMESPACE;
use crate::policy::{items, wrong};
use crate::ports::Protocol;
use crate::problem::Problem;
use crate::service::{Service, ServicePort, Services, Target};

/// How requests come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Through {
    /// A controller that serves Ingresses, Routes or Gateways.
    Controller,
    /// A Service with a load balancer.
    LoadBalancer,
    /// A Service with a port on every node.
    NodePort,
    /// A Service with external addresses.
    ExternalAddress,
}

impl Through {
    /// What it is called in reports.
    pub fn name(self) -> &'static str {
        match self {
            Through::Controller => "ingress controller",
            Through::LoadBalancer => "load balancer",
            Through::NodePort => "node port",
            Through::ExternalAddress => "external address",
        }
    }
}

/// A way in.
#[derive(Clone, Debug)]
pub struct WayIn<'a> {
    /// How requests come in.
    pub through: Through,
    /// The object that opens it.
    pub object: Object<'a>,
    /// The Service that it leads to.
    pub service: Object<'a>,
    /// The numbers of the pods that it leads to, with what reaches them if policies permit.
    pub targets: Vec<(usize, Connections)>,
}

/// Finds all ways in, and what could not be read of them.
pub fn ways_in<'a>(
    network: &Network<'a>,
    services: &Services<'a>,
) -> (Vec<WayIn<'a>>, Vec<Problem<'a>>) {
    let finder = Finder { network, services };
    let mut ways = Vec::new();
    let mut problems = Vec::new();
    for object in network.inventory().objects() {
        let found = match object.kind() {
            ObjectKind::Ingress => ingress(object).map(|backends| finder.ways(object, &backends)),
            ObjectKind::Route => route(object).map(|backends| finder.ways(object, &backends)),
            ObjectKind::HTTPRoute => {
                gateway(object, Protocol::Tcp).map(|backends| finder.granted(object, &backends))
            }
            ObjectKind::Custom if object.group() == "gateway.networking.k8s.io" => {
                let protocol = match object.id().kind.as_str() {
                    "GRPCRoute" | "TLSRoute" | "TCPRoute" => Protocol::Tcp,
                    "UDPRoute" => Protocol::Udp,
                    _ => continue,
                };
                gateway(object, protocol).map(|backends| finder.granted(object, &backends))
            }
            ObjectKind::Service => match services
                .named(object.namespace().unwrap_or(DEFAULT_NAMESPACE), object.name())
            {
                Some(service) => direct(network, service),
                None => continue,
            },
            _ => continue,
        };
        match found {
            Ok(found) => ways.extend(found),
            Err(undecided) => problems.push(Problem::of(object, &undecided)),
        }
    }
    (ways, problems)
}

/// A Service and a port that an object sends requests to.
struct Backend<'a> {
    namespace: &'a str,
    service: &'a str,
    /// `None` where all ports are meant.
    port: Option<Target<'a>>,
    /// Whether a number is that of the pods rather than that of the Service.
    of_pods: bool,
    protocol: Protocol,
}

struct Finder<'n, 'a> {
    network: &'n Network<'a>,
    services: &'n Services<'a>,
}

impl<'a> Finder<'_, 'a> {
    fn ways(&self, object: Object<'a>, backends: &[Backend<'a>]) -> Vec<WayIn<'a>> {
        let mut ways = Vec::new();
        for backend in backends {
            let Some(service) = self.services.named(backend.namespace, backend.service) else {
                continue;
            };
            let ports: Vec<&ServicePort<'_>> = service
                .ports
                .iter()
                .filter(|port| port.protocol == backend.protocol)
                .filter(|port| match backend.port {
                    None => true,
                    Some(wanted) => {
                        Target::Number(port.port) == wanted && !backend.of_pods
                            || matches!(wanted, Target::Name(name) if name == port.name)
                            || backend.of_pods && port.target == wanted
                    }
                })
                .collect();
            let targets = targets(self.network, service, &ports);
            if !targets.is_empty() {
                let through = Through::Controller;
                ways.push(WayIn { through, object, service: service.object, targets });
            }
        }
        ways
    }

    /// The ways that cross no border of namespaces, or one that a ReferenceGrant opens.
    fn granted(&self, object: Object<'a>, backends: &[Backend<'a>]) -> Vec<WayIn<'a>> {
        let own = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
        let mut ways = Vec::new();
        for backend in backends {
            if backend.namespace == own || self.grants(object, own, backend) {
                ways.extend(self.ways(object, std::slice::from_ref(backend)));
            }
        }
        ways
    }

    fn grants(&self, object: Object<'a>, own: &str, backend: &Backend<'a>) -> bool {
        let is = |node: Node<'_>, field: &str, value: &str| {
            node.get(field).is_none_or(|found| found.text() == value)
        };
        self.network.inventory().of_kind(ObjectKind::Custom).any(|grant| {
            let id = grant.id();
            if id.kind != "ReferenceGrant"
                || grant.group() != "gateway.networking.k8s.io"
                || grant.namespace().unwrap_or(DEFAULT_NAMESPACE) != backend.namespace
            {
                return false;
            }
            let list = |field: &str| {
                grant.spec().and_then(|spec| spec.get(field)).into_iter().flat_map(Node::items)
            };
            let from = list("from").any(|from| {
                from.get("namespace").is_some_and(|space| space.text() == own)
                    && is(from, "kind", &object.id().kind)
            });
            let to = list("to").any(|to| {
                to.get("kind").is_some_and(|kind| kind.text() == "Service")
                    && is(to, "name", backend.service)
            });
            from && to
        })
    }
}

fn targets(
    network: &Network<'_>,
    service: &Service<'_>,
    ports: &[&ServicePort<'_>],
) -> Vec<(usize, Connections)> {
    let mut targets = Vec::new();
    for &pod in &service.pods {
        let reached = ports
            .iter()
            .map(|port| port.at(&network.pods()[pod]))
            .fold(Connections::NONE, |all, one| all.union(&one));
        if !reached.is_empty() {
            targets.push((pod, reached));
        }
    }
    targets
}

/// Backends of an Ingress.
fn ingress(object: Object<'_>) -> Result<Vec<Backend<'_>>, Undecided<'_>> {
    let namespace = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
    let mut backends = Vec::new();
    for IngressBackend { service, port } in ingress_backends(object)? {
        backends.push(Backend {
            namespace,
            service: service.string()?.value,
            port: port.map(Target::of).transpose()?,
            of_pods: false,
            protocol: Protocol::Tcp,
        });
    }
    Ok(backends)
}

/// Backends of an OpenShift Route; its `targetPort` is one of the pods, or a port's name.
fn route(object: Object<'_>) -> Result<Vec<Backend<'_>>, Undecided<'_>> {
    let namespace = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
    let Some(spec) = object.root().field("spec")? else { return Ok(Vec::new()) };
    let port = match spec.field("port")? {
        Some(port) => port.field("targetPort")?.map(Target::of).transpose()?,
        None => None,
    };
    let mut nodes: Vec<Node<'_>> = spec.field("to")?.into_iter().collect();
    nodes.extend(items(Some(spec), "alternateBackends")?);
    let mut backends = Vec::new();
    for node in nodes {
        let kind = node.field("kind")?.map(Node::string).transpose()?;
        if kind.is_some_and(|kind| kind.value != "Service") {
            continue;
        }
        let Some(name) = node.field("name")? else {
            return Err(wrong(node, "the target has no name"));
        };
        backends.push(Backend {
            namespace,
            service: name.string()?.value,
            port,
            of_pods: true,
            protocol: Protocol::Tcp,
        });
    }
    Ok(backends)
}

/// Backends of a route of the Gateway API that is attached to a Gateway.
fn gateway(object: Object<'_>, protocol: Protocol) -> Result<Vec<Backend<'_>>, Undecided<'_>> {
    let own = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
    let Some(spec) = object.root().field("spec")? else { return Ok(Vec::new()) };
    let mut attached = false;
    for parent in items(Some(spec), "parentRefs")? {
        // Routes of a mesh have Services for parents, and let nobody in.
        let kind = parent.field("kind")?.map(Node::string).transpose()?;
        attached |= kind.is_none_or(|kind| kind.value == "Gateway");
    }
    if !attached {
        return Ok(Vec::new());
    }
    let mut backends = Vec::new();
    for rule in items(Some(spec), "rules")? {
        let mut nodes = items(Some(rule), "backendRefs")?;
        for filter in items(Some(rule), "filters")? {
            if let Some(mirror) = filter.field("requestMirror")? {
                nodes.extend(mirror.field("backendRef")?);
            }
        }
        for node in nodes {
            let kind = node.field("kind")?.map(Node::string).transpose()?;
            if kind.is_some_and(|kind| kind.value != "Service") {
                continue;
            }
            let Some(name) = node.field("name")? else {
                return Err(wrong(node, "the backend has no name"));
            };
            let namespace = node.field("namespace")?.map(Node::string).transpose()?;
            backends.push(Backend {
                namespace: namespace.map_or(own, |namespace| namespace.value),
                service: name.string()?.value,
                port: node.field("port")?.map(Target::of).transpose()?,
                of_pods: false,
                protocol,
            });
        }
    }
    Ok(backends)
}

/// The ways that a Service itself opens.
fn direct<'a>(
    network: &Network<'a>,
    service: &Service<'a>,
) -> Result<Vec<WayIn<'a>>, Undecided<'a>> {
    let Some(spec) = service.object.root().field("spec")? else { return Ok(Vec::new()) };
    let kind = spec.field("type")?.map(Node::string).transpose()?.map_or("", |kind| kind.value);
    let mut through = Vec::new();
    match kind {
        "LoadBalancer" => through.push(Through::LoadBalancer),
        "NodePort" => through.push(Through::NodePort),
        _ => {}
    }
    if !items(Some(spec), "externalIPs")?.is_empty() {
        through.push(Through::ExternalAddress);
    }
    let ports: Vec<&ServicePort<'_>> = service.ports.iter().collect();
    let targets = targets(network, service, &ports);
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let object = service.object;
    Ok(through
        .into_iter()
        .map(|through| WayIn { through, object, service: object, targets: targets.clone() })
        .collect())
}
