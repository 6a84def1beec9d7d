//! What to read, as arguments, or with `-f` as kubectl has it.

use std::path::Path;

use anyhow::bail;
use clap::Args;
use seawall_model::{Inventory, PartOutcome};

/// Targets of the commands that read files.
#[derive(Args)]
pub(crate) struct Targets {
    /// Files, directories, globs, Helm charts, kustomizations, bundles, or - for standard input
    /// [default: .]
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// The same, as kubectl has it
    #[arg(short = 'f', long = "filename", value_name = "TARGET", num_args = 1..)]
    filenames: Vec<String>,
}

impl Targets {
    /// All that is named; the current directory where nothing is.
    pub(crate) fn or_here(&self) -> Vec<String> {
        if self.targets.is_empty() && self.filenames.is_empty() {
            return vec![".".to_owned()];
        }
        self.all()
    }

    /// All that is named.
    pub(crate) fn all(&self) -> Vec<String> {
        self.targets.iter().chain(&self.filenames).cloned().collect()
    }

    /// Refuses a file behind `-f` that holds no Kubernetes object: with Helm `-f` names values,
    /// and who means that would get an answer for other values than those.
    pub(crate) fn refuse_values(&self, inventory: &Inventory) -> anyhow::Result<()> {
        let parts = &inventory.coverage().parts;
        for name in self.filenames.iter().filter(|name| Path::new(name).is_file()) {
            let mut own = parts.iter().filter(|part| *part.file == **name).peekable();
            let empty = |part: &seawall_model::Part| {
                matches!(part.outcome, PartOutcome::NotKubernetes { .. })
            };
            if own.peek().is_some() && own.all(empty) {
                bail!(
                    "{name}, named by -f, holds no Kubernetes object; values of charts are given \
                     with --values"
                );
            }
        }
        Ok(())
    }
}
