//! What holds for every command: verbosity, colour, threads.

use std::io::IsTerminal;

use clap::{ArgAction, Args, ValueEnum};
use tracing::level_filters::LevelFilter;

/// When to use colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Options of every command.
#[derive(Args)]
pub(crate) struct Global {
    /// Say more: suppressed findings and passed framework controls; twice for debugging
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Say nothing beside results and errors: no progress, no warnings
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", alias = "colour")]
    color: Colour,
    /// Threads to use [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl Global {
    /// Sends logs to standard error.
    pub(crate) fn start_logging(&self) {
        let level = match (self.quiet, self.verbose) {
            (true, _) => LevelFilter::ERROR,
            (false, 0 | 1) => LevelFilter::WARN,
            (false, 2) => LevelFilter::DEBUG,
            (false, _) => LevelFilter::TRACE,
        };
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(std::io::stderr)
            .with_ansi(self.coloured(&std::io::stderr()))
            .without_time()
            .with_target(false)
            // Where nobody reads standard error there is nobody to tell of that.
            .log_internal_errors(false)
            .init();
    }

    /// Whether to say more.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose > 0
    }

    /// Whether to say less.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether a stream gets colour.
    pub(crate) fn coloured(&self, stream: &impl IsTerminal) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                stream.is_terminal()
                    && !set("NO_COLOR")
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }

    /// Sets up the threads of analyses.
    pub(crate) fn start_threads(&self) -> anyhow::Result<()> {
        let threads = self.threads.map_or(0, usize::from);
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
        Ok(())
    }
}
