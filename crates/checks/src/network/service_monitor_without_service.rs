//! A ServiceMonitor that selects nothing watches nothing.

use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Selector, Severity,
};

/// A `selector` that matches the labels of none of the Services that were read in the monitor's
/// namespace. A monitor of other namespaces is not asked.
pub const CHECK: Check = Check {
    id: "service-monitor-without-service",
    title: "ServiceMonitor selects no Service",
    severity: Severity::Low,
    rationale: "Prometheus collects nothing, no alert fires, and nobody is told that the workload \
                is not watched.",
    remedy: "Mend the selector: it is matched with the labels of the Service, not with those of \
             its pods.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:dangling-servicemonitor"],
    links: &["https://prometheus-operator.dev/docs/developer/getting-started/"],
    scope: Scope::Object(&[ObjectKind::ServiceMonitor], run),
    fix: Err(NoFix::Intent),
    cases: include_str!("service_monitor_without_service.yaml"),
};

fn run<'a>(monitor: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = monitor.root().field("spec")? else { return Ok(()) };
    let Some(node) = spec.field("selector")? else { return Ok(()) };
    let selector = Selector::of(node)?;
    let (inventory, namespace) = (cx.inventory(), monitor.namespace());
    if spec.field("namespaceSelector")?.is_some()
        || inventory.in_namespace(ObjectKind::Service, namespace).next().is_none()
    {
        cx.not_applicable();
        return Ok(());
    }
    if inventory.services_selected(namespace, &selector).next().is_some() {
        return Ok(());
    }
    let message = format!(
        "ServiceMonitor {} selects none of the Services that were read; mend its selector",
        monitor.name()
    );
    cx.fail(node, message);
    Ok(())
}
