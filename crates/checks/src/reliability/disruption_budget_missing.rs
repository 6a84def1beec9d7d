//! A drained node takes what nobody forbids it to take.

use seawall_model::{Check, Cx, Mapping, NoFix, ObjectKind, Outcome, Scope, Severity, Template};

use super::scale::each_of_several;

/// A Deployment or StatefulSet of several replicas that no PodDisruptionBudget among what was read
/// selects.
pub const CHECK: Check = Check {
    id: "disruption-budget-missing",
    title: "Workload has no PodDisruptionBudget",
    severity: Severity::Low,
    rationale: "Whoever drains nodes, to update them or by autoscaling, evicts as many pods at a \
                time as stand there, up to the last replica.",
    remedy: "Add a PodDisruptionBudget with `maxUnavailable: 1` and the pods' labels.",
    mapping: Mapping::NONE,
    covers: &[
        "polaris:missingPodDisruptionBudget",
        "kube-score:deployment-has-poddisruptionbudget",
        "kube-score:statefulset-has-poddisruptionbudget",
    ],
    links: &["https://kubernetes.io/docs/tasks/run-application/configure-pdb/"],
    scope: Scope::Inventory(run),
    fix: Err(NoFix::NewObject),
    cases: include_str!("disruption_budget_missing.yaml"),
};

fn run(cx: &mut Cx<'_>) {
    each_of_several(cx, look_at);
}

fn look_at<'a>(template: &Template<'a>, _: Option<i64>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let object = template.object;
    let (namespace, labels) = (object.namespace(), template.labels()?);
    let mut budgets = cx.inventory().selecting(ObjectKind::PodDisruptionBudget, namespace, labels);
    match budgets.next() {
        Some(budget) => budget.map(drop),
        None => {
            cx.fail_missing(
                object.root(),
                "PodDisruptionBudget",
                format!(
                    "no PodDisruptionBudget among what was read selects the pods of {} {}; add one",
                    object.id().kind,
                    object.name()
                ),
            );
            Ok(())
        }
    }
}
