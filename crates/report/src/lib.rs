//! How is it said, to people and to programs?
//!
//! A renderer is a plain function from a [`Report`] to bytes, one file each. None of them decides
//! anything: what counts, what is suppressed and what fails is settled before. All of them keep one
//! promise: what could not be read or decided is said, never left out.
//!
//! Names, messages and source lines come from strangers. Whatever is shown to people goes through
//! `escape` first, so that no manifest can paint over a terminal or a review.

mod batch;
pub mod csv;
mod escape;
mod excerpt;
mod format;
pub mod framework;
pub mod github;
pub mod gitlab;
mod hidden;
pub mod html;
pub mod json;
pub mod junit;
pub mod list;
pub mod markdown;
mod order;
mod place;
pub mod sarif;
mod summary;
pub mod text;

use seawall_checks::{Framework, Tally};
use seawall_model::{Check, Coverage, Finding, Notice, Severity, Unknown};

pub use escape::visible;
pub use format::{Format, Options, UnknownFormat};
pub use summary::Summary;

/// Everything that a report may say.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// Seawall's version.
    pub version: &'a str,
    /// What is wrong, suppressed findings included, in the order of the input.
    pub findings: &'a [Finding],
    /// What could not be decided.
    pub unknown: &'a [Unknown],
    /// What was read and what was not.
    pub coverage: &'a Coverage,
    /// For each check that ran, how often it said what.
    pub tallies: &'a [(&'static Check, Tally)],
    /// Exceptions that are expired, unused or invalid.
    pub notices: &'a [Notice],
    /// The framework that selected the checks, to be summarised.
    pub framework: Option<&'static Framework>,
    /// Findings at or above this severity fail the scan.
    pub fail_on: Severity,
}

impl<'a> Report<'a> {
    /// The findings that count: those that nobody made an exception for.
    pub fn counting(&self) -> impl Iterator<Item = &'a Finding> + use<'a> {
        self.findings.iter().filter(|finding| finding.suppressed.is_none())
    }
}
