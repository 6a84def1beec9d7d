//! `seawall net generate`: least policies from flows or manifests, verified; and what an existing set
//! would block.

use std::io::Read as _;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use seawall_network::flows::{Flow, Notation};
use seawall_network::generate::{Link, Links, Options, check, declared, generate, resolve, verify};
use seawall_network::picture::{Picture, Style};
use seawall_network::{Network, Services, explain};
use serde_json::{Value, json};

use super::eval::reason;
use super::notes::notes;
use super::output::{Document, Format, Table, Text};
use crate::Outcome;
use crate::global::Global;
use crate::sources::NamedSources;

/// Most flows that are named one by one in messages.
const MOST: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FlowFormat {
    /// Told from the file
    Auto,
    /// source, destination, protocol and port, in a list or one object a line
    Json,
    /// With the heading source,destination,protocol,port
    Csv,
    /// hubble observe -o json, or an export
    Hubble,
    /// Calico's flow log
    Calico,
    /// conntrack -L
    Conntrack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Flavor {
    /// NetworkPolicy
    Kubernetes,
    /// CiliumNetworkPolicy
    Cilium,
}

/// Write least policies from observed flows, or from what the manifests declare
#[derive(Args)]
#[command(after_help = "Examples:
  seawall net generate deploy/ > policies.yaml
  seawall net generate pods.yaml --flows hubble.jsonl > policies.yaml
  seawall net generate --cluster --flows flows.csv -n shop --flavor cilium
  seawall net generate deploy/ --check flows.csv

Without --flows the links are those that manifests declare: Services that variables, arguments and
ConfigMaps name, and the ways in. Every namespace with workloads gets a policy that denies by default
and one for DNS. The policies are then read again, and every link is asked of them.

Exit codes: 0 all are permitted, 1 some flow is blocked or has an end that was not read, 2 usage or
input error; also 2 with --strict when something could not be read.")]
pub(super) struct Generate {
    #[command(flatten)]
    sources: NamedSources,
    /// Permit these observed flows: a file, or - for standard input
    #[arg(long, value_name = "FILE", num_args = 1)]
    flows: Vec<String>,
    /// Write nothing; say which of these flows the policies that were read would block
    #[arg(long, value_name = "FILE", num_args = 1, conflicts_with_all = ["flows", "flavor", "no_dns", "no_default_deny"])]
    check: Vec<String>,
    /// Notation of the flows
    #[arg(long, value_name = "NOTATION", default_value = "auto")]
    flow_format: FlowFormat,
    /// Only policies for this namespace [default: all but those of the system]
    #[arg(short, long, value_name = "NAME", num_args = 1)]
    namespace: Vec<String>,
    /// Kind of the policies
    #[arg(long, value_name = "KIND", default_value = "kubernetes")]
    flavor: Flavor,
    /// Write no policy that permits DNS
    #[arg(long)]
    no_dns: bool,
    /// Write no policy that denies by default
    #[arg(long)]
    no_default_deny: bool,
    /// Format; text is YAML to apply
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl Generate {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let files = if self.check.is_empty() { &self.flows } else { &self.check };
        let flows = self.read_flows(files)?;
        let read = self.sources.read(global)?;
        let network = Network::of(&read.inventory);
        read.refuse_strange(&self.namespace, "default")?;
        let (services, further) = Services::of(&network);
        let mut told = notes(&network, &further, &seawall_network::address::Family::ALL);
        let (links, lost) = if files.is_empty() {
            (declared(&network, &services), Vec::new())
        } else {
            resolve(&network, &services, &flows)
        };
        for one in lost.iter().take(MOST) {
            told.push(format!("flow of line {} can't be placed: {}", one.line, one.why));
        }
        if lost.len() > MOST {
            told.push(format!("and {} more flows that can't be placed", lost.len() - MOST));
        }
        let (document, fine) = if self.check.is_empty() {
            self.write(&network, &links, told)?
        } else {
            self.blocked(&network, &links, told)
        };
        for note in &document.notes {
            tracing::warn!("{note}");
        }
        document.write(self.output, &read.unread())?;
        let fine = fine && lost.is_empty();
        Ok(read.outcome(if fine { Outcome::Clean } else { Outcome::Findings }))
    }

    fn read_flows(&self, files: &[String]) -> anyhow::Result<Vec<Flow>> {
        let notation = match self.flow_format {
            FlowFormat::Auto => None,
            FlowFormat::Json => Some(Notation::Json),
            FlowFormat::Csv => Some(Notation::Csv),
            FlowFormat::Hubble => Some(Notation::Hubble),
            FlowFormat::Calico => Some(Notation::Calico),
            FlowFormat::Conntrack => Some(Notation::Conntrack),
        };
        let mut flows = Vec::new();
        for file in files {
            let text = if file == "-" {
                let mut text = String::new();
                std::io::stdin()
                    .lock()
                    .read_to_string(&mut text)
                    .context("can't read flows from standard input")?;
                text
            } else {
                std::fs::read_to_string(file).with_context(|| format!("can't read {file}"))?
            };
            let found = seawall_network::flows::read(file, &text, notation)?;
            if found.left_out > 0 {
                tracing::info!(
                    "{file}: {} lines are no new connections that were let through",
                    found.left_out
                );
            }
            flows.extend(found.flows);
        }
        if flows.is_empty() && !files.is_empty() {
            anyhow::bail!(
                "{}: there is no flow that was let through; name flows, or leave them out for what \
                 the manifests declare",
                files.join(", ")
            );
        }
        Ok(flows)
    }

    fn write(
        &self,
        network: &Network<'_>,
        links: &Links,
        mut told: Vec<String>,
    ) -> anyhow::Result<(Document, bool)> {
        let options = Options {
            default_deny: !self.no_default_deny,
            dns: !self.no_dns,
            namespaces: self.namespace.clone(),
            cilium: self.flavor == Flavor::Cilium,
        };
        let (yaml, remarks) = generate(network, links, &options);
        told.extend(remarks);
        let blocked = verify(network.inventory(), &yaml, links)
            .map_err(|why| anyhow::anyhow!("the generated policies can't be read: {why}"))?;
        for one in blocked.iter().take(MOST) {
            told.push(format!("blocked by what was generated: {}", name(network, &one.link)));
        }
        tracing::info!("{} links, all of them permitted: {}", links.len(), blocked.is_empty());
        let mut table = Table::new(&["source", "destination", "port"]);
        let mut picture = Picture::new("Links");
        for link in links {
            let (from, to) = (link.from.name(network), link.to.name(network));
            let port = format!("{} {}", link.protocol, link.port);
            let ends = (picture.place(None, &from), picture.place(None, &to));
            picture.arrow(ends.0, ends.1, port.clone(), Style::Plain);
            table.rows.push(vec![from, to, port]);
        }
        let json = json!({
            "links": links.iter().map(|link| link_json(network, link)).collect::<Vec<_>>(),
            "policies": yaml,
            "verified": blocked.is_empty(),
        });
        let document = Document {
            title: "Generated policies".to_owned(),
            tables: vec![table],
            picture: Some(picture),
            json,
            text: Text::Yaml(yaml),
            notes: told,
        };
        Ok((document, blocked.is_empty()))
    }

    fn blocked(&self, network: &Network<'_>, links: &Links, told: Vec<String>) -> (Document, bool) {
        let (under, blocked) = check(network.inventory(), links);
        let mut table = Table::new(&["source", "destination", "port", "answer", "why"]);
        let mut picture = Picture::new("Flows that are blocked");
        let mut rows = Vec::new();
        for one in &blocked {
            let found = explain(&under, one.pods.0, one.pods.1, one.link.protocol, one.link.port);
            let decision = match one.direction {
                seawall_network::Direction::Egress => &found.egress,
                seawall_network::Direction::Ingress => &found.ingress,
            };
            let why = format!("{}: {}", one.direction.field(), reason(&under, decision));
            let (from, to) = (one.link.from.name(&under), one.link.to.name(&under));
            let port = format!("{} {}", one.link.protocol, one.link.port);
            let ends = (picture.place(None, &from), picture.place(None, &to));
            picture.arrow(ends.0, ends.1, port.clone(), Style::Denied);
            let mut row = link_json(&under, &one.link);
            if let Some(object) = row.as_object_mut() {
                object.insert("answer".to_owned(), json!(one.answer.name()));
                object.insert("why".to_owned(), json!(why));
            }
            rows.push(row);
            table.rows.push(vec![from, to, port, one.answer.name().to_owned(), why]);
        }
        let all = format!("All {} links are permitted.\n", links.len());
        let text = Text::or_tables(blocked.is_empty().then_some(&all));
        let document = Document {
            title: "Flows that are blocked".to_owned(),
            tables: vec![table],
            picture: Some(picture),
            json: json!({ "links": links.len(), "blocked": rows }),
            text,
            notes: told,
        };
        (document, blocked.is_empty())
    }
}

fn name(network: &Network<'_>, link: &Link) -> String {
    format!(
        "{} => {} : {} {}",
        link.from.name(network),
        link.to.name(network),
        link.protocol,
        link.port
    )
}

fn link_json(network: &Network<'_>, link: &Link) -> Value {
    json!({
        "source": link.from.name(network),
        "destination": link.to.name(network),
        "protocol": link.protocol.name(),
        "port": link.port,
    })
}
