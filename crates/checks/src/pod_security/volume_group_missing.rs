//! Who may not write to its volume ends up running as root.

use seawall_model::document::Node;
use seawall_model::workload::{Container, Pod};
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, ObjectKind, Outcome, Safety, Scope, Severity, Undecided,
    Value,
};

use crate::fix;

/// A container that does not run as root mounts a persistent volume, and the pod sets no group for
/// it.
pub const CHECK: Check = Check {
    id: "volume-group-missing",
    title: "Persistent volume has no group that the container is in",
    severity: Severity::Low,
    rationale: "A new volume belongs to root. A container of another user can't write to it unless \
                the kubelet gives the volume to a group that the container is in. Where that is \
                missing, the usual repair is an init container as root, `chmod 777`, or to run the \
                application as root after all.",
    remedy: "Set `fsGroup` in the pod's security context, with `fsGroupChangePolicy: \
             OnRootMismatch` for large volumes; or `supplementalGroups` where the volume has a \
             group already.",
    mapping: Mapping { nsa: &[], cis: &["5.6.3"], pss: None, mitre: &[] },
    covers: &["kubescape:C-0211"],
    links: &["https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "The kubelet gives all files of the volume to the group when it mounts it, which \
             takes long where there are many.",
        ),
        edits,
    }),
    cases: include_str!("volume_group_missing.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if pod.is_windows() {
        cx.not_applicable();
        return Ok(());
    }
    let security = pod.security;
    security.readable()?;
    let supplemental = match security.supplemental_groups {
        Some(groups) => groups.list()?.next().is_some(),
        None => false,
    };
    if security.fs_group.is_some() || supplemental {
        return Ok(());
    }
    for container in pod.containers() {
        let Some(volume) = written_volume(pod, container)? else { continue };
        if !runs_as_other_than_root(container)? {
            continue;
        }
        let message = format!(
            "{} writes to volume {volume} and does not run as root, but the pod gives the volume \
             no group; set `fsGroup` in the pod's security context",
            container.noun()
        );
        match security.node {
            Some(node) => cx.fail_missing(node, "fsGroup", message),
            None => cx.fail_missing(pod.spec, "securityContext.fsGroup", message),
        }
        return Ok(());
    }
    Ok(())
}

fn runs_as_other_than_root<'a>(container: &Container<'a>) -> Result<bool, Undecided<'a>> {
    Ok(match container.run_as_user()? {
        Some(user) => user.value != 0,
        None => container.run_as_non_root()?.is_some_and(|flag| flag.value),
    })
}

/// The first persistent volume that a container mounts to write to it.
fn written_volume<'a>(
    pod: &Pod<'a>,
    container: &Container<'a>,
) -> Result<Option<&'a str>, Undecided<'a>> {
    let Some(mounts) = container.volume_mounts else { return Ok(None) };
    for mount in mounts.list()? {
        let Some(name) = mount.get("name").and_then(Node::as_str) else { continue };
        let read_only = mount.get("readOnly").map(Node::boolean).transpose()?;
        if !read_only.is_some_and(|flag| flag.value) && is_persistent(pod, name) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn is_persistent(pod: &Pod<'_>, name: &str) -> bool {
    let declared = pod.volume(name).is_some_and(|volume| {
        volume.get("persistentVolumeClaim").is_some() || volume.get("ephemeral").is_some()
    });
    let claimed = || {
        pod.object.kind() == ObjectKind::StatefulSet
            && pod
                .object
                .root()
                .at_path(&["spec", "volumeClaimTemplates"])
                .into_iter()
                .flat_map(Node::items)
                .filter_map(|claim| claim.at_path(&["metadata", "name"]))
                .any(|claim| claim.text() == name)
    };
    declared || claimed()
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    // The group that a container has anyway, or one named like its user.
    let pod = flaw.pod()?;
    let id = pod
        .containers()
        .iter()
        .flat_map(|container| [container.run_as_group(), container.run_as_user()])
        .find_map(|id| id.ok().flatten().map(|id| id.value).filter(|id| *id > 0));
    fix::in_pod(flaw, &["securityContext", "fsGroup"], Value::Int(id.unwrap_or(fix::ID)))
}
