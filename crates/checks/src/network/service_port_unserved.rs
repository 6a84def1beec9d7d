//! A Service port whose target nobody serves answers nobody.

use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Selector, Severity,
};

use super::ports::{Target, of_pod, of_service};

/// A target by name that no container of the selected pods declares: it leads nowhere. A target by
/// number that is not among the ports that they declare is lesser: a container may listen on a port
/// without saying so. Pods that declare no ports at all say nothing about numbers.
pub const CHECK: Check = Check {
    id: "service-port-unserved",
    title: "Service port leads to a port that no container serves",
    severity: Severity::Low,
    rationale: "Requests to the port are refused, or reach another process than was meant once \
                somebody listens there. Health checks and alerts on the Service see a failure \
                whose cause is a typing mistake.",
    remedy: "Mend `targetPort`, or declare the port in the container.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports"],
    scope: Scope::Object(&[ObjectKind::Service], run),
    fix: Err(NoFix::Intent),
    cases: include_str!("service_port_unserved.yaml"),
};

fn run<'a>(service: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let inventory = cx.inventory();
    let Some(selector) = Selector::of_object(service)? else {
        cx.not_applicable();
        return Ok(());
    };
    let (mut declared, mut pods) = (Vec::new(), 0);
    for pod in inventory.pods_selected(service.namespace(), &selector) {
        declared.extend(of_pod(&pod.pod())?);
        pods += 1;
    }
    if pods == 0 {
        cx.not_applicable();
        return Ok(());
    }
    for port in of_service(service)? {
        let Some(target) = port.target else { continue };
        if declared.iter().any(|declared| target.is(declared, port.protocol)) {
            continue;
        }
        let node = port.node.get("targetPort").or(port.node.get("port")).unwrap_or(port.node);
        let message = format!(
            "no container of the pods that Service {} selects declares port {target} over {}; mend \
             targetPort or declare the port",
            service.name(),
            port.protocol
        );
        match target {
            Target::Name(_) => cx.fail(node, message),
            Target::Number(_) if !declared.is_empty() => cx.fail_lesser(node, "", message),
            Target::Number(_) => {}
        }
    }
    Ok(())
}
