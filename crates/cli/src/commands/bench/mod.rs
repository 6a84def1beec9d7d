//! `seawall bench`: benchmarks over nodes, control planes and container hosts.

mod deliver;
mod diff;
mod gather;
mod kubebench;
mod lint;
mod manifests;
mod run;
mod shown;

use clap::{Args, Subcommand};

use crate::Outcome;
use crate::global::Global;

/// Hold a node, a control plane or a container host against benchmarks
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_version_flag = true,
    after_help = run::EXAMPLES
)]
pub(crate) struct Bench {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Box<run::Run>,
}

#[derive(Subcommand)]
enum Command {
    /// Run benchmarks: the same as without a subcommand
    #[command(after_help = run::EXAMPLES, disable_version_flag = true)]
    Run(Box<run::Run>),
    Gather(gather::Gather),
    Diff(diff::Diff),
    Lint(lint::Lint),
    Manifests(manifests::Manifests),
}

impl Bench {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        match self.command {
            None => self.run.run(global),
            Some(Command::Run(run)) => run.run(global),
            Some(Command::Gather(command)) => command.run(global),
            Some(Command::Diff(command)) => command.run(),
            Some(Command::Lint(command)) => command.run(),
            Some(Command::Manifests(command)) => command.run(),
        }
    }
}
