//! Lines that no report shows, whichever checks run.
//!
//! A finding of any check may stand on a line that holds a credential, and reports quote lines. The
//! checks that find credentials say which lines these are; where they are not selected they are
//! asked all the same, but not for findings.

use std::collections::HashSet;
use std::sync::Arc;

use seawall_model::{Check, Finding, Inventory, Settings};

use crate::engine::{Selection, run};
use crate::secrets::FIND_CONFIDENTIAL;

/// Marks each finding as secret whose line holds what a check that is not selected would find to be
/// confidential. Costs what those checks cost, and nothing where all are selected or nothing was
/// found.
pub fn mark_confidential(
    findings: &mut [Finding],
    inventory: &Inventory,
    selection: &Selection,
    settings: &Settings,
) {
    let missing: Vec<&'static Check> = FIND_CONFIDENTIAL
        .iter()
        .copied()
        .filter(|check| !selection.checks().any(|selected| selected == *check))
        .collect();
    if findings.is_empty() || missing.is_empty() {
        return;
    }
    let unasked = Selection::new(missing.into_iter().map(|check| (check, check.severity)));
    let found = run(inventory, &unasked, settings).findings;
    let lines: HashSet<_> = found.iter().filter(|finding| finding.secret).map(line).collect();
    for finding in findings.iter_mut().filter(|finding| lines.contains(&line(finding))) {
        finding.secret = true;
    }
}

/// The line of a finding that reports quote.
fn line(finding: &Finding) -> (usize, u32) {
    let location = &finding.site.location;
    (Arc::as_ptr(&location.source).addr(), location.first_line().1)
}
