//! For people: what is wrong, by resource, with the source line and the field marked; then what to
//! do about it, what was not decided, what was not read, and what the exit code rests on.

use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use seawall_model::{Finding, PartOutcome, Severity, Subject};

use crate::escape::visible;
use crate::excerpt::excerpt;
use crate::framework::{Status, count, summarise};
use crate::hidden::{Hidden, INSTEAD};
use crate::order::{Failed, failed, reading_order};
use crate::place::{Place, Rendered};
use crate::summary::{ORIGINS, Summary, Verdict, plural};
use crate::{Report, batch};

/// Columns to which prose is broken.
const WIDTH: usize = 96;

/// Writes the text.
///
/// `verbose` also shows suppressed findings and documents that hold no Kubernetes object.
///
/// # Errors
///
/// Fails where `out` fails.
pub fn render(
    report: &Report<'_>,
    out: &mut dyn Write,
    colour: bool,
    verbose: bool,
) -> io::Result<()> {
    let hidden = Hidden::new(report.findings);
    let paint = Paint { colour };
    let page = Page { report, paint, codes: Codes::new(paint), verbose, hidden };
    let groups = page.groups();
    batch::write_all(&groups, out, |_, group, to| page.resource(group.clone(), to))?;
    let mut end = Vec::new();
    page.remedies(&mut end)?;
    page.unknown(&mut end)?;
    page.notices(&mut end)?;
    page.framework(&mut end)?;
    page.unread(&mut end)?;
    page.totals(&mut end)?;
    out.write_all(&end)
}

/// Styles, or none.
#[derive(Clone, Copy)]
struct Paint {
    colour: bool,
}

impl Paint {
    fn style(self, style: Style) -> Style {
        if self.colour { style } else { Style::new() }
    }

    fn severity(self, severity: Severity) -> Style {
        let colour = match severity {
            Severity::Critical => AnsiColor::BrightMagenta,
            Severity::High => AnsiColor::BrightRed,
            Severity::Medium => AnsiColor::Yellow,
            Severity::Low => AnsiColor::BrightBlue,
            Severity::Info => AnsiColor::BrightBlack,
        };
        self.style(colour.on_default().bold())
    }

    fn bold(self) -> Style {
        self.style(Style::new().bold())
    }

    fn faint(self) -> Style {
        self.style(AnsiColor::BrightBlack.on_default())
    }
}

/// A style as the codes that switch it on and off: of those, a page has many thousands.
struct Code {
    on: String,
    off: String,
}

impl Code {
    fn of(style: Style) -> Self {
        Code { on: style.render().to_string(), off: style.render_reset().to_string() }
    }
}

/// The codes of a finding's lines.
struct Codes {
    severities: [Code; Severity::ALL.len()],
    faint: Code,
}

impl Codes {
    fn new(paint: Paint) -> Self {
        let severities = Severity::ALL.map(|severity| Code::of(paint.severity(severity)));
        Codes { severities, faint: Code::of(paint.faint()) }
    }

    fn severity(&self, severity: Severity) -> &Code {
        // The list of all begins with the worst.
        &self.severities[Severity::Critical as usize - severity as usize]
    }
}

fn put(to: &mut Vec<u8>, texts: &[&str]) {
    texts.iter().for_each(|text| to.extend_from_slice(text.as_bytes()));
}

fn fill(to: &mut Vec<u8>, with: u8, count: usize) {
    to.resize(to.len() + count, with);
}

struct Page<'r> {
    report: &'r Report<'r>,
    paint: Paint,
    codes: Codes,
    verbose: bool,
    hidden: Hidden,
}

impl Page<'_> {
    fn shows(&self, finding: &Finding) -> bool {
        self.verbose || finding.suppressed.is_none()
    }

    /// Runs of findings that belong to one object.
    fn groups(&self) -> Vec<Range<usize>> {
        let mut groups = Vec::new();
        let mut start = 0;
        for run in
            self.report.findings.chunk_by(|a, b| a.site.subject.object == b.site.subject.object)
        {
            let end = start + run.len();
            if run.iter().any(|finding| self.shows(finding)) {
                groups.push(start..end);
            }
            start = end;
        }
        groups
    }

    /// One object: what it has itself first, then its containers as they stand; the worst first.
    fn resource(&self, group: Range<usize>, to: &mut Vec<u8>) -> io::Result<()> {
        let findings = &self.report.findings[group];
        let bold = self.paint.bold();
        let object = &findings[0].site.subject.object;
        let (name, version) = (object.to_string(), &object.api_version);
        writeln!(to, "{bold}{}{bold:#} ({})", visible(&name), visible(version))?;
        let shown = findings.iter().filter(|finding| self.shows(finding));
        let (containers, order) = reading_order(shown);
        let mut last = 0;
        for (container, finding) in order {
            if container != last {
                let name = visible(containers[container].unwrap_or_default());
                writeln!(to, "  container {bold}{name}{bold:#}")?;
                last = container;
            }
            self.finding(finding, to);
        }
        to.push(b'\n');
        Ok(())
    }

    fn finding(&self, finding: &Finding, to: &mut Vec<u8>) {
        let [severity, faint] = [self.codes.severity(finding.severity), &self.codes.faint];
        let (location, start) = (&finding.site.location, finding.site.start);
        let name = finding.severity.name();
        put(to, &["    ", &severity.on, name, "[", finding.check.id, "]", &severity.off, ": "]);
        put(to, &[&visible(&finding.message)]);
        if let Some(suppression) = &finding.suppressed {
            let origin = suppression.origin.name();
            put(to, &[" ", &faint.on, "(suppressed by ", origin]);
            if !suppression.reason.is_empty() {
                put(to, &[": ", &visible(&suppression.reason)]);
            }
            put(to, &[")", &faint.off]);
        }
        let (line, column) = (start.line.to_string(), start.column.to_string());
        put(to, &["\n    ", &faint.on]);
        fill(to, b' ', line.len() + 1);
        let file = visible(location.source.name());
        put(to, &["-->", &faint.off, " ", &file, ":", &line, ":", &column]);
        if let Some(rendered) = Rendered::of(location) {
            put(to, &[" ", &faint.on, "(", rendered.words(), ")", &faint.off]);
        }
        put(to, &["\n    ", &faint.on, " ", &line, " |"]);
        if self.hidden.holds(finding) {
            put(to, &[" ", INSTEAD, &faint.off, "\n"]);
            return;
        }
        let (text, from) = location.first_line();
        let span = location.span;
        let marked =
            excerpt(text, (span.start - from.min(span.start)) as usize, (span.end - from) as usize);
        put(to, &[&faint.off, " ", &marked.line, "\n    ", &faint.on, " "]);
        fill(to, b' ', line.len());
        put(to, &[" |", &faint.off, " "]);
        fill(to, b' ', marked.indent);
        put(to, &[&severity.on]);
        fill(to, b'^', marked.width);
        put(to, &[&severity.off, "\n"]);
    }

    /// The remedy of each check that found something that counts: once, not once a finding.
    fn remedies(&self, to: &mut Vec<u8>) -> io::Result<()> {
        let failed = failed(self.report);
        if failed.is_empty() {
            return Ok(());
        }
        self.heading("What to do", to)?;
        for Failed { check, severity, count, .. } in failed {
            let style = self.paint.severity(severity);
            writeln!(
                to,
                "  {style}{}{style:#} ({severity}, {}): {}",
                check.id,
                plural(count, "finding"),
                check.title
            )?;
            prose(check.remedy, "    ", to)?;
        }
        writeln!(to, "  More on a check: seawall explain CHECK\n")
    }

    fn unknown(&self, to: &mut Vec<u8>) -> io::Result<()> {
        if self.report.unknown.is_empty() {
            return Ok(());
        }
        self.heading("Not decided", to)?;
        for unknown in self.report.unknown {
            let place = Place::of(&unknown.location);
            let subject = subject(&unknown.subject);
            let (subject, reason) = (visible(&subject), visible(&unknown.reason));
            writeln!(to, "  {}: {subject}: {reason}", unknown.check.id)?;
            self.arrow(&place, to)?;
        }
        to.push(b'\n');
        Ok(())
    }

    fn notices(&self, to: &mut Vec<u8>) -> io::Result<()> {
        if self.report.notices.is_empty() {
            return Ok(());
        }
        self.heading("Exceptions that need a look", to)?;
        for notice in self.report.notices {
            writeln!(to, "  {}: {}", notice.kind.name(), visible(&notice.message))?;
            self.arrow(&Place::of(&notice.location), to)?;
        }
        to.push(b'\n');
        Ok(())
    }

    fn framework(&self, to: &mut Vec<u8>) -> io::Result<()> {
        let Some(framework) = self.report.framework else { return Ok(()) };
        let results = summarise(framework, self.report);
        self.heading(framework.title, to)?;
        let width = results.iter().map(|result| result.control.id.len()).max().unwrap_or(0);
        for result in &results {
            let style = match result.status {
                Status::Failed => self.paint.severity(Severity::High),
                Status::Unknown => self.paint.severity(Severity::Medium),
                Status::Passed => self.paint.style(AnsiColor::Green.on_default()),
                _ => self.paint.faint(),
            };
            let (name, control) = (result.status.name(), result.control);
            write!(to, "  {style}{name:14}{style:#}  {:width$}  {}", control.id, control.title)?;
            match result.status {
                Status::Failed => write!(to, " ({})", plural(result.findings, "finding"))?,
                Status::Excepted => write!(to, " ({} suppressed)", result.suppressed)?,
                Status::NotDecided(why) => write!(to, ": {why}")?,
                Status::Unknown | Status::Passed | Status::NotApplicable => {}
            }
            to.push(b'\n');
        }
        let counts: Vec<String> = count(&results)
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| format!("{count} {}", name.replace('-', " ")))
            .collect();
        writeln!(to, "  {}: {}\n", plural(results.len() as u64, "control"), counts.join(", "))
    }

    /// Everything that was met and not scanned; what holds no object only when asked for.
    fn unread(&self, to: &mut Vec<u8>) -> io::Result<()> {
        let mut listed = self
            .report
            .coverage
            .parts
            .iter()
            .filter(|part| match part.outcome {
                PartOutcome::Scanned { .. } => false,
                PartOutcome::NotKubernetes { .. } => self.verbose,
                PartOutcome::Template { .. } | PartOutcome::Unreadable { .. } => true,
            })
            .peekable();
        if listed.peek().is_none() {
            return Ok(());
        }
        self.heading("Not scanned", to)?;
        for part in listed {
            let style = if part.outcome.is_unread() {
                self.paint.severity(Severity::High)
            } else {
                self.paint.faint()
            };
            write!(to, "  {style}{}{style:#}  {}", part.outcome.name(), visible(&part.file))?;
            if part.line > 0 {
                write!(to, ":{}", part.line)?;
            }
            if let PartOutcome::Unreadable { column, .. } = part.outcome
                && column > 0
            {
                write!(to, ":{column}")?;
            }
            writeln!(to, ": {}", visible(&part.outcome.to_string()))?;
        }
        to.push(b'\n');
        Ok(())
    }

    fn totals(&self, to: &mut Vec<u8>) -> io::Result<()> {
        let report = self.report;
        let summary = Summary::of(report);
        let (bold, counts) = (self.paint.bold(), report.coverage.counts());
        write!(
            to,
            "{bold}Read{bold:#}   {}: {} with {} scanned",
            plural(counts.files, "file"),
            plural(counts.scanned, "document"),
            plural(counts.objects, "object"),
        )?;
        write!(to, ", {} not Kubernetes", counts.not_kubernetes)?;
        write!(to, ", {} unrendered", plural(counts.templates, "template"))?;
        write!(to, ", {} unreadable", counts.unreadable)?;
        if report.coverage.other_files > 0 {
            let other = plural(report.coverage.other_files, "file");
            write!(to, "; {other} of other names not looked into")?;
        }
        write!(to, "\n{bold}Found{bold:#}  {}", plural(summary.total(), "finding"))?;
        let mut between = ": ";
        for (severity, count) in summary.severities() {
            let style = self.paint.severity(severity);
            write!(to, "{between}{style}{count} {severity}{style:#}")?;
            between = ", ";
        }
        if summary.total_suppressed() > 0 {
            let by: Vec<String> = ORIGINS
                .into_iter()
                .zip(summary.suppressed)
                .filter(|(_, count)| *count > 0)
                .map(|(origin, count)| format!("{count} by {}", origin.name()))
                .collect();
            write!(to, "; {} suppressed ({})", summary.total_suppressed(), by.join(", "))?;
        }
        if !report.unknown.is_empty() {
            write!(to, "; {} not decided", report.unknown.len())?;
        }
        let Verdict { passes, word, why } = Verdict::of(report, &summary);
        let style = if passes {
            self.paint.style(AnsiColor::Green.on_default().bold())
        } else {
            self.paint.severity(Severity::High)
        };
        writeln!(to, "\n{style}{word:6}{style:#} {why}")
    }

    fn heading(&self, title: &str, to: &mut Vec<u8>) -> io::Result<()> {
        let bold = self.paint.bold();
        writeln!(to, "{bold}{title}{bold:#}")
    }

    fn arrow(&self, place: &Place<'_>, to: &mut Vec<u8>) -> io::Result<()> {
        let faint = self.paint.faint();
        let Place { file, start, .. } = place;
        writeln!(to, "    {faint}-->{faint:#} {}:{}:{}", visible(file), start.line, start.column)
    }
}

/// `Deployment shop/web, container app`.
pub(crate) fn subject(subject: &Subject) -> String {
    match &subject.container {
        Some(container) => format!("{}, container {container}", subject.object),
        None => subject.object.to_string(),
    }
}

/// Markdown as plain text: paragraphs broken to the width, code and lists as they stand.
fn prose(text: &str, indent: &str, to: &mut Vec<u8>) -> io::Result<()> {
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced || line.starts_with([' ', '-', '|']) {
            writeln!(to, "{indent}{line}")?;
        } else {
            let mut column = 0;
            for word in line.split_whitespace() {
                let length = word.chars().count();
                if column == 0 {
                    write!(to, "{indent}{word}")?;
                    column = indent.len() + length;
                } else if column + 1 + length <= WIDTH {
                    write!(to, " {word}")?;
                    column += 1 + length;
                } else {
                    write!(to, "\n{indent}{word}")?;
                    column = indent.len() + length;
                }
            }
            to.push(b'\n');
        }
    }
    Ok(())
}
