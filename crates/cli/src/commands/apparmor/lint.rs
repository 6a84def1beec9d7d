//! `seawall apparmor lint`: what the author of a profile will not have meant.

use clap::Args;
use seawall_podsecurity::apparmor::lint;

use crate::Outcome;
use crate::commands::seccomp::Output;
use crate::weighed::{Threshold, Weighed, report};

/// Find complain mode, rules that are too wide, rules without effect, and more
#[derive(Args)]
#[command(after_help = "Examples:
  seawall apparmor lint profiles/*
  seawall apparmor lint profiles/web --fail-on error -o json

Exit codes: 0 nothing at or above the threshold; 1 something; 2 a file could not be read.")]
pub(super) struct Lint {
    /// The files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Exit with 1 from this weight on
    #[arg(long, value_enum, default_value = "warning", value_name = "WEIGHT")]
    fail_on: Threshold,
    /// How the findings are written
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: Output,
}

impl Lint {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let (mut findings, mut unread) = (Vec::new(), Vec::new());
        for name in &self.files {
            match super::read(name) {
                Ok(policy) => findings.extend(lint(&policy).into_iter().map(|it| Weighed {
                    file: policy.name.clone(),
                    place: it.place,
                    weight: it.weight,
                    id: it.id,
                    message: it.message,
                })),
                Err(error) => unread.push(format!("{error:#}")),
            }
        }
        let read = self.files.len() - unread.len();
        report(&findings, &unread, read, self.output == Output::Json, self.fail_on)
    }
}
