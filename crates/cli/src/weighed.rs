//! Findings in profiles, as lines or JSON, and what they come to.

use clap::ValueEnum;
use seawall_podsecurity::{Place, Weight};
use seawall_report::list;
use serde_json::json;

use crate::Outcome;
use crate::output::to_stdout;

/// From which weight on findings fail the command.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Threshold {
    Note,
    Warning,
    Error,
}

impl Threshold {
    /// Whether a finding fails the command.
    pub(crate) fn met(self, weight: Weight) -> bool {
        weight
            >= match self {
                Threshold::Note => Weight::Note,
                Threshold::Warning => Weight::Warning,
                Threshold::Error => Weight::Error,
            }
    }
}

/// A finding in a profile.
pub(crate) struct Weighed {
    pub(crate) file: String,
    pub(crate) place: Place,
    pub(crate) weight: Weight,
    pub(crate) id: &'static str,
    pub(crate) message: String,
}

/// Writes the findings in some profiles, those that could not be read to standard error, and gives
/// the outcome.
pub(crate) fn report(
    findings: &[Weighed],
    unread: &[String],
    read: usize,
    as_json: bool,
    threshold: Threshold,
) -> anyhow::Result<Outcome> {
    to_stdout(|out| {
        if as_json {
            let list: Vec<_> = findings
                .iter()
                .map(|it| {
                    json!({
                        "file": it.file,
                        "line": it.place.line,
                        "column": it.place.column,
                        "weight": it.weight.to_string(),
                        "id": it.id,
                        "message": it.message,
                    })
                })
                .collect();
            let value = json!({ "findings": list, "unread": unread });
            serde_json::to_writer_pretty(&mut *out, &value)?;
            return writeln!(out);
        }
        for Weighed { file, place, weight, id, message } in findings {
            let line =
                format!("{file}:{}:{}: {weight}: {message} [{id}]", place.line, place.column);
            let line: String =
                line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
            writeln!(out, "{line}")?;
        }
        let count = |weight, noun: &str| {
            let count = findings.iter().filter(|it| it.weight == weight).count();
            format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
        };
        writeln!(
            out,
            "{read} profile{}: {}, {}, {}",
            if read == 1 { "" } else { "s" },
            count(Weight::Error, "error"),
            count(Weight::Warning, "warning"),
            count(Weight::Note, "note"),
        )?;
        list::remainder(unread, out)
    })?;
    for error in unread {
        tracing::error!("{error}");
    }
    Ok(if !unread.is_empty() {
        Outcome::InputError
    } else if findings.iter().any(|it| threshold.met(it.weight)) {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}
