//! What can be seen on a node, without a shell: processes, files, units, manifests, certificates.
//!
//! Every reader tells three answers apart: it is so, it isn't there, it can't be told.

pub mod arguments;
pub mod certificate;
pub mod confined;
pub mod container;
pub mod document;
pub mod host;
pub mod manifest;
pub mod mounts;
pub mod netfilter;
pub mod packages;
pub mod pattern;
pub mod process;
pub mod program;
pub mod sshd;
pub mod sudoers;
pub mod toml;
pub mod unit;
