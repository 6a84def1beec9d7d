//! Which live cluster to read: the options that `scan` and `collect` share.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use seawall_cluster::{Options, Resources};
use seawall_collect::{Collected, Observed};
use seawall_model::document::Limits;

use crate::sources::Wanted;

/// Whether to read a live cluster instead of files.
#[derive(Args)]
#[command(next_help_heading = "Live clusters")]
pub(crate) struct LiveCluster {
    /// Scan the live cluster of the kubeconfig instead of files
    #[arg(long, conflicts_with_all = ["targets", "filenames"])]
    pub(crate) cluster: bool,
    #[command(flatten)]
    pub(crate) access: Access,
}

/// How to find the cluster.
#[derive(Clone, Args, Default)]
pub(crate) struct Access {
    /// Use this kubeconfig [default: KUBECONFIG, ~/.kube/config, or the pod's service account]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Use this context of the kubeconfig [default: the current one]
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

impl Access {
    /// What to read, and with whose rights; no namespace is the whole cluster.
    pub(crate) fn options(&self, namespaces: Vec<String>) -> anyhow::Result<Options> {
        for name in &namespaces {
            // It stands in the path of a request.
            let fits = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            ensure!(fits && !name.is_empty(), "{name:?} is no name of a namespace");
        }
        Ok(Options {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            namespaces,
            ..Options::default()
        })
    }

    /// The namespace that a question is about where it names none.
    pub(crate) fn default_namespace(&self) -> anyhow::Result<String> {
        Ok(seawall_cluster::default_namespace(&self.options(Vec::new())?)?)
    }

    /// Reads the cluster into an inventory, in which it is called `cluster`; all of it where
    /// nothing is wanted in particular.
    pub(crate) fn collect(
        &self,
        namespaces: Vec<String>,
        wanted: &[Wanted],
        limits: Limits,
    ) -> anyhow::Result<Collected> {
        let mut observed = Observed::new("cluster", limits);
        let version = env!("CARGO_PKG_VERSION");
        let only = wanted.iter().map(|wanted| match wanted {
            Wanted::Roles => Resources::Roles,
            Wanted::ServiceAccounts => Resources::ServiceAccounts,
            Wanted::Definitions => Resources::Definitions,
            Wanted::Nodes => Resources::Nodes,
        });
        let options = Options { only: only.collect(), ..self.options(namespaces)? };
        let manifest = seawall_cluster::collect(&options, version, |members| {
            observed.add(members);
            Ok(())
        })?;
        let inventory = observed.into_inventory(&manifest);
        let server_versions = [manifest.server_version].into();
        let collected = [manifest.collected].into();
        Ok(Collected { inventory, target_failed: false, server_versions, collected })
    }
}
