//! Which connections are looked at.

use clap::{Args, ValueEnum};
use seawall_network::address::Family;
use seawall_network::{Direction, Focus, Name, Network, families, parse_connections};

use crate::sources::instead;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    Ingress,
    Egress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum IpFamily {
    /// What the cluster is known to have, IPv4 where nothing is known
    Auto,
    Ipv4,
    Ipv6,
    /// Both
    Dual,
}

/// Which connections are looked at.
#[derive(Args)]
#[command(next_help_heading = "Focus")]
pub(super) struct FocusArguments {
    /// Only connections of this peer: NAME, NAMESPACE/NAME, NAMESPACE/KIND/NAME, an address or
    /// CIDR block, external, nodes or ingress-controller
    #[arg(long, value_name = "PEER", num_args = 1)]
    focus: Vec<Name>,
    /// Only connections with this peer at the other end
    #[arg(long, value_name = "PEER", num_args = 1)]
    focus_peer: Vec<Name>,
    /// Only connections to (ingress) or from (egress) the peers in focus
    #[arg(long, value_name = "DIRECTION")]
    focus_direction: Option<Way>,
    /// Only these ports: 80, udp/53, tcp/8000-8080 or tcp
    #[arg(long, value_name = "PORT")]
    focus_port: Option<String>,
    /// Only connections of workloads of this namespace
    #[arg(short, long, value_name = "NAME", num_args = 1)]
    namespace: Vec<String>,
    /// Which addresses outside the cluster are listed
    #[arg(long, value_name = "FAMILY", default_value = "auto")]
    ip_family: IpFamily,
    /// List the cluster's nodes as peers too
    #[arg(long)]
    nodes: bool,
    /// List connections between the pods of one workload too
    #[arg(long)]
    itself: bool,
}

impl FocusArguments {
    pub(super) fn focus(&self, networks: &[&Network<'_>]) -> anyhow::Result<Focus> {
        let port = self.focus_port.as_deref().map(parse_connections).transpose();
        let mut known: Vec<Family> =
            networks.iter().flat_map(|network| families(network)).collect();
        known.sort_unstable();
        known.dedup();
        Ok(Focus {
            on: self.focus.clone(),
            with: self.focus_peer.clone(),
            direction: self.focus_direction.map(|way| match way {
                Way::Ingress => Direction::Ingress,
                Way::Egress => Direction::Egress,
            }),
            namespaces: self.namespace.clone(),
            connections: port.map_err(anyhow::Error::msg)?,
            families: match self.ip_family {
                IpFamily::Auto => known,
                IpFamily::Ipv4 => vec![Family::V4],
                IpFamily::Ipv6 => vec![Family::V6],
                IpFamily::Dual => Family::ALL.to_vec(),
            },
            nodes: self.nodes,
            itself: self.itself,
        })
    }

    /// Names in focus that nobody in the network has, which is a mistake of whoever asked.
    pub(super) fn check(&self, network: &Network<'_>) -> anyhow::Result<()> {
        for name in self.focus.iter().chain(&self.focus_peer) {
            if let Name::Workload { .. } = name
                && super::peer::workloads(network, name).is_empty()
            {
                anyhow::bail!("{}", super::peer::nobody(network, name, "workload"));
            }
        }
        let spaces = network.namespaces();
        let is_there = |name: &String| spaces.iter().any(|space| space.name == name);
        if let Some(name) = self.namespace.iter().find(|name| !is_there(name)) {
            let known: Vec<&str> =
                spaces.iter().map(|space| space.name).filter(|it| !it.starts_with('{')).collect();
            anyhow::bail!("there is no namespace {name}{}", instead(&known));
        }
        Ok(())
    }
}
