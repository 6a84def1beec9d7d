//! What is done and stays is in the way.

use seawall_model::{
    Check, Cx, Edit, Fix, Mapping, Object, ObjectKind, Outcome, Safety, Scope, Severity, Value,
};

/// A Job without `ttlSecondsAfterFinished` that no CronJob clears away.
pub const CHECK: Check = Check {
    id: "finished-job-kept",
    title: "Finished job is never removed",
    severity: Severity::Low,
    rationale: "Finished jobs and their pods stay in etcd, with their logs, arguments and \
                variables for everyone who may look, until listing them is slow and the quota is \
                full.",
    remedy: "Write `ttlSecondsAfterFinished`, such as 3600.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:job-ttl-seconds-after-finished"],
    links: &[
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#ttl-mechanism-for-finished-jobs",
    ],
    scope: Scope::Object(&[ObjectKind::Job], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("The Job, its pods and their logs go a day after it is done."),
        edits: |flaw| {
            let day = Value::Int(24 * 60 * 60);
            Ok(vec![Edit::set(flaw.node, &["ttlSecondsAfterFinished"], day)])
        },
    }),
    cases: include_str!("finished_job_kept.yaml"),
};

fn run<'a>(job: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let owned = job.metadata().and_then(|metadata| metadata.get("ownerReferences"));
    if owned.is_some_and(|owners| owners.items().next().is_some()) {
        cx.not_applicable();
        return Ok(());
    }
    let Some(spec) = job.root().field("spec")? else { return Ok(()) };
    spec.map()?;
    if spec.get("ttlSecondsAfterFinished").is_none() {
        cx.fail_missing(
            spec,
            "ttlSecondsAfterFinished",
            format!("Job {} stays when it is done; write ttlSecondsAfterFinished", job.name()),
        );
    }
    Ok(())
}
