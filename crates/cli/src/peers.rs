//! Files of other tools that a scan honours: those that are named, and the `.trivyignore` of the
//! current directory and of the directories that are scanned.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;
use seawall_config::{Config, IGNORE_FILES, PeerFile, PeerSuppressions};
use seawall_model::document::Limits;

/// What counts of suppressions that were written for other tools.
#[derive(Args)]
pub(crate) struct PeerOptions {
    /// Honour a file of another tool too: exceptions of kubescape, a .trivyignore, or the
    /// configuration of kubeaudit, checkov or polaris
    #[arg(long, value_name = "FILE")]
    peer_suppressions: Vec<PathBuf>,
    /// Honour no suppression that was written for another tool
    #[arg(long, conflicts_with = "peer_suppressions")]
    no_peer_suppressions: bool,
}

impl PeerOptions {
    /// The files; `None` where no suppression of another tool counts.
    pub(crate) fn files(
        &self,
        config: &Config,
        targets: &[String],
    ) -> anyhow::Result<Option<Vec<PeerFile>>> {
        let named = match &config.peer_suppressions {
            _ if self.no_peer_suppressions => return Ok(None),
            // A file on the command line counts whatever the configuration says.
            PeerSuppressions::Off if self.peer_suppressions.is_empty() => return Ok(None),
            PeerSuppressions::Off => &[][..],
            PeerSuppressions::On(files) => files,
        };
        let mut files = Vec::new();
        for path in named.iter().map(PathBuf::from).chain(self.peer_suppressions.iter().cloned()) {
            files.push(read(&path, "")?);
        }
        for (path, folder) in ignore_files(targets) {
            files.push(read(&path, &folder)?);
        }
        Ok(Some(files))
    }
}

/// The files of [`IGNORE_FILES`] that hold for the targets, each with the folder that it holds for:
/// that of the current directory for all.
pub(crate) fn ignore_files(targets: &[String]) -> Vec<(PathBuf, String)> {
    let mut folders = vec![(PathBuf::from("."), String::new())];
    for target in targets.iter().filter(|target| Path::new(target).is_dir()) {
        let name = target.strip_prefix("./").unwrap_or(target).trim_end_matches('/');
        if !["", "."].contains(&name) {
            folders.push((PathBuf::from(target), format!("{name}/")));
        }
    }
    folders
        .into_iter()
        .flat_map(|(path, folder)| {
            IGNORE_FILES.iter().map(move |name| (path.join(name), folder.clone()))
        })
        .filter(|(path, _)| path.is_file())
        .collect()
}

/// Reads a file of another tool.
pub(crate) fn read(path: &Path, folder: &str) -> anyhow::Result<PeerFile> {
    let name = path.to_string_lossy();
    let name = if cfg!(windows) { name.replace('\\', "/") } else { name.into_owned() };
    let name = name.strip_prefix("./").unwrap_or(&name);
    let text = seawall_collect::read_text(path, &Limits::default())
        .map_err(|cause| anyhow!("can't read {name}: {cause}"))?;
    Ok(PeerFile::parse(name, folder, text)?)
}
