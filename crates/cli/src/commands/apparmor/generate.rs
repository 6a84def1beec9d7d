//! `seawall apparmor generate`: a profile for a workload.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use seawall_model::workload::pods_of;
use seawall_podsecurity::apparmor::{Need, generate};

use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::NamedSources;

/// Write a profile for each container from what its workload declares
#[derive(Args)]
#[command(after_help = "Examples:
  seawall apparmor generate deploy/web.yaml
  seawall apparmor generate chart/ --container app --output-dir profiles/
  seawall apparmor generate --cluster --output-dir profiles/

What counts is readOnlyRootFilesystem, volumes and whether they can be written to, ports and
capabilities. The profile is named after namespace, workload and container; load it on every node and
name it in securityContext.appArmorProfile.localhostProfile.

Exit codes: 0 written; 2 usage or input error, or a workload could not be understood.")]
pub(super) struct Generate {
    /// Only containers of this name
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    /// Write a file a profile, of the profile's name, into this directory [default: all to standard
    /// output]
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    #[command(flatten)]
    sources: NamedSources,
}

impl Generate {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let read = self.sources.read(global)?;
        let mut profiles: Vec<(String, String)> = Vec::new();
        let mut undecided = false;
        for pod in read.inventory.objects().filter(|it| !it.is_built_in()).flat_map(pods_of) {
            let wanted = |name: &str| self.container.as_deref().is_none_or(|it| it == name);
            for container in pod.containers().iter().filter(|it| wanted(it.name)) {
                match Need::of(container) {
                    Ok(need) => profiles.push((need.name.clone(), generate(&need))),
                    Err(why) => {
                        tracing::error!(
                            "{}, {}: no profile, since {}",
                            pod.object.id(),
                            container.noun(),
                            why.why
                        );
                        undecided = true;
                    }
                }
            }
        }
        if profiles.is_empty() && !undecided {
            bail!("there is no such container");
        }
        match &self.output_dir {
            Some(folder) => {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("can't make {}", folder.display()))?;
                for (name, text) in &profiles {
                    let path = folder.join(name);
                    std::fs::write(&path, text)
                        .with_context(|| format!("can't write {}", path.display()))?;
                }
            }
            None => {
                to_stdout(|out| profiles.iter().try_for_each(|(_, text)| writeln!(out, "{text}")))?;
            }
        }
        Ok(read.outcome(if undecided { Outcome::InputError } else { Outcome::Clean }))
    }
}
