//! A full disk stops every pod of the node.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Mapping, Outcome, Safety, Scope, Severity};

use super::amounts::List;
use super::missing::{amount_missing, limit_as_requested};

/// No ephemeral-storage limit in force; a limit without a request is also the request.
pub const CHECK: Check = Check {
    id: "ephemeral-storage-limit-missing",
    title: "Container has no ephemeral storage limit",
    severity: Severity::Low,
    rationale: "Logs, the writable layer and `emptyDir` volumes fill the node's own disk. Without \
                a limit one container can fill it alone, and the kubelet then evicts pods and \
                refuses new ones.",
    remedy: "Set `resources.limits.ephemeral-storage`; the request follows the limit unless it \
                is set too.",
    mapping: Mapping { mitre: &["T1499"], ..Mapping::NONE },
    covers: &["kube-score:container-ephemeral-storage-request-and-limit"],
    links: &["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("A pod that writes more than it requests is evicted."),
        edits: |flaw| limit_as_requested(flaw, "ephemeral-storage"),
    }),
    cases: include_str!("ephemeral_storage_limit_missing.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    amount_missing(container, cx, List::Limits, "ephemeral-storage", "1Gi")
}
