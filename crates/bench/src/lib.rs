//! How is this node set up, and does that meet a benchmark?
//!
//! ```text
//! Host (--root) ─► processes, files, units ─┐
//! static-pod manifests, bundle, cluster ────┴─► effective settings ─► Rule ─► Outcome ─► Report
//! ```
//!
//! A [`Host`] reads a node below a root directory, without a shell and within bounds. Whatever it
//! can't read stays told apart from what isn't there: the first is [`Verdict::Unknown`], and
//! neither is ever a pass.

pub mod drift;
mod findings;
pub mod gather;
mod host;
pub mod kubebench;
pub mod manifests;
mod outcome;
mod report;
pub mod sonobuoy;

pub use findings::{Findings, findings};
pub use host::{FileKind, Host, Metadata, Unread};
pub use outcome::{Evidence, Origin, OriginKind, Outcome, Patch, Verdict};
pub use report::{Assessment, ControlResult, Report, Tally};
