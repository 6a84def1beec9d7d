//! Source lines that no report shows: a report goes to more people than may know a credential.

use std::collections::HashSet;
use std::sync::Arc;

use seawall_model::Finding;

/// What stands in the place of such a line.
pub(crate) const INSTEAD: &str = "(not shown: confidential)";

/// The lines at which a credential was found, whichever finding points at them.
#[derive(Debug)]
pub(crate) struct Hidden {
    /// Addresses of sources and starts of lines in them.
    lines: HashSet<(usize, u32)>,
}

impl Hidden {
    pub(crate) fn new(findings: &[Finding]) -> Self {
        Hidden { lines: findings.iter().filter(|finding| finding.secret).map(line).collect() }
    }

    /// Whether the line of a finding is not to be shown.
    pub(crate) fn holds(&self, finding: &Finding) -> bool {
        !self.lines.is_empty() && self.lines.contains(&line(finding))
    }
}

fn line(finding: &Finding) -> (usize, u32) {
    let location = &finding.site.location;
    (Arc::as_ptr(&location.source).addr(), location.first_line().1)
}
