//! `seawall net lint`: what is wrong with the policies.

use clap::Args;
use seawall_network::lint::{RULES, lint, plugins};
use seawall_network::{Network, Services};
use serde_json::json;

use super::notes::notes;
use super::output::{Document, Format, Table, Text};
use crate::Outcome;
use crate::global::Global;
use crate::sources::NamedSources;

/// Find policies and rules that do not do what they say
#[derive(Args)]
#[command(
    name = "lint",
    after_help = "Examples:
  seawall net lint deploy/
  seawall net lint --cluster -o json
  seawall net lint --rules

Exit codes: 0 nothing found, 1 something is wrong, 2 usage or input error; also 2 with --strict when
something could not be read."
)]
pub(super) struct LintCommand {
    #[command(flatten)]
    sources: NamedSources,
    /// List the rules, with why each matters
    #[arg(long)]
    rules: bool,
    /// Format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl LintCommand {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        if self.rules {
            return self.list_rules();
        }
        let read = self.sources.read(global)?;
        let network = Network::of(&read.inventory);
        let (_, further) = Services::of(&network);
        let notes = notes(&network, &further, &seawall_network::address::Family::ALL);
        for note in &notes {
            tracing::warn!("{note}");
        }
        let mut table = Table::new(&["rule", "object", "place", "message"]);
        let mut rows = Vec::new();
        let found = lint(&network);
        for one in &found {
            let start = one.location.source.position(one.location.span.start);
            let place = format!("{}:{}:{}", one.location.source.name(), start.line, start.column);
            table.rows.push(vec![
                one.rule.to_owned(),
                one.object.to_string(),
                place,
                one.message.clone(),
            ]);
            rows.push(json!({
                "rule": one.rule,
                "object": one.object.to_string(),
                "file": one.location.source.name().as_ref(),
                "line": start.line,
                "column": start.column,
                "message": one.message,
            }));
        }
        let seen: Vec<&str> = plugins(&network).iter().map(|(plugin, _)| plugin.name()).collect();
        let document = Document {
            title: "Mistakes in network policies".to_owned(),
            tables: vec![table],
            picture: None,
            json: json!({ "findings": rows, "plugins": seen }),
            text: Text::or_tables(found.is_empty().then_some("Nothing found.\n")),
            notes,
        };
        document.write(self.output, &read.unread())?;
        let outcome = if found.is_empty() { Outcome::Clean } else { Outcome::Findings };
        Ok(read.outcome(outcome))
    }

    fn list_rules(&self) -> anyhow::Result<Outcome> {
        let mut table = Table::new(&["rule", "why"]);
        table.rows =
            RULES.iter().map(|rule| vec![rule.id.to_owned(), rule.why.to_owned()]).collect();
        let rows: Vec<_> =
            RULES.iter().map(|rule| json!({ "rule": rule.id, "why": rule.why })).collect();
        let document = Document {
            title: "Rules".to_owned(),
            tables: vec![table],
            picture: None,
            json: json!({ "rules": rows }),
            text: Text::Tables,
            notes: Vec::new(),
        };
        document.write(self.output, &[])?;
        Ok(Outcome::Clean)
    }
}
