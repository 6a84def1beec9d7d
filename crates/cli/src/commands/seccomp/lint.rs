//! `seawall seccomp lint`: what the author of a profile will not have meant.

use clap::Args;
use seawall_podsecurity::seccomp::lint;

use super::profile::{self, Output, TargetOptions};
use crate::Outcome;
use crate::weighed::{Threshold, Weighed, report};

/// Find unknown calls, rules without effect, profiles that allow all, and more
#[derive(Args)]
#[command(after_help = "Examples:
  seawall seccomp lint profiles/*.json
  seawall seccomp lint profile.json --runtime cri-o --arch arm64
  seawall seccomp lint profile.json --fail-on error -o json

Exit codes: 0 nothing at or above the threshold; 1 something; 2 a profile could not be read.")]
pub(super) struct Lint {
    /// The profiles: files, or - for standard input
    #[arg(required = true, value_name = "PROFILE")]
    profiles: Vec<String>,
    /// Exit with 1 from this weight on
    #[arg(long, value_enum, default_value = "warning", value_name = "WEIGHT")]
    fail_on: Threshold,
    /// How the findings are written
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: Output,
    #[command(flatten)]
    target: TargetOptions,
}

impl Lint {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let target = self.target.target();
        let (mut findings, mut unread) = (Vec::new(), Vec::new());
        for name in &self.profiles {
            match profile::read(name) {
                Ok(profile) => {
                    findings.extend(lint(&profile, &target).into_iter().map(|it| Weighed {
                        file: profile.name.clone(),
                        place: it.place,
                        weight: it.weight,
                        id: it.id,
                        message: it.message,
                    }));
                }
                Err(error) => unread.push(format!("{error:#}")),
            }
        }
        let read = self.profiles.len() - unread.len();
        report(&findings, &unread, read, self.output == Output::Json, self.fail_on)
    }
}
