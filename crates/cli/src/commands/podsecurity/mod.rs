//! `seawall podsecurity`: what may a pod do, and what do namespaces allow?

mod check;
mod exempt;
mod harden;
mod namespaces;
mod profiles;
mod violation;

use clap::{Args, Subcommand};

use crate::Outcome;
use crate::global::Global;

/// Hold pods against the Pod Security Standards
#[derive(Args)]
#[command(after_help = "Examples:
  seawall podsecurity check deploy/ --level restricted
  seawall podsecurity namespaces --cluster --enforce baseline
  seawall podsecurity profiles deploy/
  seawall podsecurity harden deploy/web.yaml")]
pub(crate) struct PodSecurity {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(Box<check::Check>),
    Namespaces(Box<namespaces::Namespaces>),
    Profiles(Box<profiles::Profiles>),
    Harden(harden::Harden),
}

impl PodSecurity {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Check(command) => command.run(global),
            Command::Namespaces(command) => command.run(global),
            Command::Profiles(command) => command.run(global),
            Command::Harden(command) => command.run(global),
        }
    }
}
