//! `seawall selinux`: what SELinux options ask for, and whether tenants stay apart.

mod explain;
mod lint;

use clap::{Args, Subcommand};

use crate::Outcome;
use crate::global::Global;

/// Explain SELinux options, and find levels that tenants share
#[derive(Args)]
#[command(after_help = "Examples:
  seawall selinux explain deploy/
  seawall selinux lint --cluster")]
pub(crate) struct SeLinux {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Explain(Box<explain::Explain>),
    Lint(Box<lint::Lint>),
}

impl SeLinux {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Explain(command) => command.run(global),
            Command::Lint(command) => command.run(global),
        }
    }
}
