//! A port that the proxy does not see is one that no policy of the mesh guards.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

/// Annotations of Istio and Linkerd that take ports or addresses out of the proxy.
pub const CHECK: Check = Check {
    id: "mesh-ports-skipped",
    title: "Ports of a pod go around the service mesh",
    severity: Severity::Low,
    rationale: "Traffic on these ports is plain text and no policy of the mesh holds for it. An \
                exclusion is often made for a database that speaks first, and forgotten when the \
                mesh learns to carry it.",
    remedy: "Remove the annotation; mark ports that the mesh can't recognise as opaque \
             (`config.linkerd.io/opaque-ports`) or name their protocol (`appProtocol`).",
    mapping: Mapping::NONE,
    covers: &[],
    links: &[
        "https://istio.io/latest/docs/reference/config/annotations/",
        "https://linkerd.io/2/reference/proxy-configuration/",
    ],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("mesh_ports_skipped.yaml"),
};

const SKIPPING: &[&str] = &[
    "config.linkerd.io/skip-inbound-ports",
    "config.linkerd.io/skip-outbound-ports",
    "config.linkerd.io/skip-subnets",
    "traffic.sidecar.istio.io/excludeInboundPorts",
    "traffic.sidecar.istio.io/excludeOutboundIPRanges",
    "traffic.sidecar.istio.io/excludeOutboundPorts",
];

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    for (key, value) in pod.annotations()? {
        if SKIPPING.contains(&key.text()) && !Node::text(value).is_empty() {
            let message = format!(
                "{}: {} goes around the mesh; remove it or mark the port opaque",
                key.text(),
                value.text()
            );
            cx.fail(value, message);
        }
    }
    Ok(())
}
