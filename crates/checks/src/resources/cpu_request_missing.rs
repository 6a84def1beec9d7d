//! The scheduler places what it is told of, and the kernel shares by it.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::amounts::List;
use super::missing::amount_missing;

/// No cpu request: not the container's, not from a limit, not the pod's, not a LimitRange's default.
pub const CHECK: Check = Check {
    id: "cpu-request-missing",
    title: "Container has no CPU request",
    severity: Severity::Low,
    rationale: "The scheduler counts a container without a CPU request as needing none, and under \
                load the kernel gives it next to nothing: a busy neighbour, or one that an \
                attacker keeps busy, stops it.",
    remedy: "Set `resources.requests.cpu` to what the container needs to run; a limit without a \
                request counts as both.",
    mapping: Mapping { mitre: &["T1499"], ..Mapping::NONE },
    covers: &[
        "kubescape:C-0268",
        "kubescape:C-0050",
        "trivy:KSV-0015",
        "checkov:CKV_K8S_10",
        "kube-linter:unset-cpu-requirements",
        "polaris:cpuRequestsMissing",
        "kube-score:container-resources",
    ],
    links: &["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("cpu_request_missing.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    amount_missing(container, cx, List::Requests, "cpu", "100m")
}
