//! A program that hangs is only restarted if somebody asks it.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::probes::long_running;

/// A long-running container without a `livenessProbe`. Init containers, sidecars and what runs to
/// its end are not asked.
pub const CHECK: Check = Check {
    id: "liveness-probe-missing",
    title: "Container has no liveness probe",
    severity: Severity::Low,
    rationale: "A program that deadlocks keeps its place and its connections, and the kubelet \
                takes it for healthy as long as the process exists. An attacker who makes it hang \
                has switched it off until a person looks.",
    remedy: "Add a `livenessProbe` that asks the program itself, such as an HTTP path that is \
             cheap to answer.",
    mapping: Mapping::NONE,
    covers: &[
        "kubescape:C-0056",
        "checkov:CKV_K8S_8",
        "kube-linter:no-liveness-probe",
        "polaris:livenessProbeMissing",
        "kube-score:pod-probes",
    ],
    links: &[
        "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
    ],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("liveness_probe_missing.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if !long_running(container) {
        cx.not_applicable();
        return Ok(());
    }
    if container.liveness_probe.is_none() {
        cx.fail_missing(
            container.node,
            "livenessProbe",
            format!("{} has no livenessProbe; add one", container.noun()),
        );
    }
    Ok(())
}
