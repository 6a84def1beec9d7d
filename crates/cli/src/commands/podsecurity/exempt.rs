//! Who and what is exempt, and what holds without labels: from options and the API server's
//! configuration.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use seawall_model::document::{Limits, Node, chunks, read};
use seawall_model::workload::Pod;
use seawall_model::{Location, Source};
use seawall_podsecurity::admission::{Configuration, Exemption, configuration, creator};

/// What the admission plugin is told at its start.
#[derive(Args)]
#[command(next_help_heading = "Admission plugin")]
pub(super) struct Admission {
    /// Read defaults and exemptions from the API server's --admission-control-config-file: an
    /// AdmissionConfiguration or a PodSecurityConfiguration
    #[arg(long, value_name = "FILE")]
    admission_config: Option<PathBuf>,
    /// Leave out pods that this user makes; those of a Deployment are made by
    /// system:serviceaccount:kube-system:replicaset-controller
    #[arg(long = "exempt-user", value_name = "NAME")]
    exempt_users: Vec<String>,
    /// Leave out this namespace
    #[arg(long = "exempt-namespace", value_name = "NAME")]
    exempt_namespaces: Vec<String>,
    /// Leave out pods of this runtime class
    #[arg(long = "exempt-runtime-class", value_name = "NAME")]
    exempt_runtime_classes: Vec<String>,
    /// The namespace of objects that name none
    #[arg(long, value_name = "NAME", default_value = "default")]
    default_namespace: String,
}

/// The plugin as it is configured.
pub(super) struct Plugin {
    pub(super) configuration: Configuration,
    pub(super) default_namespace: String,
}

impl Admission {
    /// Reads the configuration and adds the options.
    pub(super) fn plugin(self) -> anyhow::Result<Plugin> {
        let mut configuration = match &self.admission_config {
            Some(path) => read_file(path)?,
            None => Configuration::default(),
        };
        let exemptions = &mut configuration.exemptions;
        exemptions.usernames.extend(self.exempt_users);
        exemptions.namespaces.extend(self.exempt_namespaces);
        exemptions.runtime_classes.extend(self.exempt_runtime_classes);
        Ok(Plugin { configuration, default_namespace: self.default_namespace })
    }
}

fn read_file(path: &PathBuf) -> anyhow::Result<Configuration> {
    let name = path.to_string_lossy().into_owned();
    let limits = Limits::default();
    let size = std::fs::metadata(path).with_context(|| format!("can't read {name}"))?.len();
    if size > limits.document_bytes as u64 {
        bail!("{name} has {size} bytes, too many for a configuration");
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("can't read {name}"))?;
    let source = Arc::new(Source::new(name.as_str(), text));
    let mut found = None;
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &limits);
        if let Some(error) = reading.error {
            let at = source.position(error.offset);
            bail!("{name}:{}:{}: {error}", at.line, at.column);
        }
        for document in &reading.documents {
            if document.root().is_null() {
                continue;
            }
            let read = configuration(document.root()).map_err(|error| {
                let span = error.node.anchor();
                let at = Location { source: Arc::clone(&source), span }.start();
                anyhow::anyhow!("{name}:{}:{}: {}", at.line, at.column, error.why)
            })?;
            found = found.or(read);
        }
    }
    found.with_context(|| format!("{name} does not configure the plugin PodSecurity"))
}

impl Plugin {
    /// The namespace of a workload.
    pub(super) fn namespace<'a>(&'a self, pod: &Pod<'a>) -> &'a str {
        pod.object.namespace().unwrap_or(&self.default_namespace)
    }

    /// Why the plugin does not look at a workload's pods, if it does not.
    pub(super) fn exempt(&self, pod: &Pod<'_>) -> Option<Exemption> {
        let class = pod.field("runtimeClassName").and_then(Node::as_str);
        let user = creator(pod).user();
        let exemptions = &self.configuration.exemptions;
        exemptions.exempt(self.namespace(pod), user.as_deref(), class)
    }
}
