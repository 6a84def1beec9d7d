//! A budget of nothing keeps nodes from being updated.

use seawall_model::document::{Kind, Node};
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope,
    Selector, Severity, Undecided, Value,
};

use crate::fix;

use super::scale::{Autoscalers, replicas};

/// A PodDisruptionBudget that leaves no pod to be evicted: `maxUnavailable` 0, or a `minAvailable`
/// that all replicas of the selected workloads, or the fewest that an autoscaler keeps, just reach.
pub const CHECK: Check = Check {
    id: "disruption-budget-blocks-evictions",
    title: "PodDisruptionBudget allows no eviction",
    severity: Severity::Low,
    rationale: "A node with such a pod can't be drained. Updates of the kernel and the kubelet \
                wait until somebody loses patience and deletes the pod or the budget by hand.",
    remedy: "Write `maxUnavailable: 1`, and run more replicas than must be available.",
    mapping: Mapping::NONE,
    covers: &[
        "kube-linter:pdb-max-unavailable",
        "kube-linter:pdb-min-available",
        "polaris:pdbDisruptionsIsZero",
        "polaris:pdbMinAvailableGreaterThanHPAMinReplicas",
    ],
    links: &["https://kubernetes.io/docs/tasks/run-application/configure-pdb/"],
    scope: Scope::Inventory(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "One pod at a time may be evicted, which somebody may have forbidden on purpose.",
        ),
        edits,
    }),
    cases: include_str!("disruption_budget_blocks_evictions.yaml"),
};

fn run(cx: &mut Cx<'_>) {
    let inventory = cx.inventory();
    let autoscalers = Autoscalers::new(inventory);
    for budget in inventory.of_kind(ObjectKind::PodDisruptionBudget) {
        cx.about(budget);
        if let Err(why) = look_at(budget, &autoscalers, cx) {
            cx.undecided(why);
        }
    }
}

fn look_at<'a>(budget: Object<'a>, scalers: &Autoscalers<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = budget.root().field("spec")? else { return Ok(()) };
    spec.map()?;
    let name = budget.name();
    if let Some(most) = spec.get("maxUnavailable") {
        if matches!(most.text(), "0" | "0%") {
            cx.fail(
                most,
                format!(
                    "PodDisruptionBudget {name} allows no eviction (maxUnavailable: {}); write 1",
                    most.text()
                ),
            );
        }
        return Ok(());
    }
    let Some(least) = spec.get("minAvailable") else { return Ok(()) };
    if least.text() == "100%" {
        let message = format!(
            "PodDisruptionBudget {name} allows no eviction (minAvailable: 100%); write less"
        );
        cx.fail(least, message);
        return Ok(());
    }
    let Some(pods) = selected(budget, scalers, cx)? else { return Ok(()) };
    if pods > 0 && needed(least, pods)? >= pods {
        cx.fail(
            least,
            format!(
                "PodDisruptionBudget {name} wants minAvailable: {} of {pods} pods, which allows no \
                 eviction; run more replicas or write maxUnavailable: 1",
                least.text()
            ),
        );
    }
    Ok(())
}

/// How many pods the selected workloads run at least; `None` where one does not tell.
fn selected<'a>(
    budget: Object<'a>,
    scalers: &Autoscalers<'a>,
    cx: &Cx<'a>,
) -> Result<Option<i64>, Undecided<'a>> {
    let Some(selector) = Selector::of_object(budget)? else { return Ok(None) };
    let mut pods = 0i64;
    for template in cx.inventory().pods_selected(budget.namespace(), &selector) {
        let object = template.object;
        let count = match object.kind() {
            ObjectKind::Deployment
            | ObjectKind::StatefulSet
            | ObjectKind::ReplicaSet
            | ObjectKind::ReplicationController => match scalers.of(object) {
                Some(scaler) => scaler.least,
                None => replicas(object)?,
            },
            ObjectKind::Pod => 1,
            _ => return Ok(None),
        };
        pods = pods.saturating_add(count.max(0));
    }
    Ok(Some(pods))
}

/// The pods that must be available; a share is rounded up (`GetScaledValueFromIntOrPercent`).
fn needed(least: Node<'_>, pods: i64) -> Result<i64, Undecided<'_>> {
    if least.kind() != Kind::Str {
        return Ok(least.integer()?.value);
    }
    let share = least.text().strip_suffix('%').and_then(|share| share.parse::<u8>().ok());
    match share {
        Some(share) => Ok((pods.saturating_mul(i64::from(share)).saturating_add(99)) / 100),
        None => {
            Err(Undecided { node: least, why: "minAvailable is no number and no share".into() })
        }
    }
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let mut edits = fix::here(flaw, Value::Int(1))?;
    if flaw.node.key().is_some_and(|key| key.text() == "minAvailable") {
        edits.push(Edit::rename(flaw.node, "maxUnavailable"));
    }
    Ok(edits)
}
