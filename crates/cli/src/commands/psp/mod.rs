//! `seawall psp`: PodSecurityPolicy, while clusters still have it and when they leave it.

mod admit;
mod attempt;
mod diff;
mod migrate;
mod preflight;
mod world;

use clap::{Args, Subcommand};

use crate::Outcome;
use crate::global::Global;

/// Decide as PodSecurityPolicy does, and leave it
#[derive(Args)]
#[command(after_help = "Examples:
  seawall psp admit pod.yaml policies/ rbac/
  seawall psp preflight --cluster
  seawall psp migrate bundle.tar.zst --write migration/")]
pub(crate) struct Psp {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Admit(Box<admit::Admit>),
    Preflight(Box<preflight::Preflight>),
    Migrate(Box<migrate::Migrate>),
}

impl Psp {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Admit(command) => command.run(global),
            Command::Preflight(command) => command.run(global),
            Command::Migrate(command) => command.run(global),
        }
    }
}
