//! The report for people: what is wrong first, and what was not decided as plainly as what was.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use seawall_report::visible;

use crate::outcome::{Patch, Verdict};
use crate::report::{ControlResult, Report, Tally};

/// How much is shown, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether to colour.
    pub colour: bool,
    /// Whether to show what passes and does not apply, and all evidence.
    pub verbose: bool,
}

/// Columns of the verdict.
const VERDICT: usize = 16;
/// Lines of evidence that are shown unless all are asked for.
const EVIDENCE: usize = 4;

/// Writes a report.
///
/// # Errors
///
/// Where the stream takes no more.
pub fn render(report: &Report, options: Options, out: &mut dyn Write) -> io::Result<()> {
    let version = report.kubernetes.as_deref().unwrap_or("of unknown version");
    let node = match &report.node {
        Some(node) => format!("node {}", visible(node)),
        None => "no node".to_owned(),
    };
    writeln!(
        out,
        "{}\n{node}, {}, Kubernetes {version}, {}",
        report.title,
        visible(&report.platform),
        report.time
    )?;
    let mut rest = &report.results[..];
    while let Some(first) = rest.first() {
        let size = rest.iter().take_while(|result| result.group == first.group).count();
        group(&rest[..size], options, out)?;
        rest = &rest[size..];
    }
    let tally = Tally::of(&report.results);
    writeln!(
        out,
        "\n{} {}: {} failed, {} unknown, {} for a person to answer, {} passed, {} not applicable",
        report.results.len(),
        if report.results.len() == 1 { "control" } else { "controls" },
        tally.fail,
        tally.unknown,
        tally.manual,
        tally.pass,
        tally.not_applicable
    )
}

fn group(results: &[ControlResult], options: Options, out: &mut dyn Write) -> io::Result<()> {
    let shown = |result: &&ControlResult| {
        options.verbose || !matches!(result.verdict, Verdict::Pass | Verdict::NotApplicable)
    };
    writeln!(out, "\n{}", bold(options, &results[0].group))?;
    let mut told: Vec<(Verdict, &str)> = Vec::new();
    for result in results.iter().filter(shown) {
        let reason = (result.verdict, result.reason.as_str());
        if told.contains(&reason) {
            continue;
        }
        // What is not known of many for one reason is said once.
        let same: Vec<&str> = results
            .iter()
            .filter(|one| (one.verdict, one.reason.as_str()) == reason)
            .map(|one| one.id.as_str())
            .collect();
        if options.verbose || result.verdict == Verdict::Fail || same.len() < 3 {
            control(result, options, out)?;
        } else {
            told.push(reason);
            let word = verdict(options, result.verdict);
            writeln!(out, "  {word}{}: {}", same.join(", "), visible(&result.reason))?;
        }
    }
    let passed = results.iter().filter(|result| result.verdict == Verdict::Pass).count();
    let left = results.iter().filter(|result| result.verdict == Verdict::NotApplicable).count();
    match (options.verbose, passed, left) {
        (true, ..) | (_, 0, 0) => Ok(()),
        (_, passed, 0) => writeln!(out, "  {passed} passed"),
        (_, 0, left) => writeln!(out, "  {left} not applicable"),
        (_, passed, left) => writeln!(out, "  {passed} passed, {left} not applicable"),
    }
}

fn control(result: &ControlResult, options: Options, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {}{} {}", verdict(options, result.verdict), result.id, result.title)?;
    let indent = " ".repeat(VERDICT + 2);
    writeln!(out, "{indent}{}", visible(&result.reason))?;
    let most = if options.verbose { result.evidence.len() } else { EVIDENCE };
    for evidence in result.evidence.iter().take(most) {
        writeln!(out, "{indent}- {}", visible(&evidence.to_string()))?;
    }
    if result.evidence.len() > most {
        writeln!(out, "{indent}- and {} more (--verbose)", result.evidence.len() - most)?;
    }
    if result.verdict == Verdict::Fail {
        writeln!(out, "{indent}remedy: {}", result.remedy)?;
    }
    Ok(())
}

/// What is to be changed besides the texts of files, one line each.
///
/// # Errors
///
/// Where the stream takes no more.
pub fn patch(one: &Patch, out: &mut dyn Write) -> io::Result<()> {
    match one {
        Patch::Mode { path, from, to } => {
            writeln!(out, "# chmod {to} {}  (is {from})", visible(path))
        }
        Patch::Owner { path, from, to } => {
            writeln!(out, "# chown {to} {}  (is {})", visible(path), visible(from))
        }
        Patch::Flag { component, flag, from, to, file } => {
            let file = file.as_deref().map_or(String::new(), |file| format!(" in {file}"));
            let is = match from {
                Some(from) => format!("is {from}"),
                None => "is not set".to_owned(),
            };
            let line = match to {
                Some(to) => format!("# {component}: --{flag}={to}  ({is}{file})"),
                None => format!("# {component}: remove --{flag}  ({is}{file})"),
            };
            writeln!(out, "{}", visible(&line))
        }
        Patch::Field { file, field, to, .. } => {
            let to = to.as_deref().unwrap_or("(remove)");
            writeln!(out, "{}", visible(&format!("# {file}: {field}: {to}")))
        }
        Patch::Line { file, line } => writeln!(out, "{}", visible(&format!("# {file}: {line}"))),
    }
}

fn verdict(options: Options, verdict: Verdict) -> String {
    let colour = match verdict {
        Verdict::Fail => AnsiColor::Red,
        Verdict::Unknown => AnsiColor::Yellow,
        Verdict::Manual => AnsiColor::Cyan,
        Verdict::Pass => AnsiColor::Green,
        Verdict::NotApplicable => AnsiColor::White,
    };
    let padded = format!("{:VERDICT$}", verdict.name());
    if !options.colour {
        return padded;
    }
    let style = Style::new().fg_color(Some(colour.into()));
    format!("{style}{padded}{style:#}")
}

fn bold(options: Options, text: &str) -> String {
    if !options.colour {
        return text.to_owned();
    }
    let style = Style::new().bold();
    format!("{style}{text}{style:#}")
}
