//! The scheduler places what it is told of.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::amounts::List;
use super::missing::amount_missing;

/// No memory request: not the container's, not from a limit, not the pod's, not a LimitRange's default.
pub const CHECK: Check = Check {
    id: "memory-request-missing",
    title: "Container has no memory request",
    severity: Severity::Low,
    rationale: "The scheduler counts a container without a memory request as needing none and \
                packs nodes too full. When memory runs short, pods that use more than they \
                requested are killed and evicted first.",
    remedy: "Set `resources.requests.memory` to what the container needs to run; a limit \
                without a request counts as both.",
    mapping: Mapping { mitre: &["T1499"], ..Mapping::NONE },
    covers: &[
        "kubescape:C-0269",
        "kubescape:C-0004",
        "trivy:KSV-0016",
        "checkov:CKV_K8S_12",
        "kube-linter:unset-memory-requirements",
        "polaris:memoryRequestsMissing",
        "kube-score:container-resources",
    ],
    links: &["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("memory_request_missing.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    amount_missing(container, cx, List::Requests, "memory", "128Mi")
}
