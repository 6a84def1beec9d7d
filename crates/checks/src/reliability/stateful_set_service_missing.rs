//! Without its Service the pods of a set have no names.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// A StatefulSet without `serviceName`, or whose Service has an address of its own, or is not among
/// what was read where other Services of the namespace are.
pub const CHECK: Check = Check {
    id: "stateful-set-service-missing",
    title: "StatefulSet has no headless Service",
    severity: Severity::Low,
    rationale: "The pods' names in DNS are those of the Service. Without it members of a database \
                find each other by address or not at all, and whoever creates a Service of that \
                name decides who answers.",
    remedy: "Create a Service with `clusterIP: None` and the pods' labels, and name it in \
             `serviceName`.",
    mapping: Mapping::NONE,
    covers: &["kube-score:statefulset-has-servicename"],
    links: &[
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id",
    ],
    scope: Scope::Object(&[ObjectKind::StatefulSet], run),
    fix: Err(NoFix::Intent),
    cases: include_str!("stateful_set_service_missing.yaml"),
};

fn run<'a>(set: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = set.root().field("spec")? else { return Ok(()) };
    spec.map()?;
    let set_name = set.name();
    let name = spec.field("serviceName")?.map(Node::string).transpose()?;
    let Some(name) = name.filter(|name| !name.value.is_empty()) else {
        cx.fail_missing(
            spec,
            "serviceName",
            format!("StatefulSet {set_name} names no Service; write serviceName"),
        );
        return Ok(());
    };
    let (inventory, namespace) = (cx.inventory(), set.namespace());
    let mut known = false;
    let mut headless = false;
    for service in inventory.named(ObjectKind::Service, namespace, name.value) {
        known = true;
        let address = service.spec().and_then(|spec| spec.get("clusterIP"));
        headless |= address.is_some_and(|address| address.text() == "None");
    }
    let service = name.value;
    if known && !headless {
        cx.fail(
            name.node,
            format!(
                "Service {service} of StatefulSet {set_name} is not headless, so the pods have no \
                 names; write clusterIP: None"
            ),
        );
    } else if !known && inventory.in_namespace(ObjectKind::Service, namespace).next().is_some() {
        cx.fail(
            name.node,
            format!(
                "Service {service} of StatefulSet {set_name} is not among what was read; create it"
            ),
        );
    }
    Ok(())
}
