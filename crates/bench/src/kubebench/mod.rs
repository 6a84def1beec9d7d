//! What do kube-bench's own configurations say of this node?
//!
//! ```text
//! config.yaml ─► components, benchmark ─► controls files ─► variables replaced ─► checks
//! checks ─► audits in a bounded shell ─► tests ─► PASS, FAIL, WARN, INFO ─► kube-bench's reports
//! ```
//!
//! Teams have written checks of their own in this format, and pipelines read its reports. Here they
//! run unchanged and come to the verdicts that kube-bench (read and run at 0.15.6) comes to, its
//! false passes included: [`lint`] finds those that can be seen in a file, and the benchmarks of
//! this room don't have them.

mod asff;
mod benchmark;
mod check;
mod config;
mod controls;
mod exchange;
mod go;
mod item;
mod json;
mod jsonpath;
mod junit;
pub mod lint;
mod operator;
mod programs;
mod run;
mod shell;
mod text;
mod value;

pub use asff::{Account, AsffFinding, asff};
pub use benchmark::{Choice, detect};
pub use check::{Judged, State};
pub use controls::{Check, Controls, Group, TestItem, Tests};
pub use exchange::{from_native, to_native};
pub use json::{Stamp, read_json, write_json};
pub use junit::write_junit;
pub use operator::OPERATORS;
pub use run::{
    Aws, CheckResult, ControlsResult, Filter, GroupResult, Options, Run, Summary, Targets, run,
};
pub use shell::{Bounds, Shell};
pub use text::{TextOptions, write_text};

use crate::Unread;

/// Why a configuration could not be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A file holds something else than it should.
    #[error("{file}:{line}: {cause}")]
    Invalid {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u32,
        /// What is wrong.
        cause: String,
    },
    /// A file can't be read.
    #[error("can't read {file}: {cause}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        cause: String,
    },
    /// Something of the node can't be read.
    #[error(transparent)]
    Unread(#[from] Unread),
    /// Something is not there that must be.
    #[error("{0}")]
    Missing(String),
    /// The name of a program is no regular expression, as which it is looked for.
    #[error("the program {program:?} in config.yaml can't be looked for: {cause}")]
    Program {
        /// The name.
        program: String,
        /// Why.
        cause: String,
    },
}
