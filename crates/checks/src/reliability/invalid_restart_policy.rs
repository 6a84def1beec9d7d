//! A policy that the API server refuses.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, ObjectKind, Outcome, Safety, Scope, Severity, Value,
};

use crate::fix;

/// A `restartPolicy` other than `Always` in a Deployment, ReplicaSet, ReplicationController,
/// StatefulSet or DaemonSet, and in a Job or CronJob one other than `OnFailure` and `Never`, which
/// must be written (`ValidatePodTemplateSpecForReplicaSet` and `validateJobSpec`).
pub const CHECK: Check = Check {
    id: "invalid-restart-policy",
    title: "Restart policy does not fit the workload",
    severity: Severity::Low,
    rationale: "The API server refuses the object, so that the version before it, with what was \
                wrong in it, keeps running.",
    remedy: "Write `OnFailure` or `Never` in jobs, and nothing or `Always` elsewhere.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:restart-policy", "kube-score:cronjob-restartpolicy"],
    links: &["https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy"],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The API server refuses the object as it stands, and allows one value alone.",
        ),
        edits,
    }),
    cases: include_str!("invalid_restart_policy.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let allowed: &[&str] = match pod.object.kind() {
        ObjectKind::Deployment
        | ObjectKind::ReplicaSet
        | ObjectKind::ReplicationController
        | ObjectKind::StatefulSet
        | ObjectKind::DaemonSet => &["Always"],
        ObjectKind::Job | ObjectKind::CronJob => &["OnFailure", "Never"],
        _ => {
            cx.not_applicable();
            return Ok(());
        }
    };
    let policy = pod.field("restartPolicy").map(Node::string).transpose()?;
    let value = policy.map_or("Always", |policy| policy.value);
    if !allowed.contains(&value) {
        let (node, detail) = policy.map_or((pod.spec, "restartPolicy"), |at| (at.node, ""));
        cx.fail_missing(
            node,
            detail,
            format!(
                "{} {} has restartPolicy {value}, which is refused; write {}",
                pod.object.id().kind,
                pod.object.name(),
                allowed.join(" or ")
            ),
        );
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    if matches!(flaw.object.kind(), ObjectKind::Job | ObjectKind::CronJob) {
        return Err("OnFailure or Never: which is meant is not known".into());
    }
    fix::here(flaw, Value::str("Always"))
}
