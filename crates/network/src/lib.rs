//! Who may talk to whom.
//!
//! ```text
//! Inventory ─► Network ─► Reach ─► list, exposure, diff, matrix, map
//!               pods       exact sets of connections for every pair
//!               policies ─► explain   one connection, with the reason
//!                        ─► lint      what is wrong with the policies
//! flows, manifests ─► generate ─► verify
//! pod addresses ─► nft   rules for a node
//! ```
//!
//! Exact sets of connections (protocols and port ranges) between workloads and ranges of addresses,
//! for Kubernetes' NetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy and
//! ClusterNetworkPolicy, and for the policies of Calico and Cilium. What cannot be decided is told
//! and leaves the answer open between two bounds; it is never permitted or denied by guess.
//!
//! Pure: no input or output, no clock, no threads.

pub mod address;
mod connections;
mod diff;
mod explain;
mod exposure;
mod expression;
pub mod flows;
pub mod generate;
pub mod lint;
mod list;
mod network;
pub mod nft;
pub mod picture;
mod pods;
mod policy;
mod ports;
mod problem;
mod reach;
mod resolved;
mod service;
mod shape;
mod ways_in;

pub use connections::{Connections, ConnectionsId, Table};
pub use diff::{Change, Difference, diff};
pub use explain::{Answer, Decision, Endpoint, Explanation, Reason, explain, reasons};
pub use exposure::{Exposure, Openness, Way, controllers, exposure};
pub use list::{Bounds, End, Focus, Line, Name, families, parse_connections};
pub use network::{Class, Cuts, Network, Peer, Policy, Rule, Side};
pub use pods::{DEFAULT_NAMESPACE, INGRESS_CONTROLLER, NamedPort, Namespace, Pod, Workload};
pub use policy::{Action, Direction, Ports, Tier};
pub use ports::{PortSet, Protocol};
pub use problem::Problem;
pub use reach::{Bound, Reach, Row};
pub use resolved::{Part, ResolvedRule, ResolvedTier, resolved};
pub use service::{Service, ServicePort, Services, Target};
pub use ways_in::{Through, WayIn, ways_in};
