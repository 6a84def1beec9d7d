//! Between request and limit a container lives on what others leave.

use seawall_model::document::Node;
use seawall_model::workload::{Container, ContainerType};
use seawall_model::{Check, Cx, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity};

use crate::fix;

use super::amounts::{List, amount};

/// A request that is lower than the limit of the same resource. Missing requests equal the limit,
/// and missing limits are another check's.
pub const CHECK: Check = Check {
    id: "requests-below-limits",
    title: "Container requests less than its limit",
    severity: Severity::Info,
    rationale: "What a container uses above its request was promised to nobody. When the node runs \
                short, it loses that share first: it is slowed, killed or evicted. Only pods whose \
                requests equal their limits in CPU and memory are of the class `Guaranteed`, which \
                is evicted last.",
    remedy: "Set request and limit to the same amount where the workload must keep running under \
             pressure, above all for memory.",
    mapping: Mapping::NONE,
    covers: &[
        "kube-score:container-resource-requests-equal-limits",
        "kube-score:container-cpu-requests-equal-limits",
        "kube-score:container-memory-requests-equal-limits",
        "kube-score:container-ephemeral-storage-request-equals-limit",
    ],
    links: &["https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("The pod needs more room on a node, and waits where there is none."),
        edits,
    }),
    cases: include_str!("requests_below_limits.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if container.container_type == ContainerType::Ephemeral {
        cx.not_applicable();
        return Ok(());
    }
    for resource in ["cpu", "memory", "ephemeral-storage"] {
        let limit = amount(container.resources, List::Limits, resource)?;
        let request = amount(container.resources, List::Requests, resource)?;
        if let (Some(limit), Some(request)) = (limit, request)
            && request.value < limit.value
        {
            cx.fail(
                request.node,
                format!(
                    "{} requests {} {resource} and may use {}; request as much as the limit where \
                     it must not be slowed or evicted",
                    container.noun(),
                    request.node.text(),
                    limit.node.text()
                ),
            );
        }
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let resource = flaw.node.key().map_or("", Node::text);
    match amount(flaw.container()?.resources, List::Limits, resource) {
        Ok(Some(limit)) => fix::here(flaw, fix::copied(limit.node)?),
        _ => Err("there is no limit to go by".into()),
    }
}
