//! A budget without a number guards nothing.

use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope,
    Severity, Value,
};

/// A PodDisruptionBudget without `minAvailable` and `maxUnavailable`; and, one step less bad, one
/// without `unhealthyPodEvictionPolicy`, by which pods that never get ready keep their node from
/// being drained.
pub const CHECK: Check = Check {
    id: "disruption-budget-incomplete",
    title: "PodDisruptionBudget leaves something open",
    severity: Severity::Low,
    rationale: "Without a number the budget allows every eviction. Without a policy for unhealthy \
                pods, a pod that crashes in a loop counts as one that must not be evicted, and its \
                node is never drained for an update.",
    remedy: "Write `maxUnavailable: 1` and `unhealthyPodEvictionPolicy: AlwaysAllow`.",
    mapping: Mapping::NONE,
    covers: &[
        "kube-linter:pdb-unhealthy-pod-eviction-policy",
        "kube-score:poddisruptionbudget-has-policy",
    ],
    links: &[
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy",
    ],
    scope: Scope::Object(&[ObjectKind::PodDisruptionBudget], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "Nodes wait for one pod at a time to be replaced; and pods that are not ready are \
             evicted, whatever is missing.",
        ),
        edits,
    }),
    cases: include_str!("disruption_budget_incomplete.yaml"),
};

fn run<'a>(budget: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = budget.root().field("spec")? else { return Ok(()) };
    spec.map()?;
    let name = budget.name();
    if spec.get("minAvailable").is_none() && spec.get("maxUnavailable").is_none() {
        cx.fail_missing(
            spec,
            "maxUnavailable",
            format!(
                "PodDisruptionBudget {name} has neither minAvailable nor maxUnavailable and \
                 guards nothing; write maxUnavailable: 1"
            ),
        );
    }
    if spec.get("unhealthyPodEvictionPolicy").is_none() {
        cx.fail_lesser(
            spec,
            "unhealthyPodEvictionPolicy",
            format!(
                "PodDisruptionBudget {name} keeps pods that are not ready from being evicted; \
                 write unhealthyPodEvictionPolicy: AlwaysAllow"
            ),
        );
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let (field, value) = if flaw.detail == "unhealthyPodEvictionPolicy" {
        ("unhealthyPodEvictionPolicy", Value::str("AlwaysAllow"))
    } else {
        ("maxUnavailable", Value::Int(1))
    };
    Ok(vec![Edit::set(flaw.node, &[field], value)])
}
