//! `seawall net map`: a readable picture of the permitted traffic, by namespace and workload.

use std::collections::BTreeMap;

use clap::Args;
use seawall_network::picture::{Picture, Place, Style};
use seawall_network::{Bounds, Connections, End, Network, Services};
use serde_json::json;

use super::focus::FocusArguments;
use super::list::{place, ports};
use super::notes::notes;
use super::output::{Document, Format, Table, Text};
use crate::Outcome;
use crate::global::Global;
use crate::sources::NamedSources;

/// Draw who may talk to whom, by namespace and workload
#[derive(Args)]
#[command(after_help = "Examples:
  seawall net map deploy/ -o html > map.html
  seawall net map --cluster -o svg > map.svg
  seawall net map deploy/ --namespaces -o mermaid

Where a workload may have the same with all of a namespace there is one arrow to the namespace, and
the other way round. Addresses outside are one box.

Exit codes: 0, 2 usage or input error; also 2 with --strict when something could not be read.")]
pub(super) struct Map {
    #[command(flatten)]
    sources: NamedSources,
    #[command(flatten)]
    focus: FocusArguments,
    /// One box a namespace
    #[arg(long)]
    namespaces: bool,
    /// Format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

/// Who is in the map: workloads by namespace, and one box for all addresses outside.
fn end_key(end: &End<'_, '_>, namespaces: bool) -> (Option<String>, String) {
    match end {
        End::Workload(workload) if !workload.controller => {
            if namespaces {
                (None, workload.namespace.to_owned())
            } else {
                let label = format!("{}[{}]", workload.name, workload.kind);
                (Some(workload.namespace.to_owned()), label)
            }
        }
        End::Outside(_) => (None, "outside".to_owned()),
        other => (None, other.to_string()),
    }
}

type Key = (Option<String>, String);

impl Map {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let read = self.sources.read(global)?;
        let network = Network::of(&read.inventory);
        self.focus.check(&network)?;
        let focus = self.focus.focus(&[&network])?;
        let (services, further) = Services::of(&network);
        let notes = notes(&network, &further, &focus.families);
        for note in &notes {
            tracing::warn!("{note}");
        }
        let mut pairs: BTreeMap<(Key, Key), (Connections, Connections)> = BTreeMap::new();
        Bounds::of(&network).lines(&services, &focus, |line| -> anyhow::Result<()> {
            let key = (end_key(&line.from, self.namespaces), end_key(&line.to, self.namespaces));
            let known = pairs.entry(key).or_default();
            known.0 = known.0.union(&line.connections);
            known.1 = known.1.union(&line.unknown);
            Ok(())
        })?;
        let mut picture = Picture::new("Permitted traffic");
        if !self.namespaces {
            for workload in network.workloads().iter().filter(|workload| !workload.controller) {
                place(&mut picture, &End::Workload(workload));
            }
        }
        for (((from_group, from), (to_group, to)), (sure, unknown)) in &pairs {
            let from = picture.place(from_group.as_deref(), from);
            // Outside stands twice: as who sends, and as who receives.
            let name = if to_group.is_none() && to == "outside" { "to outside" } else { to };
            let to = picture.place(to_group.as_deref(), name);
            if !sure.is_empty() {
                picture.arrow(from, to, label(sure), Style::Plain);
            }
            let unknown = unknown.difference(sure);
            if !unknown.is_empty() {
                picture.arrow(from, to, label(&unknown), Style::Unknown);
            }
        }
        let picture = picture.folded();
        let mut table = Table::new(&["source", "destination", "connections"]);
        for arrow in picture.arrows() {
            let name = |end: Place| picture.name(end);
            let mark = if arrow.style == Style::Unknown { " (unknown)" } else { "" };
            table.rows.push(vec![
                name(arrow.from),
                name(arrow.to),
                format!("{}{mark}", arrow.label),
            ]);
        }
        let rows: Vec<_> = pairs
            .iter()
            .map(|((from, to), (sure, unknown))| {
                json!({
                    "source": { "namespace": from.0, "name": from.1 },
                    "destination": { "namespace": to.0, "name": to.1 },
                    "ports": ports(sure),
                    "unknown": ports(&unknown.difference(sure)),
                })
            })
            .collect();
        let document = Document {
            title: "Permitted traffic".to_owned(),
            tables: vec![table],
            picture: Some(picture),
            json: json!({ "traffic": rows }),
            text: Text::Tables,
            notes,
        };
        document.write(self.output, &read.unread())?;
        Ok(read.outcome(Outcome::Clean))
    }
}

fn label(connections: &Connections) -> String {
    if connections.is_all() { "all".to_owned() } else { connections.to_string() }
}
