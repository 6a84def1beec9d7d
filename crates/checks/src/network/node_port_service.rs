//! A NodePort is a door in every node.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope,
    Severity, Value,
};

use crate::fix;

use super::service::service_type;

/// A Service of type `NodePort`.
pub const CHECK: Check = Check {
    id: "node-port-service",
    title: "Service opens a port on every node",
    severity: Severity::Medium,
    rationale: "A NodePort listens on every address of every node, past Ingress, TLS and web \
                firewall. Where nodes have public addresses the service is on the internet; \
                elsewhere it is in reach of everybody in the network.",
    remedy: "Use `ClusterIP` with an Ingress or a Gateway in front.",
    mapping: Mapping { mitre: &["T1133"], ..Mapping::NONE },
    covers: &[
        "kubescape:C-0256",
        "kubescape:C-0266",
        "kube-linter:exposed-services",
        "kube-score:service-type",
    ],
    links: &["https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport"],
    scope: Scope::Object(&[ObjectKind::Service], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("What reaches the Service at a node's address no longer does."),
        edits,
    }),
    cases: include_str!("node_port_service.yaml"),
};

fn run<'a>(service: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if service_type(service)? == "NodePort"
        && let Some(node) = service.spec().and_then(|spec| spec.get("type"))
    {
        let message = format!(
            "Service {} opens a port on every node; use ClusterIP with an Ingress in front",
            service.name()
        );
        cx.fail(node, message);
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let mut edits = fix::here(flaw, Value::str("ClusterIP"))?;
    let spec = flaw.object.spec().ok_or("it has no spec")?;
    // The API server refuses these of a Service within the cluster (`ValidateService`).
    let ports = spec.get("ports").into_iter().flat_map(Node::items);
    let gone = ports.filter_map(|port| port.get("nodePort"));
    edits.extend(gone.chain(spec.get("externalTrafficPolicy")).map(Edit::remove));
    Ok(edits)
}
