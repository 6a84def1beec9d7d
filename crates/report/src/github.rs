//! Workflow commands of GitHub Actions: annotations on the lines of a change, with no upload and
//! no paid feature.
//!
//! GitHub shows ten of each level for a step, so the worst come first, and what was not read
//! comes before what is merely bad.

use std::fmt::Write as _;
use std::io;

use seawall_model::{Finding, Severity};

use crate::escape::visible;
use crate::place::{Place, in_repository};
use crate::text::subject;
use crate::{Report, batch};

/// Writes one command a line.
///
/// # Errors
///
/// Fails where `out` fails.
pub fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    for part in report.coverage.unread() {
        let mut line = format!("::warning file={}", property(in_repository(&part.file)));
        if part.line > 0 {
            // Writing to a String can't fail.
            let _infallible = write!(line, ",line={}", part.line);
        }
        let cause = part.outcome.to_string();
        writeln!(out, "{line},title=not scanned::{}", data(&cause))?;
    }
    for unknown in report.unknown {
        let said = format!("{}: {}", subject(&unknown.subject), unknown.reason);
        let title = format!("{} not decided", unknown.check.id);
        command("warning", Place::of(&unknown.location), &title, &said, out)?;
    }
    for notice in report.notices {
        command("warning", Place::of(&notice.location), notice.kind.name(), &notice.message, out)?;
    }
    let mut findings: Vec<&Finding> = report.counting().collect();
    // Stable: findings of one severity keep the order of the input.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    batch::write_all(&findings, out, |_, finding, to| {
        let level = match finding.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low | Severity::Info => "notice",
        };
        let said = format!("{}: {}", finding.site.subject.object, finding.message);
        let title = format!("{} ({})", finding.check.id, finding.severity);
        command(level, Place::of_finding(finding), &title, &said, to)
    })
}

fn command(
    level: &str,
    place: Place<'_>,
    title: &str,
    said: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let Place { file, start, end, .. } = place;
    write!(
        out,
        "::{level} file={},line={},endLine={}",
        property(in_repository(file)),
        start.line,
        end.line
    )?;
    // GitHub takes columns only where both ends stand on one line.
    if start.line == end.line {
        write!(out, ",col={},endColumn={}", start.column, end.column)?;
    }
    writeln!(out, ",title={}::{}", property(title), data(said))
}

/// A message: `%` and line ends are escaped, as `escapeData` of the toolkit does.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25")
}

/// A property's value: also `:` and `,`, as `escapeProperty` of the toolkit does.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_the_toolkit_does() {
        assert_eq!(data("50%\n::error::x"), "50%25\\n::error::x");
        assert_eq!(property("a:b,c%d\r.yaml"), "a%3Ab%2Cc%25d\\r.yaml");
    }
}
