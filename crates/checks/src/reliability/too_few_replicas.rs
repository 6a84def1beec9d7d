//! One pod is away whenever its node is.

use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope,
    Severity, Value,
};

use super::scale::{Autoscalers, replicas};

/// A Deployment with fewer than three replicas that no autoscaler sets: one replica, and one step
/// less bad two. Zero is switched off.
pub const CHECK: Check = Check {
    id: "too-few-replicas",
    title: "Deployment has too few replicas",
    severity: Severity::Low,
    rationale: "With one replica every drained node, every update of the node and every crash is \
                an outage, so that updates which mend flaws are put off. With two, one may be lost \
                while the other is replaced.",
    remedy: "Write `replicas: 3`, or let a HorizontalPodAutoscaler with `minReplicas: 3` decide.",
    mapping: Mapping::NONE,
    covers: &[
        "kube-linter:minimum-three-replicas",
        "polaris:deploymentMissingReplicas",
        "kube-score:deployment-replicas",
    ],
    links: &["https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#replicas"],
    scope: Scope::Inventory(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "A program that keeps what it knows to itself, or must run alone, runs three times; \
             and three take more room.",
        ),
        edits,
    }),
    cases: include_str!("too_few_replicas.yaml"),
};

fn run(cx: &mut Cx<'_>) {
    let inventory = cx.inventory();
    let autoscalers = Autoscalers::new(inventory);
    for deployment in inventory.of_kind(ObjectKind::Deployment) {
        cx.about(deployment);
        if autoscalers.of(deployment).is_none()
            && let Err(why) = look_at(deployment, cx)
        {
            cx.undecided(why);
        }
    }
}

fn look_at<'a>(deployment: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = deployment.root().field("spec")? else { return Ok(()) };
    spec.map()?;
    let count = replicas(deployment)?;
    let (node, detail) = match spec.get("replicas") {
        Some(node) => (node, ""),
        None => (spec, "replicas"),
    };
    let name = deployment.name();
    match count {
        1 => cx.fail_missing(node, detail, format!("Deployment {name} has 1 replica; write 3")),
        2 => cx.fail_lesser(node, detail, format!("Deployment {name} has 2 replicas; write 3")),
        _ => {}
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let spec = flaw.object.spec().ok_or("it has no spec")?;
    Ok(vec![Edit::set(spec, &["replicas"], Value::Int(3))])
}
