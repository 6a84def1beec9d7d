//! A job that hangs runs until somebody looks.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// A Job without `activeDeadlineSeconds`, and a CronJob without `startingDeadlineSeconds`, or whose
/// jobs have no `activeDeadlineSeconds`.
pub const CHECK: Check = Check {
    id: "job-without-deadline",
    title: "Job or CronJob has no deadline",
    severity: Severity::Low,
    rationale: "A job that waits for what never comes keeps its memory and its credentials for \
                days, and one that an attacker bends to his own ends runs as long as he likes. A \
                CronJob that missed a hundred starts starts no more.",
    remedy: "Write `activeDeadlineSeconds` in the job's spec and `startingDeadlineSeconds` in that \
             of a CronJob.",
    mapping: Mapping { mitre: &["T1496"], ..Mapping::NONE },
    covers: &["kube-score:cronjob-has-deadline"],
    links: &[
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup",
    ],
    scope: Scope::Object(&[ObjectKind::Job, ObjectKind::CronJob], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("job_without_deadline.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = object.root().field("spec")? else { return Ok(()) };
    spec.map()?;
    let name = object.name();
    let job = if object.kind() == ObjectKind::CronJob {
        if spec.get("startingDeadlineSeconds").is_none() {
            cx.fail_missing(
                spec,
                "startingDeadlineSeconds",
                format!(
                    "CronJob {name} starts late runs however late, and none after a hundred \
                     missed; write startingDeadlineSeconds"
                ),
            );
        }
        let Some(template) = spec.field("jobTemplate")? else { return Ok(()) };
        let Some(job) = template.field("spec")? else { return Ok(()) };
        job
    } else {
        spec
    };
    let of_pod = job.at_path(&["template", "spec", "activeDeadlineSeconds"]);
    if job.get("activeDeadlineSeconds").is_none() && of_pod.is_none() {
        cx.fail_missing(
            job,
            "activeDeadlineSeconds",
            format!("{} {name} may run for ever; write activeDeadlineSeconds", object.id().kind),
        );
    }
    Ok(())
}
