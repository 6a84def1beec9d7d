//! What is wrong with these objects?
//!
//! A check is one file with one `CHECK`, and its cases in a YAML file of the same name. A family
//! is a folder with a `FAMILY` that lists its checks; [`FAMILIES`] lists the families. That is the
//! whole registry, and the laws in `tests/laws.rs` hold over all of it.
//!
//! Pure: no input or output, no clock. [`run`] uses all cores, and its answer does not depend on
//! how many there are.

mod cloud;
mod confidential;
mod engine;
mod fix;
mod frameworks;
mod gather;
mod host_access;
mod hygiene;
mod image;
mod ingress;
mod mesh;
mod namespaces;
mod network;
mod page;
mod pod_security;
mod rbac;
mod registry;
mod reliability;
mod resources;
mod secrets;
mod service_account;
mod validity;

pub use confidential::mark_confidential;
pub use engine::{Results, Selection, Tally, run};
pub use frameworks::{Control, Decided, FRAMEWORKS, Framework};
pub use page::{index, page, summary_lines};
pub use registry::{FAMILIES, Family, add, all, covering, find, made, nearest};
