//! `seawall net`: who may talk to whom?

mod compile;
mod diff;
mod enforce;
mod eval;
mod explain;
mod exposure;
mod focus;
mod generate;
mod lint;
mod list;
mod map;
mod matched;
mod matrix;
mod notes;
mod output;
mod peer;

use clap::{Args, Subcommand};

use crate::Outcome;
use crate::global::Global;

/// Who may talk to whom: permitted connections, exposure, comparison, generation of policies
#[derive(Args)]
#[command(after_help = "Examples:
  seawall net list deploy/                         # all permitted connections
  seawall net eval shop/web shop/db 5432 -f deploy/
  seawall net exposure --cluster                   # who is open to everybody
  seawall net generate deploy/ > policies.yaml     # least policies")]
pub(crate) struct Net {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(Box<list::List>),
    Eval(Box<eval::Eval>),
    Explain(Box<explain::Explain>),
    Exposure(Box<exposure::Exposure>),
    Diff(Box<diff::Diff>),
    Lint(Box<lint::LintCommand>),
    Generate(Box<generate::Generate>),
    Matrix(Box<matrix::Matrix>),
    Map(Box<map::Map>),
    Compile(Box<compile::Compile>),
    Enforce(Box<enforce::Enforce>),
}

impl Net {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        match self.command {
            Command::List(command) => command.run(global),
            Command::Eval(command) => command.run(global),
            Command::Explain(command) => command.run(global),
            Command::Exposure(command) => command.run(global),
            Command::Diff(command) => command.run(global),
            Command::Lint(command) => command.run(global),
            Command::Generate(command) => command.run(global),
            Command::Matrix(command) => command.run(global),
            Command::Map(command) => command.run(global),
            Command::Compile(command) => command.run(global),
            Command::Enforce(command) => command.run(global),
        }
    }
}
