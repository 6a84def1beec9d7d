//! Results in kube-bench's words from those in this room's, and back.
//!
//! kube-bench knows four verdicts and this room five: what could not be told and what a person must
//! answer are both `WARN` there, and what does not apply is `INFO`.

use super::check::{Judged, State};
use super::controls::Check;
use super::json::Stamp;
use super::run::{CheckResult, ControlsResult, GroupResult, Run};
use crate::outcome::{Evidence, OriginKind, Verdict};
use crate::report::{Assessment, ControlResult, Report};

/// A run of kube-bench's configuration as a report of this room.
pub fn to_native(run: &Run, stamp: &Stamp, seawall: &str) -> Report {
    let mut results = Vec::new();
    for controls in &run.controls {
        for group in &controls.groups {
            let group_title = format!("{} {}", group.id, group.text);
            results.extend(group.checks.iter().map(|result| control(result, &group_title)));
        }
    }
    Report {
        seawall: seawall.to_owned(),
        benchmark: run.benchmark.clone(),
        title: format!("{}, by kube-bench's configuration", run.benchmark),
        node: stamp.node.clone(),
        time: stamp.time.clone().unwrap_or_default(),
        platform: run.benchmark.clone(),
        kubernetes: None,
        unread: None,
        results,
    }
}

fn control(result: &CheckResult, group: &str) -> ControlResult {
    let CheckResult { check, judged } = result;
    let manual = check.kind == "manual";
    let verdict = match judged.state {
        State::Pass => Verdict::Pass,
        State::Info => Verdict::NotApplicable,
        // What did not run is not known to be wrong.
        State::Fail if !judged.reason.is_empty() => Verdict::Unknown,
        State::Fail => Verdict::Fail,
        State::Warn if manual => Verdict::Manual,
        State::Warn if !judged.reason.is_empty() => Verdict::Unknown,
        // Unscored: the test ran, and did not hold.
        State::Warn => Verdict::Fail,
    };
    let reason = match verdict {
        _ if !judged.reason.is_empty() => judged.reason.clone(),
        Verdict::Pass => judged.expected.clone(),
        _ => format!("expected: {}", judged.expected),
    };
    let audit = [&check.audit, &check.audit_config, &check.audit_env];
    let audit = audit.into_iter().find(|audit| !audit.is_empty());
    let evidence = audit.filter(|_| !judged.actual.is_empty()).map(|audit| {
        Evidence::new("audit", Some(judged.actual.clone()), OriginKind::Command, audit.trim())
    });
    ControlResult {
        id: check.id.clone(),
        title: check.text.clone(),
        group: group.to_owned(),
        assessment: if manual { Assessment::Manual } else { Assessment::Automated },
        verdict,
        reason,
        evidence: evidence.into_iter().collect(),
        remedy: check.remediation.clone(),
        patches: Vec::new(),
    }
}

/// A report of this room as a run of kube-bench: the controls are the first parts of the numbers.
pub fn from_native(report: &Report) -> (Run, Stamp) {
    let mut controls: Vec<ControlsResult> = Vec::new();
    for result in &report.results {
        let section = result.id.split('.').next().unwrap_or_default();
        let (group, text) = result.group.split_once(' ').unwrap_or((&result.group, ""));
        let index = controls.iter().position(|one| one.id == section).unwrap_or_else(|| {
            let (node_type, text) = section_of(section);
            controls.push(ControlsResult {
                id: section.to_owned(),
                version: report.benchmark.clone(),
                detected_version: report.kubernetes.clone().unwrap_or_default(),
                text: text.to_owned(),
                node_type: node_type.to_owned(),
                groups: Vec::new(),
            });
            controls.len() - 1
        });
        let groups = &mut controls[index].groups;
        let at = groups.iter().position(|one| one.id == group).unwrap_or_else(|| {
            groups.push(GroupResult {
                id: group.to_owned(),
                text: text.to_owned(),
                checks: Vec::new(),
            });
            groups.len() - 1
        });
        groups[at].checks.push(check(result));
    }
    let run = Run { benchmark: report.benchmark.clone(), controls, ..Run::default() };
    (run, Stamp { node: report.node.clone(), time: Some(report.time.clone()) })
}

/// The kind of node and the title of a section of the CIS benchmark for Kubernetes.
fn section_of(number: &str) -> (&'static str, &'static str) {
    match number {
        "1" => ("master", "Control Plane Security Configuration"),
        "2" => ("etcd", "Etcd Node Configuration"),
        "3" => ("controlplane", "Control Plane Configuration"),
        "4" => ("node", "Worker Node Security Configuration"),
        "5" => ("policies", "Kubernetes Policies"),
        _ => ("node", "Node Configuration"),
    }
}

fn check(result: &ControlResult) -> CheckResult {
    let state = match result.verdict {
        Verdict::Pass => State::Pass,
        Verdict::Fail => State::Fail,
        Verdict::Manual | Verdict::Unknown => State::Warn,
        Verdict::NotApplicable => State::Info,
    };
    let seen: Vec<String> = result.evidence.iter().map(ToString::to_string).collect();
    let automated = result.assessment == Assessment::Automated;
    let kind = if result.verdict == Verdict::Manual { "manual" } else { "" };
    CheckResult {
        check: Check {
            id: result.id.clone(),
            text: result.title.clone(),
            kind: kind.to_owned(),
            remediation: result.remedy.clone(),
            test_info: vec![result.remedy.clone()],
            scored: automated,
            ..Check::default()
        },
        judged: Judged {
            state,
            actual: seen.join("\n"),
            expected: result.title.clone(),
            reason: result.reason.clone(),
        },
    }
}
