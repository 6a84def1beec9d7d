//! Least policies: from observed flows, or from what manifests declare.
//!
//! ```text
//! flows ─► resolve ─┐
//! manifests ─► declared ─┴─► links ─► policies ─► YAML ─► verified against every link
//! ```
//!
//! A link is who talks to whom on which port. For each workload with links there is one policy;
//! each namespace gets a policy that denies by default and one for DNS. What was written is read
//! again and every link is asked of it, so that nothing that was given is blocked.

mod declared;
mod policies;
mod resolve;
mod selector;
mod verify;
mod yaml;

use std::collections::BTreeSet;

use crate::address::Range;
use crate::network::Network;
use crate::ports::Protocol;

pub use declared::declared;
pub use policies::{Options, generate};
pub use resolve::{Unresolved, resolve};
pub use verify::{Blocked, check, verify};

/// One end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// A workload, by its number; also the one that stands for unread ingress controllers.
    Workload(usize),
    /// Addresses outside.
    Outside(Range),
}

impl Party {
    /// How it is written in reports.
    pub fn name(self, network: &Network<'_>) -> String {
        match self {
            Party::Workload(workload) => network.workloads()[workload].to_string(),
            Party::Outside(range) if range.first() == range.last() => range.first().to_string(),
            Party::Outside(range) => range.to_string(),
        }
    }
}

/// Who talks to whom on which port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Link {
    /// Who opens the connection.
    pub from: Party,
    /// Who takes it.
    pub to: Party,
    /// The protocol.
    pub protocol: Protocol,
    /// The port of who takes it.
    pub port: u16,
}

/// Links, each once.
pub type Links = BTreeSet<Link>;
