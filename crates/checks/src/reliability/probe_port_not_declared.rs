//! A probe of a port that nobody opens fails for ever.

use seawall_model::document::{Kind, Node};
use seawall_model::workload::Container;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity, Value,
};

use crate::fix;

/// The port of a probe that is not among the container's `ports`: a name that none has, which can't
/// be resolved, and one step less bad a number, which may be open all the same.
pub const CHECK: Check = Check {
    id: "probe-port-not-declared",
    title: "Probe asks a port that the container does not declare",
    severity: Severity::Low,
    rationale: "A name that no port has makes the probe fail: the container is restarted without \
                end, or never gets traffic. A number that is not declared is either a mistake of \
                the same kind or a port that nobody thinks of when network policies are written.",
    remedy: "Declare the port in `ports`, or mend the probe.",
    mapping: Mapping::NONE,
    covers: &[
        "kube-linter:liveness-port",
        "kube-linter:readiness-port",
        "kube-linter:startup-port",
    ],
    links: &[
        "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Safe("A declared port opens nothing: it says what is open anyway."),
        edits,
    }),
    cases: include_str!("probe_port_not_declared.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let probes = [container.liveness_probe, container.readiness_probe, container.startup_probe];
    if let Some(ports) = container.ports {
        ports.list()?;
    }
    for probe in probes.into_iter().flatten() {
        probe.map()?;
        let handlers = ["httpGet", "tcpSocket", "grpc"];
        let Some(port) = handlers.iter().find_map(|handler| probe.get(handler)?.get("port")) else {
            continue;
        };
        let (probe, port_text) = (probe.key().map_or("probe", Node::text), port.text());
        let declared = |field| {
            let ports = container.ports.into_iter().flat_map(Node::items);
            ports.filter_map(|port| port.get(field)).any(|value| value.text() == port_text)
        };
        let noun = container.noun();
        if port.kind() == Kind::Int {
            if !declared("containerPort") {
                cx.fail_lesser(
                    port,
                    "",
                    format!("{probe} of {noun} asks port {port_text}, which it does not declare"),
                );
            }
        } else if !declared("name") && !declared("containerPort") {
            cx.fail(
                port,
                format!("{probe} of {noun} asks port {port_text}, and no port has that name"),
            );
        }
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let container = flaw.container()?;
    let number = flaw.node.as_i64().filter(|number| (1..=65535).contains(number));
    let Some(number) = number else {
        return Err("which port has the name is not known".into());
    };
    if !matches!(container.pod.flag("hostNetwork"), Ok(None)) {
        return Err("in the node's network a declared port is one of the node's".into());
    }
    let port = Value::entry("containerPort", Value::Int(number));
    Ok(vec![fix::appended(container.node, &["ports"], port)])
}
