//! `seawall completions`: for the shells that clap knows.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::output::to_stdout;
use crate::{Cli, Outcome};

/// Print a script that completes seawall's arguments in a shell
#[derive(Args)]
#[command(
    after_help = "Examples:\n  source <(seawall completions bash)\n  seawall completions fish > \
                  ~/.config/fish/completions/seawall.fish\n\nExit codes: 0, 2 usage error."
)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "seawall", &mut script);
        to_stdout(|out| out.write_all(&script))?;
        Ok(Outcome::Clean)
    }
}
