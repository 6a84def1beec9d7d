//! Seawall's own JSON: everything that a report knows, for programs.
//!
//! The contract is `schema/report.schema.json`. `version` counts breaking changes of it; keys may
//! be added without one. One finding stands on a line, so that `diff` and `grep` serve too.

use std::borrow::Cow;
use std::io;

use seawall_model::{Finding, Notice, Origin, Part, PartOutcome, Severity, Subject, Unknown};
use serde::{Serialize, Serializer};

use crate::framework::{ControlResult, Status, count, summarise};
use crate::place::{Place, Rendered};
use crate::summary::{ORIGINS, Summary};
use crate::{Report, batch};

/// The version of the format.
pub const VERSION: u32 = 1;

/// The format's JSON Schema.
pub const SCHEMA: &str = include_str!("../schema/report.schema.json");

/// Writes the JSON.
///
/// # Errors
///
/// Fails where `out` fails.
pub fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    write!(out, "{{\n\"version\":{VERSION},\n\"tool\":")?;
    put(&ToolView { name: "seawall", version: report.version }, out)?;
    list(out, "findings", report.findings, FindingView::of)?;
    list(out, "unknown", report.unknown, UnknownView::of)?;
    list(out, "notices", report.notices, NoticeView::of)?;
    list(out, "checks", report.tallies, |(check, tally)| CheckView {
        id: check.id,
        title: check.title,
        severity: check.severity.name(),
        remedy: check.remedy,
        pass: tally.pass,
        fail: tally.fail,
        not_applicable: tally.not_applicable,
        unknown: tally.unknown,
    })?;
    out.write_all(b",\n\"framework\":")?;
    let results = report.framework.map(|framework| summarise(framework, report));
    match (report.framework, &results) {
        (Some(framework), Some(results)) => {
            out.write_all(b"{\n\"id\":")?;
            put(&framework.id, out)?;
            out.write_all(b",\n\"title\":")?;
            put(&framework.title, out)?;
            out.write_all(b",\n\"counts\":")?;
            put(&Counted(|| count(results)), out)?;
            list(out, "controls", results, ControlView::of)?;
            out.write_all(b"}")?;
        }
        _ => out.write_all(b"null")?,
    }
    out.write_all(b",\n\"summary\":")?;
    summary(report, out)?;
    out.write_all(b",\n\"coverage\":{\n\"counts\":")?;
    let counts = report.coverage.counts();
    let counts = [
        ("files", counts.files),
        ("scanned", counts.scanned),
        ("objects", counts.objects),
        ("notKubernetes", counts.not_kubernetes),
        ("templates", counts.templates),
        ("unreadable", counts.unreadable),
        ("otherFiles", report.coverage.other_files),
    ];
    put(&Counted(|| counts.into_iter()), out)?;
    list(out, "parts", &report.coverage.parts, PartView::of)?;
    out.write_all(b"}\n}\n")
}

fn put(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

/// Writes `,"name":[…]` with one item a line.
fn list<'i, T: Sync, V: Serialize>(
    out: &mut dyn io::Write,
    name: &str,
    items: &'i [T],
    view: impl Fn(&'i T) -> V + Sync,
) -> io::Result<()> {
    write!(out, ",\n\"{name}\":[")?;
    batch::write_all(items, out, |index, item, to| {
        to.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        put(&view(item), to)
    })?;
    out.write_all(if items.is_empty() { b"]" } else { b"\n]" })
}

fn summary(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let summary = Summary::of(report);
    let severities = Severity::ALL.map(Severity::name);
    let origins = ORIGINS.map(Origin::name);
    put(
        &SummaryView {
            total: summary.total(),
            by_severity: Counted(|| severities.into_iter().zip(summary.by_severity)),
            suppressed: Counted(|| origins.into_iter().zip(summary.suppressed)),
            unknown: report.unknown.len(),
            fail_on: report.fail_on.name(),
            failing: summary.failing,
        },
        out,
    )
}

/// Names and numbers as a map, in their order.
struct Counted<F>(F);

impl<F: Fn() -> I, I: Iterator<Item = (&'static str, u64)>> Serialize for Counted<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map((self.0)())
    }
}

#[derive(Serialize)]
struct ToolView<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubjectView<'a> {
    api_version: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
    container: Option<&'a str>,
}

impl<'a> SubjectView<'a> {
    fn of(subject: &'a Subject) -> Self {
        SubjectView {
            api_version: &subject.object.api_version,
            kind: &subject.object.kind,
            namespace: subject.object.namespace.as_deref(),
            name: &subject.object.name,
            container: subject.container.as_deref(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LocationView<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    rendered: Option<&'static str>,
}

impl<'a> LocationView<'a> {
    fn of(place: Place<'a>) -> Self {
        let Place { file, start, end, rendered } = place;
        LocationView {
            file,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            rendered: rendered.map(Rendered::name),
        }
    }
}

#[derive(Serialize)]
struct FindingView<'a> {
    check: &'a str,
    severity: &'a str,
    title: &'a str,
    message: &'a str,
    path: Cow<'a, str>,
    fingerprint: String,
    subject: SubjectView<'a>,
    location: LocationView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<SuppressionView<'a>>,
}

#[derive(Serialize)]
struct SuppressionView<'a> {
    origin: &'a str,
    reason: &'a str,
}

impl<'a> FindingView<'a> {
    fn of(finding: &'a Finding) -> Self {
        FindingView {
            check: finding.check.id,
            severity: finding.severity.name(),
            title: finding.check.title,
            message: &finding.message,
            path: finding.path(),
            fingerprint: finding.fingerprint.to_string(),
            subject: SubjectView::of(&finding.site.subject),
            location: LocationView::of(Place::of_finding(finding)),
            suppressed: finding.suppressed.as_ref().map(|suppression| SuppressionView {
                origin: suppression.origin.name(),
                reason: &suppression.reason,
            }),
        }
    }
}

#[derive(Serialize)]
struct UnknownView<'a> {
    check: &'a str,
    reason: &'a str,
    subject: SubjectView<'a>,
    location: LocationView<'a>,
}

impl<'a> UnknownView<'a> {
    fn of(unknown: &'a Unknown) -> Self {
        UnknownView {
            check: unknown.check.id,
            reason: &unknown.reason,
            subject: SubjectView::of(&unknown.subject),
            location: LocationView::of(Place::of(&unknown.location)),
        }
    }
}

#[derive(Serialize)]
struct NoticeView<'a> {
    kind: &'a str,
    message: &'a str,
    location: LocationView<'a>,
}

impl<'a> NoticeView<'a> {
    fn of(notice: &'a Notice) -> Self {
        NoticeView {
            kind: notice.kind.name(),
            message: &notice.message,
            location: LocationView::of(Place::of(&notice.location)),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckView<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'a str,
    remedy: &'a str,
    pass: u32,
    fail: u32,
    not_applicable: u32,
    unknown: u32,
}

#[derive(Serialize)]
struct ControlView<'a> {
    id: &'a str,
    title: &'a str,
    status: &'a str,
    why: Option<&'a str>,
    checks: Vec<&'a str>,
    findings: u64,
    suppressed: u64,
}

impl<'a> ControlView<'a> {
    fn of(result: &'a ControlResult) -> Self {
        ControlView {
            id: result.control.id,
            title: result.control.title,
            status: result.status.name(),
            why: match result.status {
                Status::NotDecided(why) => Some(why),
                _ => None,
            },
            checks: result.checks.iter().map(|check| check.id).collect(),
            findings: result.findings,
            suppressed: result.suppressed,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryView<S, O> {
    total: u64,
    by_severity: S,
    suppressed: O,
    unknown: usize,
    fail_on: &'static str,
    failing: u64,
}

#[derive(Serialize)]
struct PartView<'a> {
    file: &'a str,
    document: Option<u32>,
    line: Option<u32>,
    column: Option<u32>,
    outcome: &'a str,
    objects: u32,
    cause: Option<String>,
}

impl<'a> PartView<'a> {
    fn of(part: &'a Part) -> Self {
        let some = |number: u32| (number > 0).then_some(number);
        let (objects, column) = match part.outcome {
            PartOutcome::Scanned { objects } => (objects, 0),
            PartOutcome::Unreadable { column, .. } => (0, column),
            PartOutcome::NotKubernetes { .. } | PartOutcome::Template { .. } => (0, 0),
        };
        PartView {
            file: &part.file,
            document: some(part.document),
            line: some(part.line),
            column: some(column),
            outcome: part.outcome.name(),
            objects,
            cause: match part.outcome {
                PartOutcome::Scanned { .. } => None,
                _ => Some(part.outcome.to_string()),
            },
        }
    }
}
