//! A program that needs one key gets all of them.

use std::collections::{HashMap, HashSet};

use seawall_model::document::Node;
use seawall_model::workload::{Container, Pod};
use seawall_model::{Check, Cx, Mapping, NoFix, Scope, Severity};

use super::external_secrets::{keys_of, made_secret};

/// A container that mounts a Secret of several known keys whole, without `items` or `subPath`, and
/// names some of the files and not all in its command, arguments or variables. Where it names none,
/// what it needs is not known, and the failure is one step less bad.
pub const CHECK: Check = Check {
    id: "whole-secret-mounted",
    title: "Secret is mounted whole",
    severity: Severity::Low,
    rationale: "Every key of the Secret stands in the container's file system, also those that the \
                program has no use for, and those that somebody adds next year. Whoever reads \
                files there has them all.",
    remedy: "List the keys that the program reads in the volume's `items`, or part the Secret in \
             two.",
    mapping: Mapping { mitre: &["T1552"], ..Mapping::NONE },
    covers: &[],
    links: &[
        "https://kubernetes.io/docs/concepts/configuration/secret/#projection-of-secret-keys-to-specific-paths",
    ],
    scope: Scope::Inventory(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("whole_secret_mounted.yaml"),
};

fn run(cx: &mut Cx<'_>) {
    let inventory = cx.inventory();
    // Made Secrets by namespace.
    let mut made: HashMap<&str, Vec<_>> = HashMap::new();
    for object in inventory.of_kind(seawall_model::ObjectKind::Custom) {
        if let Some(secret) = made_secret(object) {
            made.entry(object.namespace().unwrap_or_default()).or_default().push(secret);
        }
    }
    for template in inventory.pods() {
        if !template
            .spec
            .get("volumes")
            .is_some_and(|volumes| volumes.items().any(|volume| volume.get("secret").is_some()))
        {
            continue;
        }
        let pod = template.pod();
        cx.about(pod.object);
        let namespace = pod.object.namespace();
        let made = made.get(namespace.unwrap_or_default()).map_or(&[][..], Vec::as_slice);
        for volume in pod.volumes() {
            let Some(secret) = volume.get("secret").filter(|s| s.get("items").is_none()) else {
                continue;
            };
            let Some(name) = secret.get("secretName") else { continue };
            let Some(keys) = keys_of(inventory, made, namespace, name.text()) else { continue };
            if keys.len() > 1 {
                look_at(&pod, volume, secret, name.text(), &keys, cx);
            }
        }
    }
}

fn look_at<'a>(
    pod: &Pod<'a>,
    volume: Node<'a>,
    secret: Node<'a>,
    name: &str,
    keys: &HashSet<&str>,
    cx: &mut Cx<'a>,
) {
    let volume_name = volume.get("name").map_or("", Node::text);
    let mounts = pod.containers().iter().flat_map(|container| {
        let mounts = container.volume_mounts.into_iter().flat_map(Node::items);
        mounts.map(move |mount| (container, mount))
    });
    let mounts: Vec<_> = mounts
        .filter(|(_, mount)| mount.get("name").is_some_and(|name| name.text() == volume_name))
        .collect();
    let whole =
        |mount: Node<'_>| mount.get("subPath").is_none() && mount.get("subPathExpr").is_none();
    if !mounts.iter().any(|(_, mount)| whole(*mount)) {
        return;
    }
    let mut named: Vec<&str> = keys
        .iter()
        .copied()
        .filter(|key| {
            mounts.iter().any(|(container, mount)| {
                let path = mount.get("mountPath").map_or("", Node::text).trim_end_matches('/');
                !whole(*mount) || names_file(container, &format!("{path}/{key}"))
            })
        })
        .collect();
    named.sort_unstable();
    if named.len() == keys.len() {
        return;
    }
    if named.is_empty() {
        cx.fail_lesser(
            secret,
            "items",
            format!(
                "volume {volume_name} mounts all {} keys of Secret {name}; list those that are \
                 read in items",
                keys.len()
            ),
        );
    } else {
        cx.fail_missing(
            secret,
            "items",
            format!(
                "volume {volume_name} mounts all {} keys of Secret {name}, of which the \
                 containers name {}; list it in items",
                keys.len(),
                named.join(", ")
            ),
        );
    }
}

/// Whether a container's command, arguments or variables name a file.
fn names_file(container: &Container<'_>, file: &str) -> bool {
    let ends = |rest: &str| rest.chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '.');
    [container.command, container.args, container.env]
        .into_iter()
        .flatten()
        .flat_map(Node::descendants)
        .any(|node| {
            node.text().match_indices(file).any(|(at, _)| ends(&node.text()[at + file.len()..]))
        })
}
