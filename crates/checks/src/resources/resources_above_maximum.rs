//! The team has said how much one container may take.

use seawall_model::workload::{Container, ContainerType};
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::amounts::{List, amount, limit};

/// A limit or request above `max-cpu` or `max-memory`.
pub const CHECK: Check = Check {
    id: "resources-above-maximum",
    title: "Container may use more than the maximum",
    severity: Severity::Medium,
    rationale: "The team has set the most that one container may use or set aside. More than that \
                crowds out the workloads it shares nodes with, and gives a container that was \
                taken over more to mine or to flood with.",
    remedy: "Lower the limit or the request, or raise `max-cpu` or `max-memory` in `seawall.yaml`.",
    mapping: Mapping { mitre: &["T1499", "T1496"], ..Mapping::NONE },
    covers: &[
        "kubeaudit:LimitsCPUExceeded",
        "kubeaudit:LimitsMemoryExceeded",
        "kubescape:C-0004",
        "kubescape:C-0050",
    ],
    links: &["https://kubernetes.io/docs/concepts/policy/limit-range/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("resources_above_maximum.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let settings = cx.settings();
    if (settings.max_cpu.is_none() && settings.max_memory.is_none())
        || container.container_type == ContainerType::Ephemeral
    {
        cx.not_applicable();
        return Ok(());
    }
    for (resource, setting, most) in
        [("cpu", "max-cpu", settings.max_cpu), ("memory", "max-memory", settings.max_memory)]
    {
        let Some(most) = most else { continue };
        let amounts = [
            (List::Limits, limit(container, resource)?),
            (List::Requests, amount(container.resources, List::Requests, resource)?),
        ];
        for (list, found) in amounts {
            if let Some(found) = found.filter(|found| found.value > most) {
                let what = list.name().trim_end_matches('s');
                cx.fail(
                    found.node,
                    format!(
                        "{} has a {resource} {what} of {}, above {setting}",
                        container.noun(),
                        found.node.text()
                    ),
                );
            }
        }
    }
    Ok(())
}
