//! Traffic goes to what is not ready unless somebody asks.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::probes::long_running;

/// A long-running container without a `readinessProbe`. Init containers, sidecars and what runs to
/// its end are not asked.
pub const CHECK: Check = Check {
    id: "readiness-probe-missing",
    title: "Container has no readiness probe",
    severity: Severity::Low,
    rationale: "Without it a container gets requests as soon as its process exists: while it \
                starts, and while what it depends on is away. A rolling update goes on over broken \
                pods until none is left that works.",
    remedy: "Add a `readinessProbe` on a path that answers when requests can be served.",
    mapping: Mapping::NONE,
    covers: &[
        "kubescape:C-0018",
        "checkov:CKV_K8S_9",
        "kube-linter:no-readiness-probe",
        "polaris:readinessProbeMissing",
        "kube-score:pod-probes",
    ],
    links: &[
        "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
    ],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("readiness_probe_missing.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if !long_running(container) {
        cx.not_applicable();
        return Ok(());
    }
    if container.readiness_probe.is_none() {
        cx.fail_missing(
            container.node,
            "readinessProbe",
            format!("{} has no readinessProbe; add one", container.noun()),
        );
    }
    Ok(())
}
