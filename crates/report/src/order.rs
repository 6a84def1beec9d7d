//! The order in which people read: the worst first, what belongs together side by side.

use std::cmp::Reverse;
use std::collections::HashMap;

use seawall_model::{Check, Finding, Severity};

use crate::Report;

/// The findings of one object: those of the object itself first, then those of its containers as
/// they stand; of each the worst first. With every finding goes the number of its container's name.
pub(crate) fn reading_order<'f>(
    findings: impl Iterator<Item = &'f Finding>,
) -> (Vec<Option<&'f str>>, Vec<(usize, &'f Finding)>) {
    let mut containers: Vec<Option<&str>> = vec![None];
    let mut order: Vec<(usize, &Finding)> = Vec::with_capacity(findings.size_hint().0);
    for finding in findings {
        let container = finding.site.subject.container.as_deref();
        let place = containers.iter().position(|known| *known == container);
        order.push((place.unwrap_or(containers.len()), finding));
        if place.is_none() {
            containers.push(container);
        }
    }
    // Stable, so that findings of one severity keep the order of the source.
    order.sort_by_key(|(container, finding)| (*container, Reverse(finding.severity)));
    (containers, order)
}

/// A check that found something.
pub(crate) struct Failed {
    pub(crate) check: &'static Check,
    /// The worst severity of its findings that count; of all, where none counts.
    pub(crate) severity: Severity,
    /// Findings that count.
    pub(crate) count: u64,
    /// Findings with an exception.
    pub(crate) suppressed: u64,
}

/// The checks with findings that count, the worst first.
pub(crate) fn failed(report: &Report<'_>) -> Vec<Failed> {
    let mut failed = with_findings(report);
    failed.retain(|failed| failed.count > 0);
    failed
}

/// The checks with findings: those that count first, the worst of them first.
pub(crate) fn with_findings(report: &Report<'_>) -> Vec<Failed> {
    let mut failed: Vec<Failed> = Vec::new();
    let mut slots = HashMap::new();
    for finding in report.findings {
        let (check, severity) = (finding.check, finding.severity);
        let slot = *slots.entry(check.id).or_insert_with(|| {
            failed.push(Failed { check, severity, count: 0, suppressed: 0 });
            failed.len() - 1
        });
        let of = &mut failed[slot];
        if finding.suppressed.is_some() {
            of.suppressed += 1;
        } else {
            of.severity = if of.count == 0 { severity } else { of.severity.max(severity) };
            of.count += 1;
        }
    }
    failed.sort_by_key(|of| (of.count == 0, Reverse(of.severity), of.check.id));
    failed
}
