//! Volumes of other types are mounted with the node's rights, past what guards claims.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Level, Mapping, NoFix, Outcome, Scope, Severity};
use seawall_podsecurity::standards::restricted_volumes;

use crate::pod_security::by_standard;

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

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(volumes) = pod.volumes else { return Ok(()) };
    for volume in volumes.list()?.filter(|volume| volume.get("hostPath").is_none()) {
        let outcome = by_standard(&restricted_volumes::CHECK, cx, |found| {
            restricted_volumes::volume(volume, found)
        });
        // One that can't be told does not hide the others.
        if let Err(why) = outcome {
            cx.undecided(why);
        }
    }
    Ok(())
}
