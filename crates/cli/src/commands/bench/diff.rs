//! `seawall bench diff`: what has changed between two runs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use seawall_bench::drift::{Change, ChangeKind, drift};
use seawall_bench::gather::Gathered;
use seawall_bench::{Report, Verdict};

use crate::Outcome;
use crate::output::to_stdout;

/// Show what has changed since an earlier run
///
/// Both may be anything that `bench gather` reads. Nodes are told apart by their names.
#[derive(Args)]
#[command(after_help = "Examples:
  seawall bench diff monday.json today.json
  seawall bench diff monday.json results/ -o json

Exit codes: 0 nothing is worse, 1 something is, or is not looked at any more, 2 usage or input
error.")]
pub(crate) struct Diff {
    /// The earlier results
    old: PathBuf,
    /// The later ones
    new: PathBuf,
    /// How to show the changes
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A list of changes
    Json,
}

impl Diff {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        let changes = drift(&reports(&self.old)?, &reports(&self.new)?);
        to_stdout(|out| match self.output {
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &changes)?;
                out.write_all(b"\n")
            }
            Format::Text => text(&changes, out),
        })?;
        let worse =
            |change: &Change| matches!(change.kind, ChangeKind::Regression | ChangeKind::Gone);
        Ok(if changes.iter().any(worse) { Outcome::Findings } else { Outcome::Clean })
    }
}

fn reports(path: &Path) -> anyhow::Result<Vec<Report>> {
    let mut gathered = Gathered::default();
    gathered.add(path)?;
    Ok(gathered.reports)
}

fn text(changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    for change in changes {
        let name = |verdict: Option<Verdict>| verdict.map_or("not looked at", Verdict::name);
        writeln!(
            out,
            "{:8} {} {} {}: {} -> {}",
            change.kind.name(),
            seawall_report::visible(change.node.as_deref().unwrap_or("-")),
            change.id,
            seawall_report::visible(&change.title),
            name(change.before),
            name(change.after)
        )?;
        if change.kind == ChangeKind::Regression {
            writeln!(out, "         {}", seawall_report::visible(&change.reason))?;
        }
        for seen in &change.seen {
            let value = |value: &Option<String>| {
                seawall_report::visible(value.as_deref().unwrap_or("not set")).into_owned()
            };
            let item = seawall_report::visible(&seen.item);
            writeln!(out, "         {item}: {} -> {}", value(&seen.before), value(&seen.after))?;
        }
    }
    let count = |kind| changes.iter().filter(|change| change.kind == kind).count();
    writeln!(
        out,
        "{} worse, {} better, {} not looked at any more, {} otherwise changed",
        count(ChangeKind::Regression),
        count(ChangeKind::Improvement),
        count(ChangeKind::Gone),
        count(ChangeKind::Other) + count(ChangeKind::Value)
    )
}
