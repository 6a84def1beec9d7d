//! How charts and kustomizations are rendered, for the commands that read them.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use seawall_schema::Version;

/// Options for Helm charts and kustomizations.
#[derive(Args)]
#[command(next_help_heading = "Helm and Kustomize")]
pub(crate) struct Rendering {
    /// Render charts with the values of this file too
    #[arg(long, value_name = "FILE")]
    values: Vec<PathBuf>,
    /// Render charts with this value
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Render charts for a release of this name [default: release-name]
    #[arg(long, value_name = "NAME")]
    release: Option<String>,
    /// Render charts for a release in this namespace; with --cluster, read only this namespace
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Give helm or kustomize so many seconds for each chart or kustomization
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    render_timeout: u64,
    /// Read the files of charts and kustomizations as they stand
    #[arg(long, conflicts_with_all = ["values", "set", "release", "namespace"])]
    no_render: bool,
}

impl Rendering {
    /// What the options say; `None` where nothing is to be rendered.
    pub(crate) fn options(
        &self,
        kubernetes: Option<Version>,
    ) -> anyhow::Result<Option<seawall_collect::Rendering>> {
        if self.no_render {
            return Ok(None);
        }
        for file in &self.values {
            // Said once here, not once a chart.
            std::fs::metadata(file)
                .with_context(|| format!("can't read the values {}", file.display()))?;
        }
        let default = seawall_collect::Rendering::default();
        Ok(Some(seawall_collect::Rendering {
            values: self.values.clone(),
            set: self.set.clone(),
            release: self.release.clone().unwrap_or_else(|| default.release.clone()),
            namespace: self.namespace.clone(),
            kubernetes_version: kubernetes.map(|version| format!("1.{}", version.minor())),
            timeout: Duration::from_secs(self.render_timeout),
            ..default
        }))
    }
}
