//! What a pod may do, as a number to compare it with the template that it is said to come from.
//!
//! Anybody who may create a pod may name a Deployment's ReplicaSet as its owner
//! (`metadata.ownerReferences` is not checked for truth), and webhooks put containers into pods
//! that no template knows. So an owner speaks for a pod only where the two agree in what counts for
//! security. What admission plugins fill in otherwise (resources, tolerations, node, priority) does
//! not enter.

use seawall_model::ObjectKind;
use seawall_model::document::{Kind, Node};
use xxhash_rust::xxh3::Xxh3;

/// Fields of a pod's spec that count; volumes and containers come beside them.
const POD: &[&str] = &[
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "hostUsers",
    "shareProcessNamespace",
    "automountServiceAccountToken",
    "runtimeClassName",
];

/// Fields of a container that count.
const CONTAINER: &[&str] =
    &["name", "image", "command", "args", "env", "envFrom", "securityContext", "lifecycle"];

/// The posture of the pods that an object of a kind is or makes; `None` where it makes none.
pub(super) fn of(kind: ObjectKind, root: Node<'_>) -> Option<u64> {
    let spec = root.at_path(match kind {
        ObjectKind::Pod => &["spec"],
        ObjectKind::Deployment
        | ObjectKind::ReplicaSet
        | ObjectKind::ReplicationController
        | ObjectKind::StatefulSet
        | ObjectKind::DaemonSet
        | ObjectKind::Job => &["spec", "template", "spec"],
        ObjectKind::CronJob => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => return None,
    })?;
    let mut hash = Xxh3::new();
    for key in POD {
        field(&mut hash, spec, key);
    }
    // Admission names the account `default` where a pod names none.
    let account = spec.get("serviceAccountName").and_then(Node::as_str).unwrap_or("default");
    put(&mut hash, account);
    field(&mut hash, spec, "securityContext");
    for volume in spec.get("volumes").into_iter().flat_map(Node::items) {
        if let Some(path) = volume.get("hostPath") {
            put(&mut hash, "volume");
            field(&mut hash, path, "path");
        }
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        put(&mut hash, list);
        for container in spec.get(list).into_iter().flat_map(Node::items) {
            for key in CONTAINER {
                field(&mut hash, container, key);
            }
        }
    }
    Some(hash.digest())
}

fn field(hash: &mut Xxh3, node: Node<'_>, key: &str) {
    put(hash, key);
    for node in node.get(key).into_iter().flat_map(Node::descendants) {
        match node.kind() {
            // How many nodes follow says where the list or map ends.
            Kind::Map | Kind::Seq => {
                let kind: &[u8] = if node.kind() == Kind::Map { b"{" } else { b"[" };
                hash.update(kind);
                hash.update(&(node.descendants().count() as u64).to_le_bytes());
            }
            _ => put(hash, node.text()),
        }
    }
}

fn put(hash: &mut Xxh3, text: &str) {
    hash.update(&(text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}
