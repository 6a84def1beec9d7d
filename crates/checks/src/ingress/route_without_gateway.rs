//! A route without a Gateway takes nothing in.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use crate::network::policy::items;

/// A `parentRef` of an HTTPRoute to a Gateway that is not among what was read. Where no Gateway of
/// its namespace was read, nothing is known.
pub const CHECK: Check = Check {
    id: "route-without-gateway",
    title: "Route belongs to a Gateway that is not there",
    severity: Severity::Low,
    rationale: "The route serves nothing. Whoever may create a Gateway of that name decides under \
                which address and with which certificate it does.",
    remedy: "Mend the name, or create the Gateway.",
    mapping: Mapping::NONE,
    covers: &["kubescape:C-0302"],
    links: &["https://gateway-api.sigs.k8s.io/api-types/httproute/"],
    scope: Scope::Object(&[ObjectKind::HTTPRoute], run),
    fix: Err(NoFix::Intent),
    cases: include_str!("route_without_gateway.yaml"),
};

fn run<'a>(route: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let inventory = cx.inventory();
    let Some(spec) = route.root().field("spec")? else { return Ok(()) };
    for parent in items(spec, "parentRefs")? {
        let kind = parent.field("kind")?.map_or("Gateway", Node::text);
        let Some(name) = parent.field("name")?.filter(|_| kind == "Gateway") else { continue };
        let namespace = parent.field("namespace")?.map(Node::text).or(route.namespace());
        let known = inventory.in_namespace(ObjectKind::Gateway, namespace).next().is_some();
        let gateway = name.string()?.value;
        if known && inventory.named(ObjectKind::Gateway, namespace, gateway).next().is_none() {
            let message = format!("Gateway {gateway} is not among what was read; mend the name");
            cx.fail(name, message);
        }
    }
    Ok(())
}
