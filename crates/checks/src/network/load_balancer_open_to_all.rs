//! A load balancer without source ranges serves the internet.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::policy::{Block, items};
use super::service::{is_internal, service_type};

/// A Service of type `LoadBalancer` that is not asked to be internal, without
/// `loadBalancerSourceRanges`, or with one that holds all addresses. With ranges it is lesser: it
/// is exposed, but to those alone.
pub const CHECK: Check = Check {
    id: "load-balancer-open-to-all",
    title: "Load balancer is open to all addresses",
    severity: Severity::Medium,
    rationale: "A load balancer gets a public address unless its cloud is told otherwise. \
                Databases, administration pages and test systems were put on the internet so, and \
                are found within minutes.",
    remedy: "Put an Ingress or a Gateway in front, ask the cloud for an internal load balancer by \
             its annotation, or list the networks of its clients in `loadBalancerSourceRanges`.",
    mapping: Mapping { mitre: &["T1133"], ..Mapping::NONE },
    covers: &["kubescape:C-0256", "kubescape:C-0266", "kube-linter:exposed-services"],
    links: &["https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer"],
    scope: Scope::Object(&[ObjectKind::Service], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("load_balancer_open_to_all.yaml"),
};

/// The annotation that came before the field.
const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

fn run<'a>(service: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = service.root().field("spec")? else { return Ok(()) };
    if service_type(service)? != "LoadBalancer" || is_internal(service) {
        return Ok(());
    }
    let ranges = items(spec, "loadBalancerSourceRanges")?;
    for &range in &ranges {
        if Block::read(range)?.is_everything() {
            let message = format!(
                "the load balancer of Service {} serves {}, that is, everybody; list the networks \
                 of its clients",
                service.name(),
                range.text()
            );
            cx.fail(range, message);
            return Ok(());
        }
    }
    let annotated = service.annotation(RANGES).is_some_and(|value| !value.text().is_empty());
    let name = service.name();
    if ranges.is_empty() && !annotated {
        let message = format!(
            "the load balancer of Service {name} serves every address; make it internal or list \
             the networks of its clients"
        );
        cx.fail_missing(spec, "loadBalancerSourceRanges", message);
    } else if let Some(node) = spec.get("type") {
        let message = format!("Service {name} is reached from outside, by the networks it lists");
        cx.fail_lesser(node, "", message);
    }
    Ok(())
}
