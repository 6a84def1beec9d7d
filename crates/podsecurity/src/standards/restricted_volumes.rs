//! `restrictedVolumes`: only volumes that are the pod's own or the cluster's to give.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Level, Outcome, Undecided};

use super::{Found, Revision, StandardCheck, Version, host_path_volumes};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "restrictedVolumes",
    level: Level::Restricted,
    revisions: &[Revision {
        since: Version::v1(0),
        overrides: Some(host_path_volumes::CHECK.id),
        run: |pod, found| in_volumes(pod, found, volume),
    }],
};

/// The types that are allowed.
pub const ALLOWED: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// The types that are not.
pub const FORBIDDEN: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "iscsi",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
];

/// Looks at each volume of a pod; one that can't be decided does not hide the others.
pub(super) fn in_volumes<'a>(
    pod: &Pod<'a>,
    found: &mut Found<'a>,
    rule: impl Fn(Node<'a>, &mut Found<'a>) -> Outcome<'a>,
) -> Outcome<'a> {
    let Some(volumes) = pod.field("volumes") else { return Ok(()) };
    for volume in volumes.list()? {
        if let Err(why) = rule(volume, found) {
            found.undecided.push(why);
        }
    }
    Ok(())
}

/// Forbids a volume of a type outside [`ALLOWED`]. One without a source is an `emptyDir`
/// (`SetDefaults_Volume` in `pkg/apis/core/v1/defaults.go`).
pub fn volume<'a>(volume: Node<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    let (mut forbidden, mut unknown) = (None, None);
    for (key, source) in volume.map()?.filter(|(_, source)| !source.is_null()) {
        match key.text() {
            // Upstream allows the volume as soon as one source is allowed; validation rejects
            // volumes with two.
            allowed if ALLOWED.contains(&allowed) => return Ok(()),
            "name" => {}
            kind if FORBIDDEN.contains(&kind) => forbidden = Some((kind, source)),
            _ => unknown = Some(key),
        }
    }
    if let Some((kind, source)) = forbidden {
        let name = volume.get("name").map_or("(no name)", Node::text);
        let reason = format!(
            "volume {name} is a {kind}; use a type that restricted pods may have, such as \
             persistentVolumeClaim or csi"
        );
        found.forbid(source, reason);
    } else if let Some(key) = unknown {
        let why = format!("{} is no volume type that Kubernetes is known to have", key.text());
        return Err(Undecided { node: key, why: why.into() });
    }
    Ok(())
}
