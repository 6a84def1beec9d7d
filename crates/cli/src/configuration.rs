//! Which configuration holds for the targets of a command.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use seawall_config::Config;
use seawall_model::document::Limits;

/// Options that choose the configuration.
#[derive(Args)]
pub(crate) struct Configuration {
    /// Read this configuration instead of the nearest seawall.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, conflicts_with = "config")]
    no_config: bool,
}

impl Configuration {
    /// Reads the configuration: that which is named, or the one nearest to the first target that is
    /// a path.
    ///
    /// Its custom checks are checks like all others from then on: call it once, and before anything
    /// else asks for checks.
    pub(crate) fn read(&self, targets: &[String]) -> anyhow::Result<Config> {
        if self.no_config {
            return Ok(Config::default());
        }
        let found = match &self.config {
            Some(path) => Some(path.clone()),
            None => targets.iter().find(|target| *target != "-").map_or_else(
                || Config::discover(Path::new(".")),
                |target| Config::discover(Path::new(target)),
            ),
        };
        let Some(path) = found else { return Ok(Config::default()) };
        let name = path.to_string_lossy();
        tracing::debug!("configuration: {name}");
        let text = seawall_collect::read_text(&path, &Limits::default())
            .map_err(|cause| anyhow::anyhow!("can't read {name}: {cause}"))?;
        // First, for the rest of the file may name them.
        let custom = seawall_custom::checks_of(&name, &text)?;
        if seawall_checks::add(custom).is_err() {
            bail!("{name}: the custom checks of another configuration hold already");
        }
        Ok(Config::parse(&name, text)?)
    }
}
