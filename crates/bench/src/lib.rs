//! How is this node set up, and does that meet a benchmark?
//!
//! ```text
//! Host (--root) ─► processes, files, units ─┐
//! static-pod manifests, bundle, cluster ────┴─► effective settings ─► Control ─► Outcome ─► Report
//! ```
//!
//! A [`Host`] reads a node below a root directory, without a shell and within bounds. Whatever it
//! can't read stays told apart from what isn't there: the first is [`Verdict::Unknown`], and
//! neither is ever a pass.

mod apiserver;
mod benchmarks;
mod changes;
mod component;
mod context;
mod control;
mod distribution;
pub mod drift;
mod etcd;
mod evidence;
mod files;
mod findings;
pub mod firewall;
pub mod gather;
pub mod kubebench;
mod kubelet;
pub mod manifests;
mod objects;
mod outcome;
mod report;
mod rules;
mod run;
mod setting;
pub mod sonobuoy;
pub mod text;
mod versions;

pub use benchmarks::{BENCHMARKS, Benchmark};
pub use changes::{Change, Changes, changes};
pub use context::{Cx, Input, Role};
pub use distribution::Platform;
pub use evidence::host::{FileKind, Host, Metadata, Unread};
pub use evidence::netfilter;
pub use findings::{Findings, findings};
pub use outcome::{Evidence, Origin, OriginKind, Outcome, Patch, Verdict};
pub use report::{Assessment, ControlResult, Report, Tally};
pub use run::{Filter, Header, benchmark_of, benchmarks_for, run};
