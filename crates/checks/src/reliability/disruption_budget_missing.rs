//! A drained node takes what nobody forbids it to take.

use seawall_model::{Check, Cx, Mapping, NoFix, ObjectKind, Outcome, Scope, Severity, Template};

use super::scale::{Autoscalers, replicas};

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
    let inventory = cx.inventory();
    let autoscalers = Autoscalers::new(inventory);
    for template in inventory.pods() {
        let kind = template.object.kind();
        if !matches!(kind, ObjectKind::Deployment | ObjectKind::StatefulSet) {
            continue;
        }
        cx.about(template.object);
        if let Err(why) = look_at(&template, &autoscalers, cx) {
            cx.undecided(why);
        }
    }
}

fn look_at<'a>(
    template: &Template<'a>,
    autoscalers: &Autoscalers<'a>,
    cx: &mut Cx<'a>,
) -> Outcome<'a> {
    let object = template.object;
    if autoscalers.of(object).is_none() && replicas(object)? < 2 {
        return Ok(());
    }
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
