//! One file a subcommand.

mod checks;
mod completions;
mod explain;
mod fix;
mod import;
mod man;
mod scan;

use clap::Subcommand;

use crate::Outcome;
use crate::global::Global;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Scan(scan::Scan),
    Fix(fix::Fix),
    Explain(explain::Explain),
    Import(import::Import),
    Checks(checks::Checks),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        match self {
            Command::Scan(command) => command.run(global),
            Command::Fix(command) => command.run(global),
            Command::Explain(command) => command.run(),
            Command::Import(command) => command.run(global),
            Command::Checks(command) => command.run(),
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(),
        }
    }
}
