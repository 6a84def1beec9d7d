//! CPU without a bound is whoever's is busiest.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::amounts::List;
use super::missing::amount_missing;

/// No cpu limit in force: not the container's, not the pod's, not a LimitRange's default.
pub const CHECK: Check = Check {
    id: "cpu-limit-missing",
    title: "Container has no CPU limit",
    severity: Severity::Medium,
    rationale: "A container without a CPU limit may use every idle core of its node. A miner that \
                was smuggled in runs at full speed and unseen, and a loop or a flood of requests \
                slows down whatever else runs there.",
    remedy: "Set `resources.limits.cpu`. Teams that leave latency-critical containers unlimited \
                on purpose set a request, and an exception that says so.",
    mapping: Mapping { nsa: &["C-0270"], mitre: &["T1499", "T1496"], ..Mapping::NONE },
    covers: &[
        "kubeaudit:LimitsNotSet",
        "kubeaudit:LimitsCPUNotSet",
        "kubescape:C-0270",
        "kubescape:C-0050",
        "kubescape:C-0009",
        "trivy:KSV-0011",
        "checkov:CKV_K8S_11",
        "kube-linter:unset-cpu-requirements",
        "polaris:cpuLimitsMissing",
        "kube-score:container-resources",
    ],
    links: &["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("cpu_limit_missing.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    amount_missing(container, cx, List::Limits, "cpu", "500m")
}
