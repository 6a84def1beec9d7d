//! kube-bench's text for people.

use std::io::{self, Write};

use super::check::State;
use super::run::{ControlsResult, Run, Summary};

/// What to leave out of the text, and what to put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of kube-bench")]
pub struct TextOptions {
    /// The verdict of each check.
    pub results: bool,
    /// What to do about failures.
    pub remediations: bool,
    /// The counts of each controls file.
    pub summary: bool,
    /// The counts over all of them.
    pub totals: bool,
    /// What failing tests looked at.
    pub output: bool,
    /// Colour for a terminal.
    pub colour: bool,
}

impl Default for TextOptions {
    /// As kube-bench prints without flags, uncoloured.
    fn default() -> Self {
        TextOptions {
            results: true,
            remediations: true,
            summary: true,
            totals: true,
            output: false,
            colour: false,
        }
    }
}

/// Writes a run.
///
/// # Errors
///
/// Where `out` fails.
pub fn write_text(run: &Run, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { colour: options.colour, out };
    for controls in &run.controls {
        if options.results {
            page.results(controls, options.output)?;
        }
        let summary = Summary::of(controls.results());
        if options.remediations && summary.fail + summary.warn > 0 {
            page.remediations(controls)?;
        }
        if options.summary {
            page.summary(summary, &controls.node_type)?;
        }
    }
    if options.totals {
        page.summary(Summary::of(run.results()), "total")?;
    }
    Ok(())
}

struct Page<'o> {
    colour: bool,
    out: &'o mut dyn Write,
}

impl Page<'_> {
    fn coloured(&mut self, state: State, text: &str) -> io::Result<()> {
        if !self.colour {
            return self.out.write_all(text.as_bytes());
        }
        let code = match state {
            State::Pass => 32,
            State::Fail => 31,
            State::Warn => 33,
            State::Info => 34,
        };
        write!(self.out, "\x1b[{code}m{text}\x1b[0m")
    }

    fn line(&mut self, state: State, id: &str, text: &str) -> io::Result<()> {
        self.coloured(state, &format!("[{}] ", state.name()))?;
        writeln!(self.out, "{id} {}", visible(text))
    }

    fn results(&mut self, controls: &ControlsResult, output: bool) -> io::Result<()> {
        self.line(State::Info, &controls.id, &controls.text)?;
        for group in &controls.groups {
            self.line(State::Info, &group.id, &group.text)?;
            for result in &group.checks {
                let (check, judged) = (&result.check, &result.judged);
                self.line(judged.state, &check.id, &check.text)?;
                if output && judged.state == State::Fail && !judged.actual.is_empty() {
                    for row in judged.actual.split('\n') {
                        writeln!(self.out, "\t {}", visible(row))?;
                    }
                }
            }
        }
        writeln!(self.out)
    }

    fn remediations(&mut self, controls: &ControlsResult) -> io::Result<()> {
        self.coloured(State::Warn, &format!("== Remediations {} ==\n", controls.node_type))?;
        for result in controls.results() {
            let (check, judged) = (&result.check, &result.judged);
            match judged.state {
                State::Warn if !judged.reason.is_empty() && check.kind != "manual" => writeln!(
                    self.out,
                    "{} audit test did not run: {}",
                    check.id,
                    visible(&judged.reason)
                )?,
                State::Fail | State::Warn => {
                    writeln!(self.out, "{} {}", check.id, visible(&check.remediation))?;
                }
                State::Pass | State::Info => {}
            }
        }
        writeln!(self.out)
    }

    fn summary(&mut self, summary: Summary, name: &str) -> io::Result<()> {
        let worst = match summary {
            Summary { fail: 1.., .. } => State::Fail,
            Summary { warn: 1.., .. } => State::Warn,
            _ => State::Pass,
        };
        self.coloured(worst, &format!("== Summary {name} ==\n"))?;
        let Summary { pass, fail, warn, info } = summary;
        write!(
            self.out,
            "{pass} checks PASS\n{fail} checks FAIL\n{warn} checks WARN\n{info} checks INFO\n\n"
        )
    }
}

/// A text without control characters that could paint over a terminal.
fn visible(text: &str) -> String {
    let keep = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().map(|c| if keep(c) { c } else { '\u{fffd}' }).collect()
}
