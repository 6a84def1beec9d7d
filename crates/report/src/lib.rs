//! How is it said, to people and to programs?
//!
//! A renderer is a plain function from a [`Report`] to bytes. None of them decides anything: what
//! counts, what is suppressed and what fails is settled before.

use seawall_checks::{Framework, Tally};
use seawall_model::{Check, Coverage, Finding, Notice, Severity, Unknown};

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
