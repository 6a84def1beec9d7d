//! Volumes of other types are mounted with the node's rights, past what guards claims.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Level, Mapping, NoFix, Outcome, Scope, Severity};

/// A volume of a type that `restricted` does not allow; `hostPath` has a check of its own.
pub const CHECK: Check = Check {
    id: "volume-type-not-restricted",
    title: "Volume is of a type that `restricted` forbids",
    severity: Severity::Low,
    rationale: "Volumes that name a server or a disk directly (NFS, iSCSI, a cloud's disk, a Git \
                repository) are mounted by the node with its own rights: who may create the pod \
                chooses what is mounted, past the quotas and rights that guard PersistentVolumes. \
                Some bring parsers and helper programs that run as root; `gitRepo` ran hooks of \
                the repository on the node (CVE-2024-10220).",
    remedy: "Use a PersistentVolumeClaim, whose PersistentVolume names the server. `restricted` \
             allows configMap, csi, downwardAPI, emptyDir, ephemeral, image, \
             persistentVolumeClaim, projected and secret.",
    mapping: Mapping { nsa: &[], cis: &[], pss: Some(Level::Restricted), mitre: &["T1610"] },
    covers: &["trivy:KSV-0028"],
    links: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("volume_type_not_restricted.yaml"),
};

/// The types that are left when `hostPath` and those that `restricted` allows are taken from
/// `VolumeSource` (`restrictedVolumes` in `k8s.io/pod-security-admission/policy`). A volume with
/// no source is an `emptyDir`; a key that Kubernetes does not know is dropped.
const FORBIDDEN: &[&str] = &[
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

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(volumes) = pod.volumes else { return Ok(()) };
    for volume in volumes.list()? {
        if let Err(why) = volume.map() {
            cx.undecided(why);
            continue;
        }
        for (key, source) in volume.entries() {
            if !source.is_null() && FORBIDDEN.contains(&key.text()) {
                let name = volume.get("name").map_or("(no name)", Node::text);
                let kind = key.text();
                cx.fail(
                    source,
                    format!("volume {name} is of type {kind}; use a PersistentVolumeClaim"),
                );
            }
        }
    }
    Ok(())
}
