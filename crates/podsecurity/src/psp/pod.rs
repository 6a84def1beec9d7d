//! What the plugin sees of a pod: its fields after the API server's defaulting.

use std::collections::BTreeMap;

use seawall_model::workload;
use seawall_model::{Outcome as Readable, Undecided};

use super::container::{self, Container};
use super::read::{flag, list, optional_number, optional_text, text};
use super::se_linux::SeLinux;
use super::seccomp::Seccomp;
use super::volumes::{self, Volume};

/// A pod, as far as PodSecurityPolicy looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes field of that name")]
pub struct Pod {
    pub annotations: BTreeMap<String, String>,
    /// Empty where none is named; the ServiceAccount plugin makes that `default`.
    pub service_account: String,
    pub automount_token: Option<bool>,
    pub runtime_class: Option<String>,
    pub host_network: bool,
    pub host_pid: bool,
    pub host_ipc: bool,
    pub security: PodContext,
    pub volumes: Vec<Volume>,
    /// Init, regular and ephemeral containers, in this order.
    pub containers: Vec<Container>,
}

/// The pod's security context; the API server makes an empty one where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes field of that name")]
pub struct PodContext {
    pub se_linux: Option<SeLinux>,
    pub run_as_user: Option<i64>,
    pub run_as_group: Option<i64>,
    pub run_as_non_root: Option<bool>,
    /// An empty list is not the same as none: the plugin sets groups only where there is none.
    pub supplemental_groups: Option<Vec<i64>>,
    pub fs_group: Option<i64>,
    pub seccomp: Option<Seccomp>,
    /// The names of the sysctls.
    pub sysctls: Vec<String>,
}

impl Pod {
    /// Reads a pod or pod template, and defaults what the API server defaults and the plugin looks
    /// at: the deprecated `serviceAccount`, volumes without a source, and on the node's network the
    /// ports (`pkg/apis/core/v1/defaults.go`).
    ///
    /// # Errors
    ///
    /// Where a field has another type than Kubernetes gives it: the API server would refuse the
    /// pod.
    pub fn read<'a>(pod: &workload::Pod<'a>) -> Result<Self, Undecided<'a>> {
        let spec = pod.spec;
        spec.map()?;
        let mut annotations = BTreeMap::new();
        for (key, value) in pod.annotations()? {
            if !value.is_null() {
                annotations.insert(key.text().to_owned(), value.string()?.value.to_owned());
            }
        }
        let account = pod.service_account()?;
        let host_network = flag(spec, "hostNetwork")?;
        let volumes = list(spec, "volumes", volumes::read)?;
        let mut containers = container::read_all(spec)?;
        if host_network {
            for container in &mut containers {
                container.publish_ports();
            }
        }
        let automount_token = spec.field("automountServiceAccountToken")?;
        Ok(Pod {
            annotations,
            service_account: account.map(|name| name.value.to_owned()).unwrap_or_default(),
            automount_token: automount_token.map(|n| n.boolean().map(|b| b.value)).transpose()?,
            runtime_class: optional_text(spec, "runtimeClassName")?,
            host_network,
            host_pid: flag(spec, "hostPID")?,
            host_ipc: flag(spec, "hostIPC")?,
            security: pod_context(pod)?,
            volumes,
            containers,
        })
    }

    /// Whether a static pod's mirror, which kubelets make.
    pub fn is_mirror(&self) -> bool {
        self.annotations.contains_key("kubernetes.io/config.mirror")
    }
}

fn pod_context<'a>(pod: &workload::Pod<'a>) -> Result<PodContext, Undecided<'a>> {
    let Some(node) = pod.security.node else { return Ok(PodContext::default()) };
    let readable: Readable<'a> = pod.security.readable();
    readable?;
    let groups = match node.get("supplementalGroups") {
        Some(groups) => Some(
            groups.list()?.map(|id| id.integer().map(|id| id.value)).collect::<Result<_, _>>()?,
        ),
        None => None,
    };
    Ok(PodContext {
        se_linux: SeLinux::read(node)?,
        run_as_user: optional_number(node, "runAsUser")?,
        run_as_group: optional_number(node, "runAsGroup")?,
        run_as_non_root: super::read::optional_flag(node, "runAsNonRoot")?,
        supplemental_groups: groups,
        fs_group: optional_number(node, "fsGroup")?,
        seccomp: Seccomp::read(node)?,
        sysctls: list(node, "sysctls", |sysctl| text(sysctl, "name"))?,
    })
}
