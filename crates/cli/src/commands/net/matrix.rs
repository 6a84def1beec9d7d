//! `seawall net matrix`: a truth table.

use clap::Args;
use seawall_network::{Bounds, Connections, Direction, Network, Peer};
use serde_json::json;

use super::eval::one_port;
use super::notes::notes;
use super::output::{Document, Format, Table, Text};
use crate::Outcome;
use crate::global::Global;
use crate::sources::NamedSources;

/// Most workloads that a table is made of.
const MOST: usize = 400;

/// Show a table of all pairs: may the one in the row connect to the one in the column?
#[derive(Args)]
#[command(after_help = "Examples:
  seawall net matrix deploy/ --port 80
  seawall net matrix deploy/ -n shop -o html > shop.html

With --port a cell is + (permitted), . (denied), ? (unknown) or # (the workload itself); without it,
the permitted connections.

Exit codes: 0, 2 usage or input error; also 2 with --strict when something could not be read.")]
pub(super) struct Matrix {
    #[command(flatten)]
    sources: NamedSources,
    /// Only this port: 80, udp/53
    #[arg(long, value_name = "PORT")]
    port: Option<String>,
    /// Only workloads of this namespace
    #[arg(short, long, value_name = "NAME", num_args = 1)]
    namespace: Vec<String>,
    /// Format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl Matrix {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let port = self.port.as_deref().map(one_port).transpose()?;
        let read = self.sources.read(global)?;
        read.refuse_strange(&self.namespace, "default")?;
        let network = Network::of(&read.inventory);
        let chosen: Vec<usize> = (0..network.workloads().len() - 1)
            .filter(|&number| {
                self.namespace.is_empty()
                    || self
                        .namespace
                        .iter()
                        .any(|name| name == network.workloads()[number].namespace)
            })
            .collect();
        if chosen.len() > MOST {
            anyhow::bail!(
                "{} workloads make too large a table: narrow it down with --namespace, or use \
                 `seawall net list`",
                chosen.len()
            );
        }
        let notes = notes(&network, &[], &seawall_network::address::Family::ALL);
        for note in &notes {
            tracing::warn!("{note}");
        }
        let cell = |(sure, unknown): (Connections, Connections)| match port {
            Some((protocol, port)) if sure.contains(protocol, port) => "+".to_owned(),
            Some((protocol, port)) if unknown.contains(protocol, port) => "?".to_owned(),
            Some(_) => ".".to_owned(),
            None if sure.is_all() => "all".to_owned(),
            None => match (sure.is_empty(), unknown.is_empty()) {
                (true, true) => "-".to_owned(),
                (false, true) => sure.to_string(),
                (true, false) => format!("unknown {unknown}"),
                (false, false) => format!("{sure} unknown {unknown}"),
            },
        };
        let mut bounds = Bounds::of(&network);
        let mut columns = vec!["from \\ to".to_owned()];
        columns.extend(chosen.iter().map(|&number| network.workloads()[number].to_string()));
        columns.push("outside".to_owned());
        let mut table = Table { title: None, columns, rows: Vec::new() };
        for &from in &chosen {
            let mut row = vec![network.workloads()[from].to_string()];
            for &to in &chosen {
                row.push(if from == to {
                    "#".to_owned()
                } else {
                    cell(bounds.between_workloads(from, to))
                });
            }
            row.push(cell(everywhere(&mut bounds, from, Direction::Egress)));
            table.rows.push(row);
        }
        let mut row = vec!["outside".to_owned()];
        for &to in &chosen {
            row.push(cell(everywhere(&mut bounds, to, Direction::Ingress)));
        }
        row.push("#".to_owned());
        table.rows.push(row);
        let json = json!({
            "port": port.map(|(protocol, port)| format!("{protocol} {port}")),
            "columns": table.columns[1..],
            "rows": table.rows.iter().map(|row| json!({ "from": row[0], "to": row[1..] })).collect::<Vec<_>>(),
        });
        let document = Document {
            title: "Who may talk to whom".to_owned(),
            tables: vec![table],
            picture: None,
            json,
            text: Text::Tables,
            notes,
        };
        document.write(self.output, &read.unread())?;
        Ok(read.outcome(Outcome::Clean))
    }
}

/// What a workload may have with some address outside.
fn everywhere(
    bounds: &mut Bounds<'_, '_>,
    workload: usize,
    direction: Direction,
) -> (Connections, Connections) {
    let network = bounds.network();
    let families = seawall_network::families(network);
    let parts = match direction {
        Direction::Ingress => network.sources(),
        Direction::Egress => network.destinations(),
    };
    let mut all = (Connections::NONE, Connections::NONE);
    for (part, range) in parts.iter().enumerate() {
        if families.contains(&range.family()) {
            let one = bounds.with_outside(workload, Peer::Outside(part), direction);
            all = (all.0.union(&one.0), all.1.union(&one.1));
        }
    }
    all.1 = all.1.difference(&all.0);
    all
}
