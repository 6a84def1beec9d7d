//! A Secret that nobody reads is a Secret on the node for nothing.

use std::collections::HashSet;

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Fix, Mapping, Outcome, Safety, Scope, Severity};

use crate::fix;

/// A volume of a Secret, alone or projected, that no container mounts.
pub const CHECK: Check = Check {
    id: "unmounted-secret-volume",
    title: "Secret is brought to the pod and no container mounts it",
    severity: Severity::Low,
    rationale: "The kubelet fetches the Secret and keeps it on the node as long as the pod runs, \
                and the node's credential may read it all that time. Whoever takes the node has \
                one Secret more, for which no program had a use.",
    remedy: "Remove the volume, or mount it in the container that needs it.",
    mapping: Mapping { mitre: &["T1552"], ..Mapping::NONE },
    covers: &[],
    links: &[
        "https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod",
    ],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "What is put into the pod later, such as a sidecar, may have mounted it.",
        ),
        edits: fix::remove,
    }),
    cases: include_str!("unmounted_secret_volume.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(volumes) = pod.volumes else { return Ok(()) };
    let mut mounted: Option<HashSet<&str>> = None;
    for volume in volumes.list()? {
        let Some(secret) = secret_of(volume) else { continue };
        let mounted = match &mounted {
            Some(mounted) => mounted,
            None => mounted.insert(mounts(pod)?),
        };
        let Some(name) = volume.get("name") else { continue };
        if !mounted.contains(name.text()) {
            cx.fail(
                volume,
                format!(
                    "volume {} brings Secret {secret} to the pod and no container mounts it; \
                     remove it",
                    name.text()
                ),
            );
        }
    }
    Ok(())
}

/// The names of the volumes that containers mount.
fn mounts<'a>(pod: &Pod<'a>) -> Result<HashSet<&'a str>, seawall_model::Undecided<'a>> {
    let mut names = HashSet::new();
    for container in pod.containers() {
        let Some(mounts) = container.volume_mounts else { continue };
        names.extend(mounts.list()?.filter_map(|mount| mount.get("name")).map(Node::text));
    }
    Ok(names)
}

/// The Secret that a volume brings.
fn secret_of(volume: Node<'_>) -> Option<&str> {
    if let Some(secret) = volume.get("secret") {
        return Some(secret.get("secretName").map_or("(no name)", Node::text));
    }
    let sources = volume.at_path(&["projected", "sources"])?;
    let secret = sources.items().find_map(|source| source.get("secret"))?;
    Some(secret.get("name").map_or("(no name)", Node::text))
}
