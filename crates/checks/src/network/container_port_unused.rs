//! A port that nobody uses is open to everybody who looks.

use seawall_model::document::Node;
use seawall_model::workload::{Container, ContainerType};
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Labels, Mapping, ObjectKind, Outcome, Safety, Scope, Severity,
    Undecided,
};

use crate::fix;

use super::policy::{Direction, items, rules};
use super::ports::{ContainerPort, Target, of_container, of_service};

/// A `containerPort` that no Service of its pod leads to, no NetworkPolicy that selects the pod
/// allows, no probe or annotation for Prometheus uses and that is no port of the node. Asked only
/// where Services of the namespace were read.
pub const CHECK: Check = Check {
    id: "container-port-unused",
    title: "Container port is used by no Service or policy",
    severity: Severity::Info,
    rationale: "A declared port that nothing leads to is mostly a leftover: a debugger, an \
                administration page, a metrics endpoint. It listens on the pod's address all the \
                same, for every pod that may reach it.",
    remedy: "Stop listening on it and remove the declaration, or add the Service or policy that \
             uses it.",
    mapping: Mapping { mitre: &["T1046"], ..Mapping::NONE },
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/services-networking/service/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "What finds pods by the ports that they declare no longer finds this one.",
        ),
        edits,
    }),
    cases: include_str!("container_port_unused.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let (inventory, pod) = (cx.inventory(), container.pod);
    let namespace = pod.object.namespace();
    let ports = of_container(container)?;
    if ports.is_empty()
        || container.container_type == ContainerType::Ephemeral
        || inventory.in_namespace(ObjectKind::Service, namespace).next().is_none()
    {
        cx.not_applicable();
        return Ok(());
    }
    let labels = Labels::of_metadata(pod.metadata)?;
    let mut used: Vec<(Option<Target<'a>>, &str)> = Vec::new();
    for service in inventory.selecting(ObjectKind::Service, namespace, labels) {
        let of_service = of_service(service?)?;
        if of_service.is_empty() {
            // A headless Service without ports leads to all.
            return Ok(());
        }
        used.extend(of_service.iter().map(|port| (port.target, port.protocol)));
    }
    let mut ranges = Vec::new();
    for policy in inventory.selecting(ObjectKind::NetworkPolicy, namespace, labels) {
        for rule in rules(policy?, Direction::Ingress)? {
            for port in items(rule, "ports")? {
                ranges.push(allowed(port)?);
            }
        }
    }
    let probed = probed(container);
    let scraped = pod.annotation("prometheus.io/port").map(Node::text);
    for port in ports {
        let Some(number) = port.number else { continue };
        let by_service = used
            .iter()
            .any(|(target, protocol)| target.is_some_and(|target| target.is(&port, protocol)));
        let by_policy = ranges.iter().any(|allowed| allowed.holds(&port));
        let by_probe =
            probed.iter().any(|text| *text == number.node.text() || port.name == Some(*text));
        if !(by_service
            || by_policy
            || by_probe
            || scraped == Some(number.node.text())
            || port.node.get("hostPort").is_some())
        {
            let message = format!(
                "port {} of {} is used by no Service, policy or probe that was read; remove it or \
                 add what uses it",
                number.value,
                container.noun()
            );
            cx.fail(number.node, message);
        }
    }
    Ok(())
}

/// A port that a policy allows.
struct Allowed<'a> {
    target: Option<Target<'a>>,
    last: Option<i64>,
}

impl Allowed<'_> {
    fn holds(&self, port: &ContainerPort<'_>) -> bool {
        match (self.target, self.last, port.number) {
            (Some(Target::Number(first)), Some(last), Some(number)) => {
                (first..=last).contains(&number.value)
            }
            (Some(target), _, _) => target.is(port, port.protocol),
            (None, _, _) => false,
        }
    }
}

fn allowed<'a>(port: Node<'a>) -> Result<Allowed<'a>, Undecided<'a>> {
    Ok(Allowed {
        target: port.field("port")?.map(Target::read).transpose()?,
        last: port.field("endPort")?.map(Node::integer).transpose()?.map(|last| last.value),
    })
}

/// The ports of the container's probes and hooks, as they are written.
fn probed<'a>(container: &Container<'a>) -> Vec<&'a str> {
    [
        container.liveness_probe,
        container.readiness_probe,
        container.startup_probe,
        container.lifecycle,
    ]
    .into_iter()
    .flatten()
    .flat_map(Node::descendants)
    .filter(|node| node.key().is_some_and(|key| key.text() == "port"))
    .map(Node::text)
    .collect()
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    fix::remove_item(flaw, flaw.container()?.ports)
}
