//! What the ServiceAccount plugin does to a pod before PodSecurityPolicy sees it.
//!
//! It runs in nearly every cluster: a policy that allows neither `projected` nor `secret` volumes
//! refuses all pods that get a token, and the account `default` is asked about where a pod names
//! none (`plugin/pkg/admission/serviceaccount`).

use seawall_model::workload::ContainerType;

use super::container::Mount;
use super::pod::Pod;
use super::volumes::{Volume, VolumeSource};

/// Where containers find their token.
const MOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// What the name of the volume begins with; the plugin adds five random characters.
const VOLUME: &str = "kube-api-access-";

/// What the pod's service account says of its token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// `automountServiceAccountToken` of the account.
    pub automount: Option<bool>,
}

impl Token {
    /// Names the account and mounts its token, unless pod or account decline. Mirror pods of static
    /// ones are left alone.
    pub fn mount(self, pod: &mut Pod) {
        if pod.is_mirror() {
            return;
        }
        if pod.service_account.is_empty() {
            "default".clone_into(&mut pod.service_account);
        }
        if !pod.automount_token.or(self.automount).unwrap_or(true) {
            return;
        }
        let known = pod.volumes.iter().find(|volume| volume.name.starts_with(VOLUME));
        let name = known.map_or(VOLUME, |volume| &volume.name).to_owned();
        let has_volume = known.is_some();
        let mut mounted = false;
        for container in &mut pod.containers {
            if container.container_type == ContainerType::Ephemeral
                || container.mounts.iter().any(|mount| mount.path == MOUNT)
            {
                continue;
            }
            mounted = true;
            let path = MOUNT.to_owned();
            container.mounts.push(Mount { name: name.clone(), path, read_only: true });
        }
        if mounted && !has_volume {
            let source = VolumeSource::Projected { token_only: true };
            pod.volumes.push(Volume { name, source });
        }
    }
}
