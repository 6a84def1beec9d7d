//! A backend that is gone may be claimed by another.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity, Undecided,
};

use super::backend::{Backend, Lack, lack};
use crate::network::policy::items;
use crate::network::ports::Target;

/// A `backendRef` of an HTTPRoute, or `to` and `alternateBackends` of an OpenShift Route, whose
/// Service is not among what was read. Where no Service of the namespace was read, nothing is
/// known.
pub const CHECK: Check = Check {
    id: "route-backend-missing",
    title: "Route sends to a Service that is not there",
    severity: Severity::Medium,
    rationale: "Requests fail; and whoever may create a Service of that name in the namespace is \
                sent the public traffic, under the host name and the certificate of the Gateway.",
    remedy: "Mend the name or the port, or remove the reference.",
    mapping: Mapping::NONE,
    covers: &["kubescape:C-0302", "kube-linter:dangling-ingress"],
    links: &["https://gateway-api.sigs.k8s.io/api-types/httproute/"],
    scope: Scope::Object(&[ObjectKind::HTTPRoute, ObjectKind::Route], run),
    fix: Err(NoFix::Intent),
    cases: include_str!("route_backend_missing.yaml"),
};

fn run<'a>(route: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let inventory = cx.inventory();
    for reference in references(route)? {
        let kind = reference.field("kind")?.map_or("Service", Node::text);
        let Some(name) = reference.field("name")?.filter(|_| kind == "Service") else { continue };
        let port = match reference.field("port")? {
            Some(port) => Some((Target::read(port)?, port)),
            None => None,
        };
        let namespace = reference.field("namespace")?.map(Node::text).or(route.namespace());
        let backend = Backend { node: name, service: name.string()?.value, port };
        match lack(&backend, namespace, inventory)? {
            None => {}
            Some(Lack::Service) => {
                let message = format!(
                    "Service {} is not among what was read; mend the name or remove the reference",
                    backend.service
                );
                cx.fail(name, message);
            }
            Some(Lack::Port) => {
                if let Some((port, node)) = backend.port {
                    let message = format!(
                        "Service {} has no port {port}; mend the reference",
                        backend.service
                    );
                    cx.fail(node, message);
                }
            }
        }
    }
    Ok(())
}

fn references<'a>(route: Object<'a>) -> Result<Vec<Node<'a>>, Undecided<'a>> {
    let Some(spec) = route.root().field("spec")? else { return Ok(Vec::new()) };
    let mut references = Vec::new();
    if route.kind() == ObjectKind::Route {
        references.extend(spec.field("to")?);
        references.extend(items(spec, "alternateBackends")?);
    }
    for rule in items(spec, "rules")? {
        references.extend(items(rule, "backendRefs")?);
    }
    Ok(references)
}
