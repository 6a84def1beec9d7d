//! `seawall net exposure`: who is open to the whole cluster or to outside?

use clap::Args;
use seawall_network::picture::{Picture, Style};
use seawall_network::{Bounds, Connections, End, Network, Openness, Services, exposure};
use serde_json::{Value, json};

use super::list::{place, ports};
use super::notes::notes;
use super::output::{Document, Format, Table, Text};
use crate::Outcome;
use crate::global::Global;
use crate::sources::NamedSources;

/// Show who is open to the whole cluster or to outside, and by which way in
#[derive(Args)]
#[command(after_help = "Examples:
  seawall net exposure deploy/
  seawall net exposure --cluster --outside-only

CLUSTER is what any pod may have, whatever its labels and namespace; OUTSIDE what some address
outside may have by the policies; WAYS IN what leads there: Ingress, Route, Gateway API routes, load
balancers, node ports, external addresses.

Exit codes: 0, 2 usage or input error; also 2 with --strict when something could not be read.")]
pub(super) struct Exposure {
    #[command(flatten)]
    sources: NamedSources,
    /// Only workloads of this namespace
    #[arg(short, long, value_name = "NAME", num_args = 1)]
    namespace: Vec<String>,
    /// Only workloads that a way in leads to
    #[arg(long)]
    outside_only: bool,
    /// Format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

fn shown(connections: &Connections) -> String {
    if connections.is_empty() {
        "-".to_owned()
    } else if connections.is_all() {
        "all".to_owned()
    } else {
        connections.to_string()
    }
}

/// What addresses outside may have; with a mark where not all of them may.
fn outside(openness: &Openness) -> String {
    let text = shown(&openness.somewhere);
    if openness.everywhere == openness.somewhere {
        text
    } else {
        format!("{text} (some addresses)")
    }
}

impl Exposure {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let read = self.sources.read(global)?;
        read.refuse_strange(&self.namespace, "default")?;
        let network = Network::of(&read.inventory);
        let (services, mut further) = Services::of(&network);
        further.extend(seawall_network::ways_in(&network, &services).1);
        let notes = notes(&network, &further, &seawall_network::address::Family::ALL);
        for note in &notes {
            tracing::warn!("{note}");
        }
        let mut table =
            Table::new(&["workload", "direction", "selected", "cluster", "outside", "ways in"]);
        let mut picture = Picture::new("Exposure");
        let mut rows = Vec::new();
        for found in exposure(&mut Bounds::of(&network), &services) {
            let workload = &network.workloads()[found.workload];
            let wanted = self.namespace.is_empty()
                || self.namespace.iter().any(|name| name == workload.namespace);
            if !wanted || (self.outside_only && found.ways.is_empty()) {
                continue;
            }
            let mut ways: Vec<String> = Vec::new();
            for way in &found.ways {
                let said =
                    format!("{} ({}): {}", way.through.name(), way.object.id(), way.connections);
                if !ways.contains(&said) {
                    ways.push(said);
                }
            }
            if found.host_network {
                ways.push("the network of its node, which policies may not guard".to_owned());
            }
            let name = workload.to_string();
            let selected = |openness: &Openness| if openness.selected { "yes" } else { "no" };
            let listed = if ways.is_empty() { "-".to_owned() } else { ways.join("; ") };
            table.rows.push(vec![
                name.clone(),
                "ingress".to_owned(),
                selected(&found.ingress).to_owned(),
                shown(&found.ingress.cluster),
                outside(&found.ingress),
                listed,
            ]);
            table.rows.push(vec![
                name.clone(),
                "egress".to_owned(),
                selected(&found.egress).to_owned(),
                shown(&found.egress.cluster),
                outside(&found.egress),
                "-".to_owned(),
            ]);
            let own = place(&mut picture, &End::Workload(workload));
            let mut arrow = |label: &str, inward: bool, connections: &Connections| {
                if !connections.is_empty() {
                    let other = picture.place(None, label);
                    let (from, to) = if inward { (other, own) } else { (own, other) };
                    picture.arrow(from, to, shown(connections), Style::Plain);
                }
            };
            arrow("any pod", true, &found.ingress.cluster);
            arrow("whole cluster", false, &found.egress.cluster);
            arrow("outside", false, &found.egress.somewhere);
            for way in &found.ways {
                arrow(way.through.name(), true, &way.connections);
            }
            let side = |openness: &Openness| -> Value {
                json!({
                    "selected": openness.selected,
                    "cluster": ports(&openness.cluster),
                    "everyAddress": ports(&openness.everywhere),
                    "someAddress": ports(&openness.somewhere),
                })
            };
            rows.push(json!({
                "workload": name,
                "hostNetwork": found.host_network,
                "ingress": side(&found.ingress),
                "egress": side(&found.egress),
                "waysIn": found.ways.iter().map(|way| json!({
                    "through": way.through.name(),
                    "object": way.object.id().to_string(),
                    "connections": ports(&way.connections),
                })).collect::<Vec<_>>(),
            }));
        }
        let document = Document {
            title: "Exposure".to_owned(),
            tables: vec![table],
            picture: Some(picture.folded()),
            json: json!({ "workloads": rows }),
            text: Text::Tables,
            notes,
        };
        document.write(self.output, &read.unread())?;
        Ok(read.outcome(Outcome::Clean))
    }
}
