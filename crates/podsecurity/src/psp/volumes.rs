//! Volumes: their types, host paths, and the drivers of FlexVolumes and inline CSI volumes.

use seawall_model::Undecided;
use seawall_model::document::Node;

use super::place::{Place, Rejection};
use super::pod::Pod;
use super::policy::Policy;
use super::read::{list, text};

/// A volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// `name`.
    pub name: String,
    /// What it is.
    pub source: VolumeSource,
}

/// What a volume is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeSource {
    /// `hostPath`, with the path.
    HostPath(String),
    /// `flexVolume`, with the driver.
    Flex(String),
    /// `csi`, with the driver.
    Csi(String),
    /// `projected`; whether it holds only what the ServiceAccount plugin projects.
    Projected {
        /// Whether a policy that allows `secret` allows it.
        token_only: bool,
    },
    /// Another type, as policies name it.
    Other(&'static str),
}

/// An item of `allowedHostPaths`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes field of that name")]
pub struct HostPath {
    pub path_prefix: String,
    pub read_only: bool,
}

/// The key of each source in a pod and its name in a policy, in the order in which the plugin looks
/// for them (`GetVolumeFSType`).
const TYPES: &[(&str, &str)] = &[
    ("hostPath", "hostPath"),
    ("emptyDir", "emptyDir"),
    ("gcePersistentDisk", "gcePersistentDisk"),
    ("awsElasticBlockStore", "awsElasticBlockStore"),
    ("gitRepo", "gitRepo"),
    ("secret", "secret"),
    ("nfs", "nfs"),
    ("iscsi", "iscsi"),
    ("glusterfs", "glusterfs"),
    ("persistentVolumeClaim", "persistentVolumeClaim"),
    ("rbd", "rbd"),
    ("flexVolume", "flexVolume"),
    ("cinder", "cinder"),
    ("cephfs", "cephFS"),
    ("flocker", "flocker"),
    ("downwardAPI", "downwardAPI"),
    ("fc", "fc"),
    ("azureFile", "azureFile"),
    ("configMap", "configMap"),
    ("vsphereVolume", "vsphereVolume"),
    ("quobyte", "quobyte"),
    ("azureDisk", "azureDisk"),
    ("photonPersistentDisk", "photonPersistentDisk"),
    ("storageos", "storageos"),
    ("projected", "projected"),
    ("portworxVolume", "portworxVolume"),
    ("scaleIO", "scaleIO"),
    ("csi", "csi"),
    ("ephemeral", "ephemeral"),
];

/// The types: the key in a pod, and the name in a policy.
pub(super) fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    TYPES.iter().copied()
}

/// Reads a volume; one without a source is an `emptyDir` (`SetDefaults_Volume`).
pub(super) fn read(node: Node<'_>) -> Result<Volume, Undecided<'_>> {
    let name = text(node, "name")?;
    let Some((key, source)) = TYPES.iter().find_map(|(key, _)| Some((*key, node.get(key)?))) else {
        let unknown = node.entries().find(|(key, value)| key.text() != "name" && !value.is_null());
        return match unknown {
            Some((key, _)) => {
                let why = format!("{} is no volume type of Kubernetes 1.24", key.text());
                Err(Undecided { node: key, why: why.into() })
            }
            None => Ok(Volume { name, source: VolumeSource::Other("emptyDir") }),
        };
    };
    let source = match key {
        "hostPath" => VolumeSource::HostPath(text(source, "path")?),
        "flexVolume" => VolumeSource::Flex(text(source, "driver")?),
        "csi" => VolumeSource::Csi(text(source, "driver")?),
        "projected" => VolumeSource::Projected { token_only: holds_token_only(source)? },
        _ => VolumeSource::Other(policy_name(key)),
    };
    Ok(Volume { name, source })
}

fn policy_name(key: &str) -> &'static str {
    TYPES.iter().find(|(known, _)| *known == key).map_or("", |(_, name)| name)
}

/// `IsOnlyServiceAccountTokenSources`.
fn holds_token_only(projected: Node<'_>) -> Result<bool, Undecided<'_>> {
    let sources = list(projected, "sources", is_token_source)?;
    Ok(sources.into_iter().all(|token| token))
}

fn is_token_source(source: Node<'_>) -> Result<bool, Undecided<'_>> {
    let token = source.field("serviceAccountToken")?;
    let (config_map, downward) = (source.get("configMap"), source.get("downwardAPI"));
    if token.is_none() && config_map.is_none() && downward.is_none() {
        return Ok(false);
    }
    if let Some(token) = token
        && (text(token, "path")? != "token" || !text(token, "audience")?.is_empty())
    {
        return Ok(false);
    }
    if let Some(config_map) = config_map
        && text(config_map, "name")? != "kube-root-ca.crt"
    {
        return Ok(false);
    }
    let Some(downward) = downward else { return Ok(true) };
    let items = list(downward, "items", |item| {
        let Some(field) = item.field("fieldRef")? else { return Ok(false) };
        // The API server fills in `v1` (`SetDefaults_ObjectFieldSelector`).
        let version = text(field, "apiVersion")?;
        Ok(text(item, "path")? == "namespace"
            && matches!(version.as_str(), "" | "v1")
            && text(field, "fieldPath")? == "metadata.namespace")
    })?;
    Ok(items.into_iter().all(|namespace| namespace))
}

impl VolumeSource {
    /// Its type, as policies name it.
    pub fn type_name(&self) -> &'static str {
        match self {
            VolumeSource::HostPath(_) => "hostPath",
            VolumeSource::Flex(_) => "flexVolume",
            VolumeSource::Csi(_) => "csi",
            VolumeSource::Projected { .. } => "projected",
            VolumeSource::Other(name) => name,
        }
    }

    fn is_of(&self, types: &[String]) -> bool {
        let has = |name: &str| types.iter().any(|allowed| allowed == name);
        let token = matches!(self, VolumeSource::Projected { token_only: true });
        has("*") || has(self.type_name()) || (token && has("secret"))
    }
}

pub(super) fn check(policy: &Policy, pod: &Pod, found: &mut Vec<Rejection>) {
    for (index, volume) in pod.volumes.iter().enumerate() {
        let place = |keys| Place::spec(&["volumes"]).item(index).keys(keys);
        if !volume.source.is_of(&policy.volumes) {
            let kind = volume.source.type_name();
            let allowed = policy.volumes.join(", ");
            let allowed = if allowed.is_empty() { "none" } else { &allowed };
            let reason =
                format!("the volume {} is of type {kind}; allowed are {allowed}", volume.name);
            found.push(Rejection::new(place(&[]), reason));
            continue;
        }
        match &volume.source {
            VolumeSource::HostPath(path) => match allows_path(&policy.allowed_host_paths, path) {
                None => {
                    let reason = format!("the host path {path} is not allowed");
                    found.push(Rejection::new(place(&["hostPath", "path"]), reason));
                }
                Some(HostPathUse::ReadOnly) => check_read_only(pod, volume, path, found),
                Some(HostPathUse::ReadWrite) => {}
            },
            VolumeSource::Flex(driver) => {
                if !listed(&policy.allowed_flex_volumes, driver) {
                    let reason = format!("the FlexVolume driver {driver} is not allowed");
                    found.push(Rejection::new(place(&["flexVolume", "driver"]), reason));
                }
            }
            VolumeSource::Csi(driver) => {
                if !listed(&policy.allowed_csi_drivers, driver) {
                    let reason = format!("the inline CSI driver {driver} is not allowed");
                    found.push(Rejection::new(place(&["csi", "driver"]), reason));
                }
            }
            VolumeSource::Projected { .. } | VolumeSource::Other(_) => {}
        }
    }
}

/// An empty list allows all.
fn listed(allowed: &[String], name: &String) -> bool {
    allowed.is_empty() || allowed.contains(name)
}

enum HostPathUse {
    ReadWrite,
    ReadOnly,
}

/// Whether a path may be mounted, and how; one prefix that allows writing is enough.
fn allows_path(allowed: &[HostPath], path: &str) -> Option<HostPathUse> {
    if allowed.is_empty() {
        return Some(HostPathUse::ReadWrite);
    }
    let mut matching = allowed.iter().filter(|prefix| has_prefix(path, &prefix.path_prefix));
    let first = matching.next()?;
    let writable = !first.read_only || matching.any(|prefix| !prefix.read_only);
    Some(if writable { HostPathUse::ReadWrite } else { HostPathUse::ReadOnly })
}

/// Whether a path is a prefix or below it: `/foo` holds `/foo/bar`, not `/food`. One slash at the
/// end of either does not count. A path is taken as it is written: the API server refuses `..`.
fn has_prefix(path: &str, prefix: &str) -> bool {
    let cut = |text| str::strip_suffix(text, '/').unwrap_or(text);
    match cut(path).strip_prefix(cut(prefix)) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

fn check_read_only(pod: &Pod, volume: &Volume, path: &str, found: &mut Vec<Rejection>) {
    for container in &pod.containers {
        for (index, mount) in container.mounts.iter().enumerate() {
            if mount.name == volume.name && !mount.read_only {
                let place = container.place(&["volumeMounts"]).item(index).keys(&["readOnly"]);
                let reason = format!("the host path {path} must be mounted read-only");
                found.push(Rejection::new(place, reason));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::has_prefix;

    #[test]
    fn prefixes_end_at_path_components() {
        for (path, prefix) in
            [("/foo", "/foo"), ("/foo/", "/foo"), ("/foo/bar", "/foo/"), ("/foo", "/"), ("/", "/")]
        {
            assert!(has_prefix(path, prefix), "{path} {prefix}");
        }
        for (path, prefix) in [("/food", "/foo"), ("/etc/foo", "/foo"), ("/foo", "/foo/bar")] {
            assert!(!has_prefix(path, prefix), "{path} {prefix}");
        }
    }
}
