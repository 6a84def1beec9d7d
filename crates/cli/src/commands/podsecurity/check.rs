//! `seawall podsecurity check`: what of these pods does a level refuse?

use std::io::{self, Write};

use clap::Args;
use seawall_model::workload::{Pod, pods_of};
use seawall_podsecurity::admission::{LevelVersion, Obstacle, PodLevel};
use seawall_podsecurity::standards::{Standard, Version};
use seawall_report::list::{self, ListFormat};

use super::exempt::Admission;
use super::violation::{COLUMNS, Record};
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::NamedSources;

/// Hold pods against a level of the Pod Security Standards
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall podsecurity check deploy/ --level restricted --version v1.30
  seawall podsecurity check chart/ --level baseline
  seawall podsecurity check --cluster -o json
  seawall podsecurity check app.yaml --exempt-runtime-class gvisor

Every pod and pod template is checked as Pod Security admission of that version would check its
pods. What can't be understood counts as refused.

Exit codes: 0 all pods are allowed, 1 some are not, 2 usage or input error; also 2 with --strict
when something could not be read."
)]
pub(super) struct Check {
    /// The level: privileged, baseline or restricted
    #[arg(long, value_name = "LEVEL", default_value = "restricted")]
    level: PodLevel,
    /// The version of the standards: latest, or such as v1.30
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    version: Version,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    admission: Admission,
    #[command(flatten)]
    sources: NamedSources,
}

impl Check {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let plugin = self.admission.plugin()?;
        let read = self.sources.read(global)?;
        let all: Vec<Pod<'_>> = read.inventory.objects().flat_map(pods_of).collect();
        let (exempt, pods): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|pod| plugin.exempt(pod).is_some());
        let obstacles = match self.level.standard() {
            Some(level) => Obstacle::all(&pods, &Standard::new(level, self.version)),
            None => Vec::new(),
        };
        let records: Vec<Record> =
            obstacles.iter().flat_map(|o| Record::all(&pods[o.pod], o)).collect();
        let wanted = LevelVersion { level: self.level, version: self.version };
        to_stdout(|out| {
            if !self.output.is_table() {
                return list::render(self.output, COLUMNS, &records, &read.unread(), out);
            }
            Record::write_all(&records, out)?;
            summary(out, wanted, obstacles.len(), pods.len(), exempt.len())?;
            list::remainder(&read.unread(), out)
        })?;
        let outcome = if obstacles.is_empty() { Outcome::Clean } else { Outcome::Findings };
        Ok(read.outcome(outcome))
    }
}

fn summary(
    out: &mut dyn Write,
    wanted: LevelVersion,
    refused: usize,
    pods: usize,
    exempt: usize,
) -> io::Result<()> {
    let noun = if pods == 1 { "workload" } else { "workloads" };
    match (refused, pods) {
        (_, 0) => write!(out, "No workload to check")?,
        (0, _) => write!(out, "{pods} {noun} checked: {wanted} allows all")?,
        _ => write!(out, "\n{wanted} refuses {refused} of {pods} {noun}")?,
    }
    if exempt > 0 {
        write!(out, "; {exempt} more exempt")?;
    }
    writeln!(out, ".")
}
