//! A loop of an agent is a bill.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::agents::is_sandbox;

/// A container of a Sandbox or SandboxTemplate (`agents.x-k8s.io`) without limits of CPU and
/// memory.
pub const CHECK: Check = Check {
    id: "agent-sandbox-without-ceiling",
    title: "Agent's sandbox has no ceiling",
    severity: Severity::High,
    rationale: "What an agent starts is not known beforehand: it may compile, mine, or fork until \
                nothing is left. Without limits one sandbox takes what all others on the node \
                need.",
    remedy: "Write `resources.limits` with `cpu` and `memory`, and `ephemeral-storage` where it \
             writes files.",
    mapping: Mapping { mitre: &["T1496", "T1499"], ..Mapping::NONE },
    covers: &["kubescape:C-0303"],
    links: &["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("agent_sandbox_without_ceiling.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if !is_sandbox(container.pod.object) {
        cx.not_applicable();
        return Ok(());
    }
    let limits = match container.resources {
        Some(resources) => resources.field("limits")?,
        None => None,
    };
    let of_pod = container.pod.spec.at_path(&["resources", "limits"]);
    let missing: Vec<&str> = ["cpu", "memory"]
        .into_iter()
        .filter(|resource| {
            [limits, of_pod].iter().flatten().all(|limits| limits.get(resource).is_none())
        })
        .collect();
    if !missing.is_empty() {
        cx.fail_missing(
            container.node,
            "resources.limits",
            format!("{} has no limit of {}; write one", container.noun(), missing.join(" and ")),
        );
    }
    Ok(())
}
