//! `seawall man`: the manual page of the program or of a subcommand.

use anyhow::Context as _;
use clap::{Args, CommandFactory};

use crate::output::to_stdout;
use crate::{Cli, Outcome};

/// Print the manual page, in roff
#[derive(Args)]
#[command(
    after_help = "Examples:\n  seawall man | man -l -\n  seawall man scan > seawall-scan.1\n\nExit codes: 0, 2 usage \
                  error."
)]
pub(crate) struct Man {
    /// A subcommand
    command: Option<String>,
}

impl Man {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        let mut program = Cli::command();
        program.build();
        let described = match &self.command {
            None => program,
            Some(name) => program
                .find_subcommand(name)
                .with_context(|| format!("there is no subcommand {name:?}"))?
                .clone(),
        };
        let title = described.get_display_name().unwrap_or(described.get_name()).to_owned();
        let mut page = Vec::new();
        clap_mangen::Man::new(described).title(title).render(&mut page)?;
        to_stdout(|out| out.write_all(&page))?;
        Ok(Outcome::Clean)
    }
}
