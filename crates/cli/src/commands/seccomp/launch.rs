//! The launcher of `record` and `try`: this program once more, which becomes the command.

use std::ffi::OsString;

use clap::Args;

use crate::Outcome;

/// Its name, which is not shown.
pub(super) const NAME: &str = "launch";

/// Become a command under a filter; used by record and try
#[derive(Args)]
#[command(hide = true)]
pub(super) struct Launch {
    /// The filter, as the tracer writes it
    filter: String,
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Launch {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        Err(seawall_confine::launch(&self.filter, &self.command).into())
    }
}
