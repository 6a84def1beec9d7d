//! `seawall rbac`: who may do what, and who should not.

mod audit_log;
mod can_i;
mod diff;
mod generate;
mod graph;
mod lint;
mod lookup;
mod named;
mod question;
mod records;
mod risks;
mod rules;
mod unused;
mod who_can;

use clap::{Args, Subcommand};

use crate::Outcome;
use crate::global::Global;

/// Ask who may do what, and who should not
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall rbac who-can get secrets -f bundle.tar.zst
  seawall rbac can-i create pods --as alice -n shop --cluster
  seawall rbac risks bundle.tar.zst
  seawall rbac diff main/deploy/ branch/deploy/"
)]
pub(crate) struct Rbac {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    WhoCan(Box<who_can::WhoCan>),
    #[command(name = "can-i")]
    CanI(Box<can_i::CanI>),
    Lookup(Box<lookup::Lookup>),
    Rules(Box<rules::Rules>),
    Risks(Box<risks::Risks>),
    Lint(Box<lint::Lint>),
    Diff(Box<diff::Diff>),
    Unused(Box<unused::Unused>),
    Generate(Box<generate::Generate>),
    Graph(Box<graph::Graph>),
}

impl Rbac {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        match self.command {
            Command::WhoCan(command) => command.run(global),
            Command::CanI(command) => command.run(global),
            Command::Lookup(command) => command.run(global),
            Command::Rules(command) => command.run(global),
            Command::Risks(command) => command.run(global),
            Command::Lint(command) => command.run(global),
            Command::Diff(command) => command.run(global),
            Command::Unused(command) => command.run(global),
            Command::Generate(command) => command.run(global),
            Command::Graph(command) => command.run(global),
        }
    }
}
