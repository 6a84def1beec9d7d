//! `seawall net diff`: what a change of manifests changes in who may talk to whom.

use clap::Args;
use seawall_network::picture::{Picture, Style};
use seawall_network::{Change, Network, diff};
use serde_json::json;

use super::focus::FocusArguments;
use super::list::ports;
use super::notes::notes;
use super::output::{Document, Format, Table, Text};
use crate::Outcome;
use crate::global::Global;
use crate::sources::Sources;

/// Compare who may talk to whom before and after a change
#[derive(Args)]
#[command(after_help = "Examples:
  seawall net diff before/ after/
  seawall net diff cluster-bundle/ deploy/ -o md

What depends on something that can't be decided counts as permitted.

Exit codes: 0 nothing changes, 1 something does, 2 usage or input error; also 2 with --strict when
something could not be read.")]
pub(super) struct Diff {
    /// Files, directory, chart or bundle before the change
    #[arg(value_name = "BEFORE")]
    before: String,
    /// And after it
    #[arg(value_name = "AFTER")]
    after: String,
    #[command(flatten)]
    focus: FocusArguments,
    /// Exit with 2 when something could not be read
    #[arg(long)]
    strict: bool,
    /// Format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl Diff {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let before = Sources::of(self.before.clone()).strict(self.strict).read(global)?;
        let after = Sources::of(self.after.clone()).strict(self.strict).read_further(global)?;
        let (old, new) = (Network::of(&before.inventory), Network::of(&after.inventory));
        let focus = self.focus.focus(&[&old, &new])?;
        let mut told = notes(&old, &[], &focus.families);
        told.extend(notes(&new, &[], &focus.families));
        told.dedup();
        for note in &told {
            tracing::warn!("{note}");
        }
        let differences = diff(&before.inventory, &after.inventory, &focus);
        let mut table =
            Table::new(&["change", "source", "destination", "before", "after", "workloads"]);
        let mut picture = Picture::new("Changes");
        let mut rows = Vec::new();
        for difference in &differences {
            let workloads: Vec<String> = difference
                .new
                .iter()
                .map(|name| format!("{name} is new"))
                .chain(difference.gone.iter().map(|name| format!("{name} is gone")))
                .collect();
            table.rows.push(vec![
                difference.change.name().to_owned(),
                difference.from.clone(),
                difference.to.clone(),
                difference.before.to_string(),
                difference.after.to_string(),
                workloads.join(", "),
            ]);
            let mut end = |name: &str| match name.split_once('/') {
                Some((space, rest)) if !name.contains("[External]") => {
                    picture.place(Some(space), rest)
                }
                _ => picture.place(None, name),
            };
            let (from, to) = (end(&difference.from), end(&difference.to));
            let (style, label) = match difference.change {
                Change::Added => (Style::Added, difference.after.to_string()),
                Change::Removed => (Style::Removed, difference.before.to_string()),
                Change::Changed => {
                    (Style::Changed, format!("{} was {}", difference.after, difference.before))
                }
            };
            picture.arrow(from, to, label, style);
            rows.push(json!({
                "change": difference.change.name(),
                "source": difference.from,
                "destination": difference.to,
                "before": ports(&difference.before),
                "after": ports(&difference.after),
                "new": difference.new,
                "gone": difference.gone,
            }));
        }
        let text = Text::or_tables(differences.is_empty().then_some("Nothing changes.\n"));
        let document = Document {
            title: "Changes of permitted connections".to_owned(),
            tables: vec![table],
            picture: Some(picture.folded()),
            json: json!({ "differences": rows }),
            text,
            notes: told,
        };
        document.write(self.output, &[before.unread(), after.unread()].concat())?;
        let outcome = if differences.is_empty() { Outcome::Clean } else { Outcome::Findings };
        Ok(after.outcome(before.outcome(outcome)))
    }
}
