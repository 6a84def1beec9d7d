//! Policies as nftables rules, so that a node can do what the analysis says.
//!
//! ```text
//! Network ─► Reach ─► rows of the node's pods ─┐
//! pod addresses ─► Placement ──────────────────┴─► one table, replaced in one transaction
//! ```
//!
//! The rules are written from the same rows that answer `net list`, so every policy kind that the
//! analysis reads is enforced, and nothing is evaluated a second time. What cannot be decided is not
//! let through.
//!
//! A packet that begins a connection looks its sender up in one verdict map and its receiver in
//! another; a pod that no policy isolates is in neither. From there it goes through the chain of the
//! pod's row: sets of the addresses at the other end, each with the ports that are permitted. Replies
//! are known by connection tracking. The table hooks into `forward`: a node's own traffic to and from
//! its pods is never refused, as Kubernetes' documentation of NetworkPolicy has it
//! (<https://kubernetes.io/docs/concepts/services-networking/network-policies/>).

mod addresses;
mod compile;
mod placement;

pub use addresses::{AddressListError, PodAddress, read_addresses};
pub use compile::{Ruleset, compile, removal};
pub use placement::{Misplaced, Placement};

/// The name of the table, of family `inet`.
pub const TABLE: &str = "seawall";
