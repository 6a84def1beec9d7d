//! JUnit XML, for CI servers: a suite for each check, a case for each finding.
//!
//! A finding is a failure, an exception is a skipped case with its reason, and what could not be
//! decided or read is an error: never a pass.

use std::collections::HashMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use seawall_checks::Tally;
use seawall_model::{Check, Finding, PartOutcome, Unknown};

use crate::Report;
use crate::escape::visible;
use crate::place::Place;
use crate::text::subject;

/// Writes the XML.
///
/// # Errors
///
/// Fails where `out` fails.
pub fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let suites: Vec<Suite<'_>> =
        by_check(report).into_iter().map(Suite::of_check).chain([unread(report)]).collect();
    let mut total = Counts::default();
    for suite in &suites {
        total.add(suite.counts());
    }
    let mut xml = Writer::new_with_indent(out, b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    open(&mut xml, "testsuites", "Seawall", total)?;
    for suite in suites.iter().filter(|suite| !suite.cases.is_empty()) {
        open(&mut xml, "testsuite", suite.name, suite.counts())?;
        for case in &suite.cases {
            case.write(suite.name, &mut xml)?;
        }
        xml.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    xml.into_inner().write_all(b"\n")
}

type Xml<'o> = Writer<&'o mut dyn io::Write>;

fn open(xml: &mut Xml<'_>, element: &str, name: &str, counts: Counts) -> io::Result<()> {
    let start = BytesStart::new(element).with_attributes([
        ("name", name),
        ("tests", &counts.tests.to_string()),
        ("failures", &counts.failures.to_string()),
        ("errors", &counts.errors.to_string()),
        ("skipped", &counts.skipped.to_string()),
    ]);
    xml.write_event(Event::Start(start))
}

/// What one check said.
struct Said<'r> {
    check: &'static Check,
    tally: Tally,
    findings: Vec<&'r Finding>,
    unknown: Vec<&'r Unknown>,
}

/// The checks in the order in which they ran.
fn by_check<'r>(report: &Report<'r>) -> Vec<Said<'r>> {
    let mut said: Vec<Said<'r>> = Vec::new();
    let mut slots = HashMap::new();
    let mut slot = |check: &'static Check, tally: Tally, said: &mut Vec<Said<'r>>| {
        *slots.entry(check.id).or_insert_with(|| {
            said.push(Said { check, tally, findings: Vec::new(), unknown: Vec::new() });
            said.len() - 1
        })
    };
    for &(check, tally) in report.tallies {
        slot(check, tally, &mut said);
    }
    for finding in report.findings {
        let slot = slot(finding.check, Tally::default(), &mut said);
        said[slot].findings.push(finding);
    }
    for unknown in report.unknown {
        let slot = slot(unknown.check, Tally::default(), &mut said);
        said[slot].unknown.push(unknown);
    }
    said
}

struct Suite<'r> {
    name: &'r str,
    cases: Vec<Case<'r>>,
}

struct Case<'r> {
    name: String,
    /// File and line.
    place: Option<(&'r str, u32)>,
    result: CaseResult<'r>,
}

enum CaseResult<'r> {
    Passed,
    Failed(&'r Finding),
    Skipped(String),
    Error { kind: &'static str, message: String },
}

#[derive(Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }
}

impl<'r> Suite<'r> {
    fn of_check(said: Said<'r>) -> Self {
        let Said { check, tally, findings, unknown } = said;
        let mut cases: Vec<Case<'r>> = Vec::with_capacity(findings.len() + unknown.len());
        for finding in findings {
            let name = format!("{}: {}", subject(&finding.site.subject), finding.path());
            let result = match &finding.suppressed {
                None => CaseResult::Failed(finding),
                Some(suppression) => CaseResult::Skipped(match &*suppression.reason {
                    "" => suppression.origin.name().to_owned(),
                    reason => format!("{}: {reason}", suppression.origin.name()),
                }),
            };
            let place = Some((&**finding.site.location.source.name(), finding.site.start.line));
            cases.push(Case { name, place, result });
        }
        for unknown in unknown {
            cases.push(Case {
                name: subject(&unknown.subject),
                place: Some((unknown.location.source.name(), unknown.location.start().line)),
                result: CaseResult::Error { kind: "undecided", message: unknown.reason.clone() },
            });
        }
        if cases.is_empty() {
            let result = if tally.pass > 0 {
                CaseResult::Passed
            } else {
                CaseResult::Skipped("nothing to look at".to_owned())
            };
            cases.push(Case { name: check.title.to_owned(), place: None, result });
        }
        Suite { name: check.id, cases }
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts { tests: self.cases.len(), ..Counts::default() };
        for case in &self.cases {
            match case.result {
                CaseResult::Passed => {}
                CaseResult::Failed(_) => counts.failures += 1,
                CaseResult::Skipped(_) => counts.skipped += 1,
                CaseResult::Error { .. } => counts.errors += 1,
            }
        }
        counts
    }
}

/// What was not read.
fn unread<'r>(report: &Report<'r>) -> Suite<'r> {
    let cases = report
        .coverage
        .unread()
        .map(|part| Case {
            name: match part.document {
                0 => part.file.to_string(),
                document => format!("{}, document {document}", part.file),
            },
            place: Some((&*part.file, part.line)),
            result: CaseResult::Error {
                kind: match part.outcome {
                    PartOutcome::Template { .. } => "template",
                    _ => "unreadable",
                },
                message: part.outcome.to_string(),
            },
        })
        .collect();
    Suite { name: "coverage", cases }
}

impl Case<'_> {
    fn write(&self, suite: &str, xml: &mut Xml<'_>) -> io::Result<()> {
        let mut start = BytesStart::new("testcase");
        start.push_attribute(("classname", suite));
        start.push_attribute(("name", &*visible(&self.name)));
        if let Some((file, line)) = self.place {
            start.push_attribute(("file", &*visible(file)));
            if line > 0 {
                start.push_attribute(("line", &*line.to_string()));
            }
        }
        let (element, kind, message, text) = match &self.result {
            CaseResult::Passed => return xml.write_event(Event::Empty(start)),
            CaseResult::Failed(finding) => {
                let Place { file, start, .. } = Place::of_finding(finding);
                let text = format!(
                    "{}:{}:{}\n{}",
                    visible(file),
                    start.line,
                    start.column,
                    finding.check.remedy
                );
                ("failure", Some(finding.severity.name()), &*finding.message, Some(text))
            }
            CaseResult::Skipped(why) => ("skipped", None, why.as_str(), None),
            CaseResult::Error { kind, message } => ("error", Some(*kind), message.as_str(), None),
        };
        xml.write_event(Event::Start(start))?;
        let mut inner = BytesStart::new(element);
        if let Some(kind) = kind {
            inner.push_attribute(("type", kind));
        }
        inner.push_attribute(("message", &*visible(message)));
        match text {
            Some(text) => {
                xml.write_event(Event::Start(inner))?;
                xml.write_event(Event::Text(BytesText::new(&text)))?;
                xml.write_event(Event::End(BytesEnd::new(element)))?;
            }
            None => xml.write_event(Event::Empty(inner))?,
        }
        xml.write_event(Event::End(BytesEnd::new("testcase")))
    }
}
