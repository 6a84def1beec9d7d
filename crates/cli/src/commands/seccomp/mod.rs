//! `seawall seccomp`: which system calls a profile lets through, and which a program needs.

mod attempt;
mod diff;
mod explain;
mod launch;
mod lint;
mod profile;
mod record;

use clap::{Args, Subcommand};

pub(crate) use profile::Output;

use crate::Outcome;
use crate::global::Global;

/// Explain, compare, lint, record and try seccomp profiles
#[derive(Args)]
#[command(after_help = "Examples:
  seawall seccomp explain profiles/web.json
  seawall seccomp diff runtime-default profiles/web.json
  seawall seccomp lint profiles/*.json
  seawall seccomp record -o web.json -- ./web --selftest
  seawall seccomp try web.json -- ./web --selftest

A PROFILE is a file, - for standard input, or runtime-default.")]
pub(crate) struct Seccomp {
    #[command(subcommand)]
    command: SeccompCommand,
}

#[derive(Subcommand)]
enum SeccompCommand {
    Explain(explain::Explain),
    Diff(diff::Diff),
    Lint(lint::Lint),
    Record(record::Record),
    Try(attempt::Try),
    Launch(launch::Launch),
}

impl Seccomp {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        match self.command {
            SeccompCommand::Explain(command) => command.run(),
            SeccompCommand::Diff(command) => command.run(),
            SeccompCommand::Lint(command) => command.run(),
            SeccompCommand::Record(command) => command.run(global),
            SeccompCommand::Try(command) => command.run(),
            SeccompCommand::Launch(command) => command.run(),
        }
    }
}
