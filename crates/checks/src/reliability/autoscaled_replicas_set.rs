//! Two hands on one dial.

use seawall_model::{Check, Cx, Fix, Mapping, ObjectKind, Safety, Scope, Severity};

use crate::fix;

use super::scale::Autoscalers;

/// A workload that a HorizontalPodAutoscaler scales and whose manifest sets `replicas`.
pub const CHECK: Check = Check {
    id: "autoscaled-replicas-set",
    title: "Autoscaled workload sets its replicas",
    severity: Severity::Low,
    rationale: "Every time the manifest is applied, the number goes back to what it says, whatever \
                the load: a release in the busy hour takes most of the pods away.",
    remedy: "Remove `replicas` from the manifest and leave it to the autoscaler.",
    mapping: Mapping::NONE,
    covers: &["kube-score:deployment-targeted-by-hpa-does-not-have-replicas-configured"],
    links: &[
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
    ],
    scope: Scope::Inventory(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "`kubectl apply` of a manifest that no longer has the field sets one replica until \
             the autoscaler acts.",
        ),
        edits: fix::remove,
    }),
    cases: include_str!("autoscaled_replicas_set.yaml"),
};

fn run(cx: &mut Cx<'_>) {
    let inventory = cx.inventory();
    let autoscalers = Autoscalers::new(inventory);
    for kind in [ObjectKind::Deployment, ObjectKind::StatefulSet] {
        for object in inventory.of_kind(kind) {
            let Some(autoscaler) = autoscalers.of(object) else { continue };
            let Some(count) = object.spec().and_then(|spec| spec.get("replicas")) else { continue };
            // What was read from a cluster has the number that the autoscaler set.
            if object.root().get("status").is_some() {
                continue;
            }
            cx.about(object).fail(
                count,
                format!(
                    "{} {} sets replicas: {}, which {} {} decides; remove it",
                    kind.name(),
                    object.name(),
                    count.text(),
                    autoscaler.object.id().kind,
                    autoscaler.object.name()
                ),
            );
        }
    }
}
