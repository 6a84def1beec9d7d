//! A backend that is gone may be claimed by another.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::backend::{Lack, backends, lack};

/// A backend whose Service, or whose port of it, is not among what was read. Where no Service of
/// the namespace was read, nothing is known.
pub const CHECK: Check = Check {
    id: "ingress-backend-missing",
    title: "Ingress sends to a Service that is not there",
    severity: Severity::Medium,
    rationale: "Requests fail; and whoever may create a Service of that name in the namespace is \
                sent the public traffic, under the host name and the certificate of the Ingress.",
    remedy: "Mend the name or the port, or remove the path.",
    mapping: Mapping::NONE,
    covers: &[
        "kubescape:C-0298",
        "kube-linter:dangling-ingress",
        "kube-score:ingress-targets-service",
    ],
    links: &["https://kubernetes.io/docs/concepts/services-networking/ingress/"],
    scope: Scope::Object(&[ObjectKind::Ingress], run),
    fix: Err(NoFix::Intent),
    cases: include_str!("ingress_backend_missing.yaml"),
};

fn run<'a>(ingress: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let inventory = cx.inventory();
    for backend in backends(ingress)? {
        match lack(&backend, ingress.namespace(), inventory)? {
            None => {}
            Some(Lack::Service) => {
                let message = format!(
                    "Service {} is not among what was read; mend the name or remove the path",
                    backend.service
                );
                cx.fail(backend.node, message);
            }
            Some(Lack::Port) => {
                if let Some((port, node)) = backend.port {
                    let message =
                        format!("Service {} has no port {port}; mend the backend", backend.service);
                    cx.fail(node, message);
                }
            }
        }
    }
    Ok(())
}
