//! A claim hides a path of the node from what guards pods.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::host_path::clean;
use super::places::{is_socket, sensitive};

/// A PersistentVolume with `hostPath`.
pub const CHECK: Check = Check {
    id: "host-path-persistent-volume",
    title: "PersistentVolume is a path of a node",
    severity: Severity::Medium,
    rationale: "Pod Security levels look at the pod, which names only a claim: a PersistentVolume \
                with `hostPath` gives a pod of the level `restricted` the node's files all the \
                same. Whoever may create PersistentVolumes may so read and write any path of any \
                node.",
    remedy: "Use a storage class of a CSI driver; for disks of the node use `local` with \
             `nodeAffinity`, on a file system of their own. Let nobody but the storage's operators \
             create PersistentVolumes.",
    mapping: Mapping { nsa: &[], cis: &["5.2.11"], pss: None, mitre: &["T1611"] },
    covers: &[],
    links: &[
        "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
        "https://kubernetes.io/docs/concepts/storage/volumes/#local",
    ],
    scope: Scope::Object(&[ObjectKind::PersistentVolume], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("host_path_persistent_volume.yaml"),
};

fn run<'a>(volume: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = volume.root().field("spec")? else { return Ok(()) };
    let Some(source) = spec.field("hostPath")? else { return Ok(()) };
    let Some(path) = source.field("path")? else {
        cx.fail(source, format!("volume {} is a path of a node; use a CSI driver", volume.name()));
        return Ok(());
    };
    let written = path.string()?.value;
    let clean = clean(written);
    let gives = match (is_socket(&clean), sensitive(&clean)) {
        (Some(socket), _) => format!(" and gives the socket of {}", socket.runtime),
        (None, Some((place, _))) => format!(" and gives {}", place.gives),
        (None, None) => String::new(),
    };
    cx.fail(
        path,
        format!(
            "volume {} is {written} of a node{gives}, unseen by what guards pods; \
             use a CSI driver or a `local` volume",
            volume.name()
        ),
    );
    Ok(())
}
