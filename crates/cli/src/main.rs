//! The `seawall` binary: arguments in, exit code out.
//!
//! A subcommand is a file below `commands`. Exit codes are the same everywhere: 0 nothing at or
//! above the threshold, 1 findings, 2 usage or input errors.

#[cfg(feature = "cluster")]
mod cluster;
mod commands;
mod configuration;
mod fixing;
mod global;
mod input;
mod output;
mod peers;
mod progress;
mod remarks;
mod rendering;
mod sources;
mod targets;
mod weighed;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use commands::Command;
use global::Global;

/// What a command comes to.
pub(crate) enum Outcome {
    /// Nothing at or above the threshold.
    Clean,
    /// Findings at or above the threshold.
    Findings,
    /// Something named could not be used, or was not read and had to be.
    InputError,
    /// Findings, for which the user has chosen an exit code.
    Chosen(u8),
}

/// Hardens a Kubernetes cluster from build to runtime.
#[derive(Parser)]
#[command(
    name = "seawall",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Examples:\n  seawall scan deploy/\n  seawall explain privileged-container\n\nExit \
                  codes: 0 nothing at or above the threshold, 1 findings, 2 usage or input error."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Where even the terminal is gone there is nobody to tell.
            let told = error.print();
            return if asked && told.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(2) };
        }
    };
    cli.global.start_logging();
    match cli.command.run(&cli.global) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::InputError) => ExitCode::from(2),
        Ok(Outcome::Chosen(code)) => ExitCode::from(code),
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::from(2)
        }
    }
}
