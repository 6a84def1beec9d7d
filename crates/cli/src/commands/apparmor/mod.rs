//! `seawall apparmor`: what a profile allows, what is wrong with it, and one for a workload.

mod explain;
mod generate;
mod lint;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use seawall_podsecurity::apparmor::Policy;

use crate::Outcome;
use crate::global::Global;

/// Explain, lint and generate AppArmor profiles
#[derive(Args)]
#[command(after_help = "Examples:
  seawall apparmor explain profiles/web
  seawall apparmor lint profiles/*
  seawall apparmor generate deploy/ --container app > web.profile")]
pub(crate) struct AppArmor {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Explain(explain::Explain),
    Lint(lint::Lint),
    Generate(Box<generate::Generate>),
}

impl AppArmor {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Explain(command) => command.run(),
            Command::Lint(command) => command.run(),
            Command::Generate(command) => command.run(global),
        }
    }
}

/// Reads a file of policy.
fn read(name: &str) -> anyhow::Result<Policy> {
    let text = crate::input::text(name, 8 << 20).with_context(|| format!("can't read {name}"))?;
    let policy = Policy::parse(if name == "-" { "<stdin>" } else { name }, &text)?;
    if policy.profiles.is_empty() {
        bail!("{name} holds no profile; name a file with one");
    }
    Ok(policy)
}
