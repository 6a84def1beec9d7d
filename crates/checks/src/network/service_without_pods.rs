//! A Service without pods is a name that answers nobody.

use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Selector, Severity,
};

/// A selector that matches none of the pods that were read in the Service's namespace. Where none
/// was read there, nothing is known; a Service without a selector has endpoints of its own.
pub const CHECK: Check = Check {
    id: "service-without-pods",
    title: "Service selects no pod",
    severity: Severity::Low,
    rationale: "Requests to the Service fail, mostly for a misspelt label. And the name stays \
                free: whoever may start a pod with these labels is sent the traffic that is meant \
                for another.",
    remedy: "Mend the selector, or remove the Service.",
    mapping: Mapping::NONE,
    covers: &["kubescape:C-0293", "kube-linter:dangling-service", "kube-score:service-targets-pod"],
    links: &["https://kubernetes.io/docs/concepts/services-networking/service/"],
    scope: Scope::Object(&[ObjectKind::Service], run),
    fix: Err(NoFix::Intent),
    cases: include_str!("service_without_pods.yaml"),
};

fn run<'a>(service: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let (inventory, namespace) = (cx.inventory(), service.namespace());
    let Some(selector) = Selector::of_object(service)? else {
        cx.not_applicable();
        return Ok(());
    };
    if inventory.pods_in(namespace).next().is_none() {
        cx.not_applicable();
    } else if inventory.pods_selected(namespace, &selector).next().is_none()
        && let Some(node) = service.spec().and_then(|spec| spec.get("selector"))
    {
        let message = format!(
            "Service {} selects none of the pods that were read; mend its selector",
            service.name()
        );
        cx.fail(node, message);
    }
    Ok(())
}
