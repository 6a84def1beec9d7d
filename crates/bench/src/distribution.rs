//! Which distribution of Kubernetes is this, where does it keep its files, and what does it run
//! inside its own program?

mod k3s;
mod layout;
mod microk8s;

pub use layout::{File, Layout};

use std::fmt;

use seawall_model::{Inventory, ObjectKind};

use crate::component::{Component, Instance};
use crate::evidence::host::{FileKind, Host, Unread};
use crate::evidence::process::Processes;

/// A distribution, or a service of a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the distribution of that name")]
pub enum Platform {
    Kubeadm,
    K3s,
    Rke2,
    MicroK8s,
    Eks,
    Aks,
    Gke,
    /// Kubernetes set up in another way, or none at all.
    Other,
}

impl Platform {
    /// All of them.
    pub const ALL: [Platform; 8] = [
        Platform::Kubeadm,
        Platform::K3s,
        Platform::Rke2,
        Platform::MicroK8s,
        Platform::Eks,
        Platform::Aks,
        Platform::Gke,
        Platform::Other,
    ];

    /// The name for options and reports.
    pub fn name(self) -> &'static str {
        match self {
            Platform::Kubeadm => "kubeadm",
            Platform::K3s => "k3s",
            Platform::Rke2 => "rke2",
            Platform::MicroK8s => "microk8s",
            Platform::Eks => "eks",
            Platform::Aks => "aks",
            Platform::Gke => "gke",
            Platform::Other => "other",
        }
    }

    /// Where it keeps its files.
    pub fn layout(self) -> &'static Layout {
        layout::of(self)
    }

    /// Whether somebody else runs the control plane.
    pub fn is_managed(self) -> bool {
        matches!(self, Platform::Eks | Platform::Aks | Platform::Gke)
    }

    /// The distribution of a node, by its processes and directories; of objects, by the versions
    /// that their nodes report.
    ///
    /// # Errors
    ///
    /// Where a directory that tells can't be looked at.
    pub fn detect(
        host: Option<&Host>,
        processes: &Result<Processes, Unread>,
        inventory: Option<&Inventory>,
    ) -> Result<Platform, Unread> {
        if let Some(host) = host {
            let runs =
                |name: &str| processes.as_ref().is_ok_and(|all| all.named(name).next().is_some());
            let directory = |path: &str| {
                Ok(host.metadata(path)?.is_some_and(|found| found.kind == FileKind::Directory))
            };
            let file = |path: &str| Ok(host.metadata(path)?.is_some());
            if runs("rke2") || directory("/var/lib/rancher/rke2")? {
                return Ok(Platform::Rke2);
            }
            if k3s::runs(processes) || directory("/var/lib/rancher/k3s")? {
                return Ok(Platform::K3s);
            }
            if runs("kubelite") || directory("/var/snap/microk8s/current/args")? {
                return Ok(Platform::MicroK8s);
            }
            let release = host.read("/etc/os-release")?.unwrap_or_default();
            let variant = |word: &str| release.lines().any(|line| line.contains(word));
            if directory("/etc/eks")? || variant("VARIANT_ID=aws-k8s") {
                return Ok(Platform::Eks);
            }
            if file("/etc/kubernetes/azure.json")? {
                return Ok(Platform::Aks);
            }
            if directory("/home/kubernetes/bin")? {
                return Ok(Platform::Gke);
            }
            if directory("/etc/kubernetes/manifests")?
                || file("/var/lib/kubelet/kubeadm-flags.env")?
            {
                return Ok(Platform::Kubeadm);
            }
            return Ok(Platform::Other);
        }
        let version = inventory
            .into_iter()
            .flat_map(|inventory| inventory.of_kind(ObjectKind::Node))
            .find_map(|node| node.root().at_path(&["status", "nodeInfo", "kubeletVersion"]));
        let version = version.map_or("", |version| version.text());
        let is = |mark: &str| version.contains(mark);
        Ok(match () {
            () if is("+k3s") => Platform::K3s,
            () if is("+rke2") => Platform::Rke2,
            () if is("-eks-") => Platform::Eks,
            () if is("-gke.") => Platform::Gke,
            () if inventory.is_some_and(layout::has_azure_nodes) => Platform::Aks,
            () => Platform::Other,
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Platform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Platform::ALL.into_iter().find(|platform| platform.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Platform::ALL.into_iter().map(Platform::name).collect();
            format!("there are {}", names.join(", "))
        })
    }
}

/// Whether a distribution enforces NetworkPolicies itself, beside a network plugin that does not;
/// none where that isn't known.
///
/// # Errors
///
/// Where its configuration can't be read.
pub fn enforces_policies(
    host: &Host,
    processes: &Result<Processes, Unread>,
    platform: Platform,
) -> Result<Option<bool>, Unread> {
    match platform {
        Platform::K3s => k3s::enforces_policies(host, processes),
        _ => Ok(Some(false)),
    }
}

/// The component that a distribution runs inside a program of its own, if it does.
///
/// # Errors
///
/// Where its configuration can't be read.
pub fn embedded(
    host: &Host,
    processes: &Result<Processes, Unread>,
    platform: Platform,
    component: Component,
) -> Result<Option<Instance>, Unread> {
    match platform {
        Platform::K3s => k3s::instance(host, processes, component),
        Platform::MicroK8s => microk8s::instance(host, processes, component),
        _ => Ok(None),
    }
}
