//! Comma-separated values, for spreadsheets.
//!
//! A spreadsheet runs what looks like a formula, so a cell that begins like one gets a leading
//! apostrophe (OWASP, "CSV Injection"). What was not decided or read has rows of its own: a sheet
//! of findings alone would make it look passed.

use std::borrow::Cow;
use std::io;

use seawall_model::{Finding, PartOutcome, Subject};

use crate::escape::visible;
use crate::place::Place;
use crate::{Report, batch};

const COLUMNS: [&str; 16] = [
    "status",
    "severity",
    "check",
    "message",
    "api_version",
    "kind",
    "namespace",
    "name",
    "container",
    "file",
    "line",
    "column",
    "path",
    "fingerprint",
    "suppressed_by",
    "reason",
];

/// Writes a row for each finding, then one for each thing not decided and each part not read.
///
/// # Errors
///
/// Fails where `out` fails.
pub fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    row(&COLUMNS.map(Cow::Borrowed), out)?;
    batch::write_all(report.findings, out, |_, finding, to| row(&of_finding(finding), to))?;
    for unknown in report.unknown {
        let Place { file, start, .. } = Place::of(&unknown.location);
        let [api_version, kind, namespace, name, container] = of_subject(&unknown.subject);
        let (line, column) = (start.line.to_string().into(), start.column.to_string().into());
        let none = Cow::Borrowed("");
        let cells = [
            "unknown".into(),
            none.clone(),
            unknown.check.id.into(),
            cell(&unknown.reason),
            api_version,
            kind,
            namespace,
            name,
            container,
            cell(file),
            line,
            column,
            none.clone(),
            none.clone(),
            none.clone(),
            none,
        ];
        row(&cells, out)?;
    }
    for part in report.coverage.unread() {
        let mut cells = [const { Cow::Borrowed("") }; COLUMNS.len()];
        cells[0] = part.outcome.name().into();
        cells[3] = Cow::Owned(cell(&part.outcome.to_string()).into_owned());
        cells[9] = cell(&part.file);
        if part.line > 0 {
            cells[10] = part.line.to_string().into();
        }
        if let PartOutcome::Unreadable { column, .. } = part.outcome
            && column > 0
        {
            cells[11] = column.to_string().into();
        }
        row(&cells, out)?;
    }
    Ok(())
}

fn row(cells: &[Cow<'_, str>; COLUMNS.len()], out: &mut dyn io::Write) -> io::Result<()> {
    let mut writer = ::csv::WriterBuilder::new().buffer_capacity(512).from_writer(out);
    writer.write_record(cells.iter().map(|cell| cell.as_bytes())).map_err(io::Error::from)?;
    writer.flush()
}

fn of_finding(finding: &Finding) -> [Cow<'_, str>; COLUMNS.len()] {
    let [api_version, kind, namespace, name, container] = of_subject(&finding.site.subject);
    let suppression = finding.suppressed.as_ref();
    [
        if suppression.is_some() { "suppressed" } else { "fail" }.into(),
        finding.severity.name().into(),
        finding.check.id.into(),
        cell(&finding.message),
        api_version,
        kind,
        namespace,
        name,
        container,
        cell(finding.site.location.source.name()),
        finding.site.start.line.to_string().into(),
        finding.site.start.column.to_string().into(),
        match finding.path() {
            Cow::Borrowed(path) => cell(path),
            Cow::Owned(path) => cell(&path).into_owned().into(),
        },
        finding.fingerprint.to_string().into(),
        suppression.map_or("", |suppression| suppression.origin.name()).into(),
        suppression.map_or("".into(), |suppression| cell(&suppression.reason)),
    ]
}

fn of_subject(subject: &Subject) -> [Cow<'_, str>; 5] {
    [
        cell(&subject.object.api_version),
        cell(&subject.object.kind),
        cell(subject.object.namespace.as_deref().unwrap_or_default()),
        cell(&subject.object.name),
        cell(subject.container.as_deref().unwrap_or_default()),
    ]
}

/// A cell that no spreadsheet runs.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}").into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(cell("\t=1"), "\\t=1");
        assert_eq!(cell("a=1"), "a=1");
        assert_eq!(cell(""), "");
    }
}
