//! The numbers at the end of a report.

use seawall_model::{Origin, Peer, Severity};

use crate::Report;

/// How many findings there are, by what counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Findings that count, in the order of [`Severity::ALL`].
    pub by_severity: [u64; Severity::ALL.len()],
    /// Findings suppressed, in the order of [`ORIGINS`].
    pub suppressed: [u64; ORIGINS.len()],
    /// Findings that count and are at or above the threshold.
    pub failing: u64,
}

/// The order of [`Summary::suppressed`].
pub(crate) const ORIGINS: [Origin; 11] = [
    Origin::Config,
    Origin::Comment,
    Origin::Annotation,
    Origin::Baseline,
    Origin::Peer(Peer::Kubeaudit),
    Origin::Peer(Peer::KubeLinter),
    Origin::Peer(Peer::Checkov),
    Origin::Peer(Peer::KubeScore),
    Origin::Peer(Peer::Polaris),
    Origin::Peer(Peer::Trivy),
    Origin::Peer(Peer::Kubescape),
];

impl Summary {
    /// Counts the findings of a report.
    pub fn of(report: &Report<'_>) -> Self {
        let mut summary = Summary::default();
        for finding in report.findings {
            match &finding.suppressed {
                None => {
                    // `ALL` runs from the worst to the least.
                    let slot = Severity::Critical as usize - finding.severity as usize;
                    summary.by_severity[slot] += 1;
                    summary.failing += u64::from(finding.severity >= report.fail_on);
                }
                Some(suppression) => {
                    let name = suppression.origin.name();
                    let slot = ORIGINS.iter().position(|origin| origin.name() == name);
                    if let Some(slot) = slot {
                        summary.suppressed[slot] += 1;
                    }
                }
            }
        }
        summary
    }

    /// All findings that count.
    pub fn total(&self) -> u64 {
        self.by_severity.iter().sum()
    }

    /// All suppressed findings.
    pub fn total_suppressed(&self) -> u64 {
        self.suppressed.iter().sum()
    }

    /// The severities that occur, worst first, with their counts.
    pub(crate) fn severities(&self) -> impl Iterator<Item = (Severity, u64)> {
        Severity::ALL.into_iter().zip(self.by_severity).filter(|(_, count)| *count > 0)
    }
}

/// What the exit code rests on, in words.
pub(crate) struct Verdict {
    pub(crate) passes: bool,
    pub(crate) word: &'static str,
    pub(crate) why: String,
}

impl Verdict {
    /// What fails is settled by the threshold; the words never let unread input look passed.
    pub(crate) fn of(report: &Report<'_>, summary: &Summary) -> Self {
        let threshold = report.fail_on;
        let counts = report.coverage.counts();
        let unread = counts.templates + counts.unreadable;
        let (passes, word, why) = if summary.failing > 0 {
            let failing = plural(summary.failing, "finding");
            (false, "Fails", format!("{failing} at or above {threshold}"))
        } else if counts.objects == 0 {
            (false, "Empty", "no Kubernetes object was scanned".to_owned())
        } else if unread > 0 {
            let why =
                format!("nothing at or above {threshold} in what was read; {unread} not read");
            (true, "Passes", why)
        } else {
            (true, "Passes", format!("nothing at or above {threshold}"))
        };
        Verdict { passes, word, why }
    }
}

/// `1 finding`, `2 findings`.
pub(crate) fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
