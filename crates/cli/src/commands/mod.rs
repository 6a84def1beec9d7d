//! One file a subcommand.

mod checks;
mod completions;
mod explain;
mod man;
mod scan;

use clap::Subcommand;

use crate::Outcome;
use crate::global::Global;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Scan(scan::Scan),
    Explain(explain::Explain),
    Checks(checks::Checks),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        match self {
            Command::Scan(command) => command.run(global),
            Command::Explain(command) => command.run(),
            Command::Checks(command) => command.run(),
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(),
        }
    }
}
