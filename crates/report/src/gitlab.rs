//! GitLab's SAST report, version 15 of its security report format
//! (`gitlab-org/security-products/security-report-schemas`).
//!
//! GitLab keeps its own record of what was dismissed and why, so suppressed findings are left out.
//! What was not read or not decided goes into the scan's messages.

use std::io;
use std::time::SystemTime;

use seawall_model::{Finding, Severity};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use crate::markdown::prose;
use crate::place::{Place, in_repository};
use crate::text::subject;
use crate::{Report, batch};

/// The version of GitLab's format.
const VERSION: &str = "15.0.6";

/// Longest name, in characters.
const NAME: usize = 255;

/// Longest solution, in characters.
const SOLUTION: usize = 7000;

/// Writes the report; `times` are the scan's beginning and end.
///
/// # Errors
///
/// Fails where `out` fails.
pub fn render(
    report: &Report<'_>,
    out: &mut dyn io::Write,
    times: (SystemTime, SystemTime),
) -> io::Result<()> {
    let tool = json!({
        "id": "seawall",
        "name": "Seawall",
        "version": report.version,
        "vendor": {"name": "Seawall"},
    });
    let unread = report.coverage.unread().map(|part| {
        let at = if part.line > 0 { format!(":{}", part.line) } else { String::new() };
        json!({"level": "warn", "value": format!("{}{at}: {}", part.file, part.outcome)})
    });
    let unknown = report.unknown.iter().map(|unknown| {
        let Place { file, start, .. } = Place::of(&unknown.location);
        let (check, subject) = (unknown.check.id, subject(&unknown.subject));
        let said = format!("{file}:{}: {check}: {subject}: {}", start.line, unknown.reason);
        json!({"level": "warn", "value": said})
    });
    let scan = json!({
        "analyzer": tool,
        "scanner": tool,
        "type": "sast",
        "start_time": stamp(times.0),
        "end_time": stamp(times.1),
        "status": "success",
        "messages": unread.chain(unknown).collect::<Vec<_>>(),
    });
    write!(out, "{{\n\"version\":\"{VERSION}\",\n\"scan\":")?;
    put(&scan, out)?;
    out.write_all(b",\n\"vulnerabilities\":[")?;
    let findings: Vec<&Finding> = report.counting().collect();
    batch::write_all(&findings, out, |index, finding, to| {
        to.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        put(&Vulnerability::of(finding), to)
    })?;
    out.write_all(b"]\n}\n")
}

fn put(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

/// `2020-01-28T03:26:02`, in UTC.
fn stamp(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    let (hour, minute, second) = time.to_hms();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    id: String,
    name: &'a str,
    description: String,
    severity: &'a str,
    solution: &'a str,
    identifiers: [Identifier<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link<'a>>,
    location: LocationView<'a>,
}

#[derive(Serialize)]
struct Identifier<'a> {
    r#type: &'a str,
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Link<'a> {
    url: &'a str,
}

#[derive(Serialize)]
struct LocationView<'a> {
    file: &'a str,
    start_line: u32,
    end_line: u32,
}

impl<'a> Vulnerability<'a> {
    fn of(finding: &'a Finding) -> Self {
        let check = finding.check;
        let Place { file, start, end, .. } = Place::of_finding(finding);
        Vulnerability {
            id: finding.fingerprint.to_string(),
            name: first(check.title, NAME),
            // GitLab renders it as Markdown.
            description: prose(&format!("{}: {}", finding.site.subject.object, finding.message)),
            severity: match finding.severity {
                Severity::Critical => "Critical",
                Severity::High => "High",
                Severity::Medium => "Medium",
                Severity::Low => "Low",
                Severity::Info => "Info",
            },
            solution: first(check.remedy, SOLUTION),
            identifiers: [Identifier { r#type: "seawall_check", name: check.id, value: check.id }],
            links: check.links.iter().map(|url| Link { url }).collect(),
            location: LocationView {
                file: in_repository(file),
                start_line: start.line,
                end_line: end.line,
            },
        }
    }
}

/// The first characters of a text.
fn first(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_stamped_as_gitlab_wants_them() {
        assert_eq!(stamp(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00");
        let leap = SystemTime::UNIX_EPOCH + Duration::from_millis(1_709_210_096_999);
        assert_eq!(stamp(leap), "2024-02-29T12:34:56");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(first("äöü", 2), "äö");
        assert_eq!(first("äöü", 3), "äöü");
    }
}
