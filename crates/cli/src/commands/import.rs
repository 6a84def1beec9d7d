//! `seawall import`: a `seawall.yaml` out of what other tools were told.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use seawall_config::{IGNORE_FILES, PeerFile, import};
use seawall_model::Inventory;

use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::peers;
use crate::targets::Targets;

/// Turn other tools' configuration and suppressions into a seawall.yaml
#[derive(Args)]
#[command(after_help = "Examples:
  seawall import > seawall.yaml                  # from the current directory
  seawall import deploy/ -o seawall.yaml
  seawall import deploy/ kubescape-exceptions.json controls-inputs.json

What can't be carried over is told on standard error, each with its place and why.
Targets are directories with manifests and configuration of other tools, or single files of either.

Exit codes: 0, 2 usage or input error.")]
pub(crate) struct Import {
    #[command(flatten)]
    targets: Targets,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "output")]
    force: bool,
}

impl Import {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        global.start_threads()?;
        if let Some(path) = &self.output
            && !self.force
            && path.exists()
        {
            bail!("{} is there already; --force replaces it", path.display());
        }
        let (lists, targets): (Vec<String>, Vec<String>) =
            self.targets.or_here().into_iter().partition(|target| is_list(target));
        let mut files = Vec::new();
        for (path, folder) in peers::ignore_files(&targets) {
            files.push(peers::read(&path, &folder)?);
        }
        for list in &lists {
            files.push(peers::read(Path::new(list), "")?);
        }
        let inventory = if targets.is_empty() {
            Inventory::new()
        } else {
            seawall_collect::collect(&targets, &seawall_collect::Options::default())?.inventory
        };
        files.extend(configurations(&inventory)?);
        let unread: Vec<String> = inventory
            .coverage()
            .unread()
            .map(|part| format!("{}:{}: not read: {}", part.file, part.line.max(1), part.outcome))
            .collect();
        let import = import(&inventory, &files);
        match &self.output {
            None => to_stdout(|out| out.write_all(import.yaml.as_bytes()))?,
            Some(path) => std::fs::write(path, &import.yaml)
                .with_context(|| format!("can't write {}", path.display()))?,
        }
        let left = import.left.iter().map(|left| {
            let at = left.location.start();
            format!("{}:{}:{}: {}", left.location.source.name(), at.line, at.column, left.why)
        });
        for told in strangers(&targets, &inventory).into_iter().chain(unread).chain(left) {
            tracing::warn!("{told}");
        }
        if import.carried == 0 {
            tracing::warn!("nothing was found that could be carried over");
        }
        Ok(Outcome::Clean)
    }
}

/// Whether a target is a file of what Trivy ignores: it may be no YAML, and is known by its name.
fn is_list(target: &str) -> bool {
    IGNORE_FILES.iter().any(|name| target.ends_with(name)) && Path::new(target).is_file()
}

/// Files that were named but hold nothing to import.
fn strangers(targets: &[String], inventory: &Inventory) -> Vec<String> {
    let holds = |name: &str| {
        inventory.objects().any(|object| &**object.root().document().source().name() == name)
            || inventory.documents().iter().any(|document| {
                &**document.source().name() == name && PeerFile::recognises(name, document.root())
            })
    };
    targets
        .iter()
        .filter(|target| Path::new(target).is_file())
        .map(|target| target.strip_prefix("./").unwrap_or(target))
        .filter(|name| !holds(name))
        .map(|name| format!("{name}: no objects, and no file of another tool that is known"))
        .collect()
}

/// The configuration of other tools among what was read.
fn configurations(inventory: &Inventory) -> anyhow::Result<Vec<PeerFile>> {
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    for document in inventory.documents() {
        let source = document.source();
        let name = source.name();
        // These were read with the folders that they hold for.
        let is_ignore_file =
            IGNORE_FILES.iter().any(|ignore| name.rsplit('/').next() == Some(ignore));
        if !is_ignore_file
            && PeerFile::recognises(name, document.root())
            && seen.insert(Arc::as_ptr(source))
        {
            files.push(PeerFile::parse(name, "", source.text().to_owned())?);
        }
    }
    Ok(files)
}
