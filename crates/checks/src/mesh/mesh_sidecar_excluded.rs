//! A pod without a sidecar is outside of all that the mesh enforces.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Fix, Mapping, Outcome, Safety, Scope, Severity};

use crate::fix;

/// `sidecar.istio.io/inject: "false"` as a label or annotation, or `linkerd.io/inject: disabled`.
pub const CHECK: Check = Check {
    id: "mesh-sidecar-excluded",
    title: "Pod is kept out of the service mesh",
    severity: Severity::Medium,
    rationale: "Without the sidecar the pod's traffic is plain text, no policy of the mesh holds \
                for what it takes in, and nobody can tell by its certificate who calls.",
    remedy: "Remove the label or annotation. A job that must end can use a native sidecar \
             instead.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &[
        "https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/",
        "https://linkerd.io/2/features/proxy-injection/",
    ],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "The pod gets a sidecar where its namespace asks for it, and with it all rules of the \
             mesh.",
        ),
        edits: fix::remove,
    }),
    cases: include_str!("mesh_sidecar_excluded.yaml"),
};

const EXCLUDING: &[(&str, &str)] =
    &[("sidecar.istio.io/inject", "false"), ("linkerd.io/inject", "disabled")];

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    for (key, value) in EXCLUDING {
        for node in [pod.label(key), pod.annotation(key)].into_iter().flatten() {
            if Node::text(node) == *value {
                let message = format!("{key}: {value} keeps the pod out of the mesh; remove it");
                cx.fail(node, message);
            }
        }
    }
    Ok(())
}
