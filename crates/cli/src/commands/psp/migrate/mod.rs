//! `seawall psp migrate`: what takes the place of the policies?

mod manifests;
mod plan;
mod write;

use std::path::PathBuf;

use clap::Args;
use seawall_podsecurity::standards::Version;
use seawall_report::list::{self, ListFormat};

use super::world::{Makers, World};
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::NamedSources;
use plan::Plan;

/// Turn PodSecurityPolicies into Pod Security levels, admission policies and security contexts
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall psp migrate --cluster                       # what would change
  seawall psp migrate bundle.tar.zst --write migration/
  seawall psp migrate deploy/ policies/ rbac/ -o json

Each namespace gets the strictest level that its workloads meet once they say themselves what the
policy set for them. What the policies demand beyond that level becomes a ValidatingAdmissionPolicy.
With --write, DIR gets namespaces.yaml, validating-admission-policies.yaml, workloads.yaml (for
kubectl apply --server-side --force-conflicts --field-manager=psp-migration), for files
workloads.patch, and report.json. Nothing is applied.

Exit codes: 0 all workloads can be migrated, 1 some need a hand, 2 usage or input error; also 2 with
--strict when something could not be read."
)]
pub(super) struct Migrate {
    /// The version of the standards for the labels: latest, or such as v1.30
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    version: Version,
    /// Write manifests and patches into this directory
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Write the report as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    makers: Makers,
    #[command(flatten)]
    sources: NamedSources,
}

impl Migrate {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let read = self.sources.read(global)?;
        let world = World::new(&read.inventory, &self.makers);
        let gaps = world.unread();
        let has_gaps = !gaps.is_empty();
        let unread = read.with_gaps(gaps);
        let plan = Plan::new(&world, &read.inventory, self.version, unread);
        if let Some(folder) = &self.write {
            write::all(folder, &plan, &world)?;
        }
        to_stdout(|out| match self.output {
            ListFormat::Json | ListFormat::Yaml => list::record(self.output, &plan.report, out),
            format => plan.write(format, out),
        })?;
        let by_hand = plan.report.workloads.iter().any(|workload| workload.by_hand.is_some());
        let findings = by_hand || !world.undecided.is_empty();
        let outcome = if findings { Outcome::Findings } else { Outcome::Clean };
        Ok(read.outcome_with(outcome, has_gaps))
    }
}
