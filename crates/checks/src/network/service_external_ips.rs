//! externalIPs take the traffic of others.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Fix, Mapping, Object, ObjectKind, Outcome, Safety, Scope, Severity,
};

use crate::fix;

use super::policy::items;

/// `spec.externalIPs` of a Service.
pub const CHECK: Check = Check {
    id: "service-external-ips",
    title: "Service takes traffic for addresses that it names itself",
    severity: Severity::High,
    rationale: "Every node sends traffic for the addresses in `externalIPs` to the pods of the \
                Service, whoever owns these addresses: CVE-2020-8554. Whoever may write a Service \
                so takes the traffic of all pods to an address of their choice, a bank's or the \
                cloud's.",
    remedy: "Remove `externalIPs`; use a load balancer or an Ingress. Turn on the admission \
             plugin `DenyServiceExternalIPs`.",
    mapping: Mapping::NONE,
    covers: &["trivy:KSV-0108"],
    links: &["https://kubernetes.io/docs/concepts/services-networking/service/#external-ips"],
    scope: Scope::Object(&[ObjectKind::Service], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("What reaches the Service at these addresses no longer does."),
        edits: fix::remove,
    }),
    cases: include_str!("service_external_ips.yaml"),
};

fn run<'a>(service: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = service.root().field("spec")? else { return Ok(()) };
    let addresses = items(spec, "externalIPs")?;
    if let Some(list) = spec.get("externalIPs").filter(|_| !addresses.is_empty()) {
        let shown =
            addresses.iter().map(|address| Node::text(*address)).collect::<Vec<_>>().join(", ");
        let message =
            format!("Service {} takes the traffic to {shown}; remove externalIPs", service.name());
        cx.fail(list, message);
    }
    Ok(())
}
