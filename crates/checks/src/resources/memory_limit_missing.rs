//! Memory without a bound is the node's.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Mapping, Outcome, Safety, Scope, Severity};

use super::amounts::List;
use super::missing::{amount_missing, limit_as_requested};

/// No memory limit in force: not the container's, not the pod's, not a LimitRange's default.
pub const CHECK: Check = Check {
    id: "memory-limit-missing",
    title: "Container has no memory limit",
    severity: Severity::Medium,
    rationale: "A container without a memory limit takes what the node has. A leak, or a request \
                made to use up memory, then starves and kills its neighbours, and the kubelet \
                evicts pods of other teams.",
    remedy: "Set `resources.limits.memory` a little above what the container uses at its \
                busiest, and the request to the same amount: memory can't be taken back from a \
                process.",
    mapping: Mapping { nsa: &["C-0271"], mitre: &["T1499", "T1496"], ..Mapping::NONE },
    covers: &[
        "kubeaudit:LimitsNotSet",
        "kubeaudit:LimitsMemoryNotSet",
        "kubescape:C-0271",
        "kubescape:C-0004",
        "kubescape:C-0009",
        "trivy:KSV-0018",
        "checkov:CKV_K8S_13",
        "kube-linter:unset-memory-requirements",
        "polaris:memoryLimitsMissing",
        "kube-score:container-resources",
    ],
    links: &["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("A container that uses more than it requests is killed."),
        edits: |flaw| limit_as_requested(flaw, "memory"),
    }),
    cases: include_str!("memory_limit_missing.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    amount_missing(container, cx, List::Limits, "memory", "256Mi")
}
