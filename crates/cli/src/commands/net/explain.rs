//! `seawall net explain`: which policies speak for a workload, and what decides each part of what
//! it may have with another.

use clap::Args;
use seawall_network::picture::{Picture, Style};
use seawall_network::{Answer, Direction, Name, Network, reasons};
use serde_json::json;

use super::eval::{policy_name, reason, rule_name};
use super::notes::notes;
use super::output::{Document, Format, Table, Text};
use super::peer::endpoints;
use crate::Outcome;
use crate::global::Global;
use crate::sources::Sources;

/// Say which policies and rules decide what a workload may send and receive
#[derive(Args)]
#[command(after_help = "Examples:
  seawall net explain shop/web -f deploy/
  seawall net explain shop/web shop/db -f deploy/

With one peer: the policies that select it, rule by rule. With two: every protocol and port between
them, with what decides it.

Exit codes: 0, 2 usage or input error; also 2 with --strict when something could not be read.")]
pub(super) struct Explain {
    /// The workload or pod, or who sends
    #[arg(value_name = "PEER")]
    from: Name,
    /// Who receives
    #[arg(value_name = "DESTINATION")]
    to: Option<Name>,
    #[command(flatten)]
    sources: Sources,
    /// Format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl Explain {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let read = self.sources.read(global)?;
        let network = Network::of(&read.inventory);
        let mut document = match &self.to {
            None => policies(&network, &self.from)?,
            Some(to) => between(&network, &self.from, to)?,
        };
        document.notes = notes(&network, &[], &seawall_network::address::Family::ALL);
        for note in &document.notes {
            tracing::warn!("{note}");
        }
        document.write(self.output, &read.unread())?;
        Ok(read.outcome(Outcome::Clean))
    }
}

fn between(network: &Network<'_>, from: &Name, to: &Name) -> anyhow::Result<Document> {
    let mut table =
        Table::new(&["source", "destination", "connections", "answer", "egress", "ingress"]);
    let mut picture = Picture::new("What decides");
    let mut json_rows = Vec::new();
    for source in endpoints(network, from, false)? {
        for target in endpoints(network, to, true)? {
            for (connections, found) in reasons(network, source.endpoint, target.endpoint) {
                let (egress, ingress) =
                    (reason(network, &found.egress), reason(network, &found.ingress));
                let (egress, ingress) = match found.always {
                    Some(always) => (always.to_owned(), always.to_owned()),
                    None => (egress, ingress),
                };
                let ends = (picture.place(None, &source.label), picture.place(None, &target.label));
                let style = match found.answer {
                    Answer::Yes => Style::Plain,
                    Answer::No => Style::Denied,
                    Answer::Unknown => Style::Unknown,
                };
                picture.arrow(ends.0, ends.1, connections.to_string(), style);
                json_rows.push(json!({
                    "source": source.label,
                    "destination": target.label,
                    "connections": connections.to_string(),
                    "ports": super::list::ports(&connections),
                    "answer": found.answer.name(),
                    "egress": egress,
                    "ingress": ingress,
                }));
                table.rows.push(vec![
                    source.label.clone(),
                    target.label.clone(),
                    connections.to_string(),
                    found.answer.name().to_owned(),
                    egress,
                    ingress,
                ]);
            }
        }
    }
    let mut text = String::new();
    for row in &table.rows {
        text.push_str(&format!(
            "{} => {} : {} : {}\n  egress:  {}\n  ingress: {}\n",
            row[0], row[1], row[2], row[3], row[4], row[5]
        ));
    }
    Ok(Document {
        title: "What decides".to_owned(),
        tables: vec![table],
        picture: Some(picture),
        json: json!({ "decisions": json_rows }),
        text: Text::Prose(text),
        notes: Vec::new(),
    })
}

fn policies(network: &Network<'_>, name: &Name) -> anyhow::Result<Document> {
    let mut table = Table::new(&["peer", "direction", "tier", "policy", "rule"]);
    let mut text = String::new();
    for peer in endpoints(network, name, true)? {
        let seawall_network::Peer::Class(class) = peer.endpoint.peer(network) else {
            anyhow::bail!("no policy selects {}: name a workload or pod", peer.label);
        };
        text.push_str(&format!("{}\n", peer.label));
        for direction in Direction::ALL {
            let applying: Vec<_> = network.applying(direction, class).collect();
            if applying.is_empty() {
                text.push_str(&format!(
                    "  {}: no policy selects it, so everything is permitted\n",
                    direction.field()
                ));
                table.rows.push(vec![
                    peer.label.clone(),
                    direction.field().to_owned(),
                    String::new(),
                    "none".to_owned(),
                    "everything is permitted".to_owned(),
                ]);
                continue;
            }
            text.push_str(&format!("  {}:\n", direction.field()));
            for policy in applying {
                let Some(side) = policy.side(direction) else { continue };
                let tier = &network.tiers()[policy.tier].name;
                let isolates = if side.isolates { ", isolates" } else { "" };
                let surely = if policy.subject.contains(class) { "" } else { ", perhaps" };
                text.push_str(&format!(
                    "    {} (tier {tier}{isolates}{surely})\n",
                    policy_name(policy)
                ));
                let mut row = |rule: String| {
                    table.rows.push(vec![
                        peer.label.clone(),
                        direction.field().to_owned(),
                        tier.clone(),
                        policy_name(policy),
                        rule,
                    ]);
                };
                if side.rules.is_empty() {
                    text.push_str("      no rule\n");
                    row("no rule".to_owned());
                }
                for rule in &side.rules {
                    let said = format!(
                        "{}: {} {} {}",
                        rule_name(policy, rule, direction),
                        super::matched::ports(rule),
                        if direction == Direction::Ingress { "from" } else { "to" },
                        super::matched::peers(network, rule)
                    );
                    text.push_str(&format!("      {said}\n"));
                    row(said);
                }
            }
        }
    }
    let rows: Vec<_> = table
        .rows
        .iter()
        .map(|row| {
            json!({
                "peer": row[0], "direction": row[1], "tier": row[2], "policy": row[3], "rule": row[4],
            })
        })
        .collect();
    Ok(Document {
        title: "Policies".to_owned(),
        tables: vec![table],
        picture: None,
        json: json!({ "policies": rows }),
        text: Text::Prose(text),
        notes: Vec::new(),
    })
}
