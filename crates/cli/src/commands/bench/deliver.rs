//! How a run in a pod ends: results for Sonobuoy, and pods that stay.
//!
//! The pods of a DaemonSet must not end, or they are started again and again; so must those of a
//! plugin of Sonobuoy not.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use seawall_bench::{Report, sonobuoy};

use crate::Outcome;

/// What to do with results in a pod.
#[derive(Args)]
#[command(next_help_heading = "In a pod")]
pub(super) struct Deliver {
    /// Write the results into $SONOBUOY_RESULTS_DIR, or /tmp/sonobuoy/results, and their path into
    /// the file done there
    #[arg(long)]
    sonobuoy: bool,
    /// Exit with 0 also where something failed, as a job must that is to be done once it has run
    #[arg(long)]
    exit_zero: bool,
    /// Don't end after the run, as the pods of a DaemonSet must not
    #[arg(long)]
    stay: bool,
    /// Run again after this time, such as 6h, 30m or 90s, and never end
    #[arg(long, value_name = "TIME")]
    every: Option<Every>,
}

/// A time between runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Every(Duration);

impl FromStr for Every {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = text
            .find(|c: char| !c.is_ascii_digit())
            .and_then(|end| {
                let (number, unit) = text.split_at(end);
                let seconds = match unit {
                    "s" => 1,
                    "m" => 60,
                    "h" => 3600,
                    "d" => 86_400,
                    _ => return None,
                };
                number.parse::<u64>().ok()?.checked_mul(seconds)
            })
            .filter(|seconds| (1..=366 * 86_400).contains(seconds));
        seconds
            .map(|seconds| Every(Duration::from_secs(seconds)))
            .ok_or_else(|| "a whole number and s, m, h or d is expected, up to 366d".to_owned())
    }
}

impl Deliver {
    /// Runs once, or again and again, and delivers the reports.
    pub(super) fn around(
        &self,
        run: impl Fn() -> anyhow::Result<(Vec<Report>, Outcome)>,
    ) -> anyhow::Result<Outcome> {
        if self.stay || self.every.is_some() {
            end_when_told()?;
        }
        loop {
            let result = run();
            if self.sonobuoy {
                self.deliver(&result)?;
            }
            match (self.every, self.stay, result) {
                (Some(Every(time)), _, result) => {
                    if let Err(error) = result {
                        tracing::error!("{error:#}");
                    }
                    std::thread::sleep(time);
                }
                (None, true, Ok(_)) => loop {
                    // Until the pod is ended.
                    std::thread::sleep(Duration::from_secs(86_400));
                },
                (None, _, result) => {
                    let (_, outcome) = result?;
                    let found = matches!(outcome, Outcome::Findings);
                    return Ok(if found && self.exit_zero { Outcome::Clean } else { outcome });
                }
            }
        }
    }

    fn deliver(&self, result: &anyhow::Result<(Vec<Report>, Outcome)>) -> anyhow::Result<()> {
        let directory = sonobuoy::VARIABLES
            .iter()
            .find_map(std::env::var_os)
            .map_or_else(|| PathBuf::from(sonobuoy::DIRECTORY), PathBuf::from);
        let delivered = match result {
            Ok((reports, _)) => sonobuoy::deliver(&directory, reports),
            Err(error) => sonobuoy::deliver_failure(&directory, &format!("{error:#}")),
        };
        delivered.with_context(|| {
            format!("can't write results for Sonobuoy to {}", directory.display())
        })?;
        Ok(())
    }
}

/// Has the program end on signals: the first process of a container is not ended by them otherwise,
/// and its pod would be waited for.
fn end_when_told() -> anyhow::Result<()> {
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let always = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_shutdown(signal, 0, always)
            .context("can't listen for signals")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_numbers_with_a_unit() {
        assert_eq!("6h".parse(), Ok(Every(Duration::from_secs(21_600))));
        assert_eq!("90s".parse(), Ok(Every(Duration::from_secs(90))));
        for wrong in ["", "6", "h", "0s", "-1s", "1.5h", "400d", "99999999999999999999d"] {
            assert!(wrong.parse::<Every>().is_err(), "{wrong}");
        }
    }
}
