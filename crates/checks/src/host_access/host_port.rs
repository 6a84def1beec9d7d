//! A host port opens the container on an address of the node.

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity, Undecided};

use crate::fix;

/// `hostPort` of a container's port.
pub const CHECK: Check = Check {
    id: "host-port",
    title: "Container takes a port of the node",
    severity: Severity::Medium,
    rationale: "A host port is reached at the node's own address, outside Services and Ingresses \
                and, with many network plug-ins, past NetworkPolicies. It also keeps a second such \
                pod off the node, and may hide or take over a port that something else was meant \
                to have.",
    remedy: "Remove `hostPort` and expose the container by a Service: `NodePort` or `LoadBalancer` \
             where it must be reached from outside.",
    mapping: Mapping {
        nsa: &["C-0044"],
        cis: &["5.2.12"],
        pss: Some(Level::Baseline),
        mitre: &["T1610"],
    },
    covers: &[
        "kubescape:C-0044",
        "kubescape:C-0204",
        "trivy:KSV-0024",
        "checkov:CKV_K8S_26",
        "polaris:hostPortSet",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("What reaches the container at the node's address no longer does."),
        edits: fix::remove,
    }),
    cases: include_str!("host_port.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(ports) = container.ports else { return Ok(()) };
    for port in ports.list()? {
        if let Err(why) = look(container, port, cx) {
            cx.undecided(why);
        }
    }
    Ok(())
}

fn look<'a>(
    container: &Container<'a>,
    port: Node<'a>,
    cx: &mut Cx<'a>,
) -> Result<(), Undecided<'a>> {
    port.map()?;
    let Some(host_port) = port.get("hostPort") else { return Ok(()) };
    let host_port = host_port.integer()?;
    if host_port.value != 0 {
        cx.fail(
            host_port.node,
            format!(
                "{} takes port {} of the node; remove `hostPort` and use a Service",
                container.noun(),
                host_port.value
            ),
        );
    }
    Ok(())
}
