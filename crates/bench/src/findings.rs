//! Results as findings, for the formats of `seawall scan`.
//!
//! A control that fails is a finding on a node, and one that could not be told or that a person must
//! answer is undecided there, so that none of these formats takes it for passed. The source that
//! their places point into is the list of what was seen.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use seawall_checks::Tally;
use seawall_model::{
    Check, Coverage, Finding, Fingerprint, Location, Mapping, NoFix, ObjectId, Part, PartOutcome,
    Scope, Severity, Site, Source, Span, Subject, Unknown,
};

use crate::outcome::Verdict;
use crate::report::{Assessment, ControlResult, Report};

/// Results in the words of the other rooms.
#[derive(Debug, Default)]
pub struct Findings {
    /// What fails.
    pub findings: Vec<Finding>,
    /// What could not be told, and what a person must answer.
    pub unknown: Vec<Unknown>,
    /// For each control, how many nodes came to what.
    pub tallies: Vec<(&'static Check, Tally)>,
    /// The nodes.
    pub coverage: Coverage,
}

/// Makes findings of reports.
///
/// The controls live on as checks as long as the process does, for findings name theirs for ever; a
/// process makes them once, of the reports that it writes.
pub fn findings(reports: &[Report]) -> Findings {
    let mut all = Findings::default();
    let mut known: HashMap<String, usize> = HashMap::new();
    for report in reports {
        let (source, spans) = source_of(report);
        let node = Arc::new(ObjectId {
            api_version: "v1".to_owned(),
            kind: "Node".to_owned(),
            namespace: None,
            name: report.node.clone().unwrap_or_default(),
        });
        all.coverage.parts.push(Part {
            file: Arc::clone(source.name()),
            document: 1,
            line: 1,
            outcome: match &report.unread {
                Some(why) => PartOutcome::Unreadable { cause: why.clone(), column: 0 },
                None => PartOutcome::Scanned { objects: 1 },
            },
        });
        for (result, span) in report.results.iter().zip(spans) {
            let id = format!("{}-{}", report.benchmark, result.id);
            let slot = *known.entry(id.clone()).or_insert_with(|| {
                all.tallies.push((check_of(&id, result), Tally::default()));
                all.tallies.len() - 1
            });
            let (check, tally) = &mut all.tallies[slot];
            let subject = Subject { object: Arc::clone(&node), container: None };
            let location = Location { source: Arc::clone(&source), span };
            match result.verdict {
                Verdict::Pass => tally.pass += 1,
                Verdict::NotApplicable => tally.not_applicable += 1,
                Verdict::Fail => {
                    tally.fail += 1;
                    let item = result.evidence.first().map_or("", |evidence| &evidence.item);
                    all.findings.push(Finding {
                        check,
                        severity: check.severity,
                        site: Arc::new(Site::new(subject, item, location)),
                        detail: Cow::Borrowed(""),
                        message: result.reason.clone().into(),
                        fingerprint: Fingerprint::of(&["bench", check.id, "Node", &node.name]),
                        suppressed: None,
                        secret: false,
                    });
                }
                Verdict::Unknown | Verdict::Manual => {
                    tally.unknown += 1;
                    let reason = match result.verdict {
                        Verdict::Manual => format!("a person must answer: {}", result.reason),
                        _ => result.reason.clone(),
                    };
                    all.unknown.push(Unknown { check, subject, reason, location });
                }
            }
        }
    }
    all
}

/// What was seen, a line for each control, and where each line stands.
fn source_of(report: &Report) -> (Arc<Source>, Vec<Span>) {
    let mut text = String::new();
    let mut spans = Vec::with_capacity(report.results.len());
    for result in &report.results {
        let start = text.len() as u32;
        let seen: Vec<String> = result.evidence.iter().map(ToString::to_string).collect();
        let seen = if seen.is_empty() { result.reason.clone() } else { seen.join("; ") };
        // Writing to a String can't fail.
        let _infallible = write!(text, "{} {}", result.id, seen.replace(['\n', '\r'], " "));
        spans.push(Span { start, end: text.len() as u32 });
        text.push('\n');
    }
    let node = report.node.as_deref().unwrap_or("no-node");
    (Arc::new(Source::new(format!("{node}/{}", report.benchmark), text)), spans)
}

fn check_of(id: &str, result: &ControlResult) -> &'static Check {
    let keep = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    Box::leak(Box::new(Check {
        id: keep(id),
        title: keep(&format!("{} {}", result.id, result.title)),
        severity: match result.assessment {
            Assessment::Automated => Severity::High,
            Assessment::Manual => Severity::Medium,
        },
        rationale: keep(&result.title),
        remedy: keep(&result.remedy),
        mapping: Mapping::NONE,
        covers: &[],
        links: &[],
        // It has been decided already; the engine never sees it.
        scope: Scope::Inventory(|_| ()),
        fix: Err(NoFix::Outside),
        cases: "",
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Evidence, OriginKind};

    #[test]
    fn nothing_but_a_pass_is_passed() {
        let result = |id: &str, verdict| ControlResult {
            id: id.to_owned(),
            title: "title".to_owned(),
            group: "1 g".to_owned(),
            assessment: Assessment::Automated,
            verdict,
            reason: "reason".to_owned(),
            evidence: vec![Evidence::new(
                "mode of /a",
                Some("644\n".to_owned()),
                OriginKind::Metadata,
                "/a",
            )],
            remedy: "remedy".to_owned(),
            patches: Vec::new(),
        };
        let report = Report {
            seawall: "1".to_owned(),
            benchmark: "cis".to_owned(),
            title: "CIS".to_owned(),
            node: Some("n".to_owned()),
            time: String::new(),
            platform: String::new(),
            kubernetes: None,
            unread: None,
            results: Verdict::ALL
                .into_iter()
                .enumerate()
                .map(|(n, v)| result(&n.to_string(), v))
                .collect(),
        };
        let other = Report { node: Some("m".to_owned()), ..report.clone() };
        let all = findings(&[report, other]);
        assert_eq!((all.findings.len(), all.unknown.len(), all.tallies.len()), (2, 4, 5));
        assert_ne!(all.findings[0].fingerprint, all.findings[1].fingerprint);
        assert_eq!(
            all.findings[0].site.location.source.line(5),
            "4 mode of /a: 644  (metadata: /a)"
        );
        assert_eq!(all.findings[0].site.start.line, 5);
        assert_eq!(all.tallies.iter().map(|(_, tally)| tally.pass).sum::<u32>(), 2);
    }
}
