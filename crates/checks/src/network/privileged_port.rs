//! Ports below 1024 tempt to run as root.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::ports::of_container;

/// A `containerPort` below 1024. Where the pod sets `net.ipv4.ip_unprivileged_port_start` low
/// enough, or has a network of its own and a runtime that does, no privilege is needed; the port is
/// reported all the same, since the manifest does not tell the runtime.
pub const CHECK: Check = Check {
    id: "privileged-port",
    title: "Container listens on a port below 1024",
    severity: Severity::Medium,
    rationale: "To listen below 1024 a process needs root or `NET_BIND_SERVICE`, unless the \
                runtime lifts the rule. Many images keep running as root for this alone, though a \
                Service can map any port to any other.",
    remedy: "Listen on a port from 1024 up, and map it in the Service: `port: 80`, `targetPort: \
             8080`.",
    mapping: Mapping::NONE,
    covers: &["trivy:KSV-0117", "kube-linter:privileged-ports"],
    links: &["https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("privileged_port.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    for port in of_container(container)? {
        if let Some(number) = port.number.filter(|number| (1..1024).contains(&number.value)) {
            let message = format!(
                "{} listens on port {}; listen from 1024 up and map the port in the Service",
                container.noun(),
                number.value
            );
            cx.fail(number.node, message);
        }
    }
    Ok(())
}
