//! What a framework's controls came to.
//!
//! Every control is in the summary, also those that no manifest decides: left out, they would read
//! as passed.

use std::collections::HashMap;

use seawall_checks::{Control, Decided, Framework, Tally};
use seawall_model::Check;

use crate::Report;

/// What a control came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A finding of one of its checks counts.
    Failed,
    /// Nothing counts, but one of its checks could not decide something.
    Unknown,
    /// Something fails, but there is an exception for all of it.
    Excepted,
    /// Its checks looked at something, and all of it passes.
    Passed,
    /// Its checks found nothing to look at.
    NotApplicable,
    /// Not decided here, with the reason.
    NotDecided(&'static str),
}

impl Status {
    /// The name for reports.
    pub fn name(self) -> &'static str {
        match self {
            Status::Failed => "failed",
            Status::Unknown => "unknown",
            Status::Excepted => "excepted",
            Status::Passed => "passed",
            Status::NotApplicable => "not-applicable",
            Status::NotDecided(_) => "not-decided",
        }
    }

    /// The names in the order of reports.
    pub const NAMES: [&'static str; 6] =
        ["failed", "unknown", "excepted", "passed", "not-applicable", "not-decided"];
}

/// A control and what it came to.
#[derive(Clone, Debug)]
pub struct ControlResult {
    /// The control.
    pub control: &'static Control,
    /// What it came to.
    pub status: Status,
    /// The checks that ran and decide it.
    pub checks: Vec<&'static Check>,
    /// Findings that count.
    pub findings: u64,
    /// Findings with an exception.
    pub suppressed: u64,
}

/// What each control of a framework came to, in the framework's order.
///
/// It speaks of what was read; the coverage says what was not.
pub fn summarise(framework: &Framework, report: &Report<'_>) -> Vec<ControlResult> {
    let mut counts: HashMap<&str, Counts> = HashMap::new();
    for finding in report.findings {
        let counts = counts.entry(finding.check.id).or_default();
        if finding.suppressed.is_none() {
            counts.findings += 1;
        } else {
            counts.suppressed += 1;
        }
    }
    for unknown in report.unknown {
        counts.entry(unknown.check.id).or_default().unknown += 1;
    }
    framework
        .controls
        .iter()
        .map(|control| {
            let mut total = Counts::default();
            let mut passes = 0;
            let mut checks = Vec::new();
            for &(check, tally) in report.tallies {
                if !framework.controls_of(check).contains(&control.id) {
                    continue;
                }
                let Counts { findings, suppressed, unknown } =
                    counts.get(check.id).copied().unwrap_or_default();
                let Tally { pass, unknown: unknown_too, .. } = tally;
                total.findings += findings;
                total.suppressed += suppressed;
                total.unknown += unknown + u64::from(unknown_too);
                passes += pass;
                checks.push(check);
            }
            let status = match control.decided {
                Decided::Elsewhere(why) => Status::NotDecided(why),
                Decided::ByChecks if checks.is_empty() => {
                    Status::NotDecided("none of the checks that ran decides it")
                }
                Decided::ByChecks if total.findings > 0 => Status::Failed,
                Decided::ByChecks if total.unknown > 0 => Status::Unknown,
                Decided::ByChecks if total.suppressed > 0 => Status::Excepted,
                Decided::ByChecks if passes > 0 => Status::Passed,
                Decided::ByChecks => Status::NotApplicable,
            };
            let Counts { findings, suppressed, .. } = total;
            ControlResult { control, status, checks, findings, suppressed }
        })
        .collect()
}

/// How many controls came to each status, in the order of [`Status::NAMES`].
pub(crate) fn count(results: &[ControlResult]) -> impl Iterator<Item = (&'static str, u64)> {
    Status::NAMES.into_iter().map(|name| {
        (name, results.iter().filter(|result| result.status.name() == name).count() as u64)
    })
}

#[derive(Clone, Copy, Default)]
struct Counts {
    findings: u64,
    suppressed: u64,
    unknown: u64,
}
