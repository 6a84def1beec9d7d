//! `seawall net list`: all permitted connections, by workload.

use std::io;

use anyhow::Context as _;
use clap::Args;
use seawall_network::picture::{Picture, Style};
use seawall_network::{Bounds, Connections, End, Focus, Line, Network, Services};
use seawall_report::list;
use serde_json::{Value, json};

use super::focus::FocusArguments;
use super::notes::notes;
use super::output::{Document, Format, Table, Text, csv_row, printable};
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::NamedSources;

/// List all permitted connections, by workload
#[derive(Args)]
#[command(after_help = "Examples:
  seawall net list deploy/
  seawall net list deploy/ --focus shop/web --focus-direction ingress
  seawall net list --cluster -n shop -o svg > shop.svg

Each line is SOURCE => DESTINATION : CONNECTIONS. What depends on something that can't be decided is
behind (unknown: ...).

Exit codes: 0, 2 usage or input error; also 2 with --strict when something could not be read.")]
pub(super) struct List {
    #[command(flatten)]
    sources: NamedSources,
    #[command(flatten)]
    focus: FocusArguments,
    /// Format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl List {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let read = self.sources.read(global)?;
        let network = Network::of(&read.inventory);
        self.focus.check(&network)?;
        let focus = self.focus.focus(&[&network])?;
        let (services, mut further) = Services::of(&network);
        let (_, problems) = seawall_network::ways_in(&network, &services);
        further.extend(problems);
        let notes = notes(&network, &further, &focus.families);
        for note in &notes {
            tracing::warn!("{note}");
        }
        let mut bounds = Bounds::of(&network);
        let unread = read.unread();
        // Lists may be longer than memory: these formats are written as they are found.
        match self.output {
            Format::Text => to_stdout(|out| {
                bounds.lines(&services, &focus, |line| {
                    writeln!(out, "{}", printable(&line.to_string()))
                })?;
                list::remainder(&unread, out)
            })?,
            Format::Csv => to_stdout(|out| {
                csv_row(out, &COLUMNS.map(str::to_uppercase))?;
                bounds.lines(&services, &focus, |line| csv_row(out, &cells(line)))
            })?,
            format => document(&mut bounds, &services, &focus, notes)
                .context("can't write the list")?
                .write(format, &unread)?,
        }
        Ok(read.outcome(Outcome::Clean))
    }
}

const COLUMNS: [&str; 4] = ["source", "destination", "connections", "unknown"];

fn cells(line: &Line<'_, '_>) -> [String; 4] {
    let unknown = if line.unknown.is_empty() { String::new() } else { line.unknown.to_string() };
    [line.from.to_string(), line.to.to_string(), line.connections.to_string(), unknown]
}

/// A set of connections for programs.
pub(super) fn ports(connections: &Connections) -> Value {
    let mut object = serde_json::Map::new();
    for (protocol, ports) in connections.iter() {
        let ranges: Vec<Value> =
            ports.ranges().iter().map(|(first, last)| json!([first, last])).collect();
        object.insert(protocol.name().to_owned(), json!(ranges));
    }
    Value::Object(object)
}

/// Where an end stands in a picture.
pub(super) fn place(picture: &mut Picture, end: &End<'_, '_>) -> usize {
    match end {
        End::Workload(workload) if !workload.controller => {
            let label = format!("{}[{}]", workload.name, workload.kind);
            picture.place(Some(workload.namespace), &label)
        }
        other => picture.place(None, &other.to_string()),
    }
}

fn document<'a>(
    bounds: &mut Bounds<'_, 'a>,
    services: &Services<'a>,
    focus: &Focus,
    notes: Vec<String>,
) -> io::Result<Document> {
    let mut table = Table::new(&COLUMNS);
    let mut picture = Picture::new("Permitted connections");
    let mut lines = Vec::new();
    // Whoever may talk to nobody is shown too.
    let network = bounds.network();
    if focus.on.is_empty() && focus.with.is_empty() && focus.namespaces.is_empty() {
        for workload in network.workloads().iter().filter(|workload| !workload.controller) {
            place(&mut picture, &End::Workload(workload));
        }
    }
    bounds.lines(services, focus, |line| -> io::Result<()> {
        table.rows.push(cells(line).to_vec());
        let (from, to) = (place(&mut picture, &line.from), place(&mut picture, &line.to));
        if !line.connections.is_empty() {
            picture.arrow(from, to, line.connections.to_string(), Style::Plain);
        }
        if !line.unknown.is_empty() {
            picture.arrow(from, to, line.unknown.to_string(), Style::Unknown);
        }
        lines.push(json!({
            "source": line.from.to_string(),
            "destination": line.to.to_string(),
            "connections": line.connections.to_string(),
            "ports": ports(&line.connections),
            "unknown": ports(&line.unknown),
        }));
        Ok(())
    })?;
    Ok(Document {
        title: "Permitted connections".to_owned(),
        tables: vec![table],
        picture: Some(picture),
        json: json!({ "connections": lines }),
        text: Text::Tables,
        notes,
    })
}
