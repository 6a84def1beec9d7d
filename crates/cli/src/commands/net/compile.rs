//! `seawall net compile`: the policies as nftables rules for a node's pods.

use anyhow::Context as _;
use clap::Args;
use seawall_network::Network;
use seawall_network::address::Family;
use seawall_network::nft::{Placement, Ruleset, compile, read_addresses};
use seawall_report::list;

use super::notes::notes;
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::{NamedSources, Read};

/// Write the policies as nftables rules for a node's pods
#[derive(Args)]
#[command(after_help = "Examples:
  seawall net compile --cluster --node worker-1 > rules.nft
  seawall net compile deploy/ --addresses pods.csv --node worker-1 | nft -f -
  kubectl get pods,networkpolicies,namespaces,nodes -A -o yaml | seawall net compile - --node worker-1

The text replaces the table inet seawall in one transaction and touches nothing else. What cannot be
decided is not let through.

Exit codes: 0, 2 usage or input error; also 2 with --strict when something could not be read or
decided.")]
pub(super) struct Compile {
    #[command(flatten)]
    sources: NamedSources,
    #[command(flatten)]
    pods: NodePods,
}

impl Compile {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let read = self.sources.read(global)?;
        let rules = self.pods.rules(&read)?;
        for note in &rules.notes {
            tracing::warn!("{note}");
        }
        to_stdout(|out| {
            if let Some(lacking) = list::lacking(&read.unread()) {
                writeln!(out, "# Incomplete: {lacking}.")?;
            }
            out.write_all(rules.set.text.as_bytes())
        })?;
        Ok(read.outcome_with(Outcome::Clean, rules.doubtful && read.is_strict()))
    }
}

/// Whose pods rules are for, and where their addresses are told.
#[derive(Args)]
pub(super) struct NodePods {
    /// The pods' addresses, as JSON or CSV [default: those in the status of the pods that were read]
    #[arg(long, value_name = "FILE")]
    addresses: Option<String>,
    /// The node whose pods are filtered [default: all pods]
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
}

/// Rules, with what is to be said of them.
pub(super) struct Rules {
    pub(super) set: Ruleset,
    /// How many of the node's addresses there are.
    pub(super) local: usize,
    pub(super) notes: Vec<String>,
    /// Whether something could not be understood or decided.
    pub(super) doubtful: bool,
}

impl NodePods {
    /// Compiles the policies of what was read.
    pub(super) fn rules(&self, read: &Read) -> anyhow::Result<Rules> {
        let network = Network::of(&read.inventory);
        let node = self.node.as_deref();
        let placement = match &self.addresses {
            None => Placement::of_status(&network, node)?,
            Some(file) => {
                let text = std::fs::read_to_string(file)
                    .with_context(|| format!("can't read the addresses of pods in {file}"))?;
                Placement::of_list(&network, &read_addresses(file, &text)?, node)?
            }
        };
        let mut notes = notes(&network, &[], &Family::ALL);
        notes.extend(placement.remarks().iter().cloned());
        if placement.local() == 0 {
            notes.push(match node {
                Some(node) => format!("no pod with a known address is on node {node}"),
                None => "no pod has a known address".to_owned(),
            });
        }
        if network.has_doubt() {
            notes.push("some policies can't be decided; what depends on them is denied".to_owned());
        }
        Ok(Rules {
            set: compile(&network, &placement),
            local: placement.local(),
            doubtful: network.has_doubt() || !network.problems().is_empty(),
            notes,
        })
    }
}
