//! The node's paths that a pod mounts, compared as paths and not as texts.
//!
//! `/var//run/`, `/var/run/.` and `/run` are one directory, and who mounts `/` has everything below
//! it. The API server refuses `..` (`validatePathNoBacksteps` in `pkg/apis/core/validation`); it is
//! resolved all the same, for custom resources are not validated so. A relative path starts at the
//! root, where the runtimes run.

use std::borrow::Cow;

use seawall_model::document::Node;
use seawall_model::workload::{Pod, PodHead};
use seawall_model::{At, Cx, Outcome, Undecided};

/// A `hostPath` volume.
pub(super) struct HostPath<'a> {
    /// The volume's name.
    pub(super) name: &'a str,
    /// The path as written.
    pub(super) written: At<'a, &'a str>,
    /// The path as the node understands it.
    pub(super) path: Cow<'a, str>,
}

impl<'a> HostPath<'a> {
    /// The `hostPath` of a volume; `None` if it is of another type.
    pub(super) fn of(volume: Node<'a>) -> Result<Option<Self>, Undecided<'a>> {
        volume.map()?;
        let Some(source) = volume.get("hostPath") else { return Ok(None) };
        source.map()?;
        let Some(path) = source.get("path") else {
            return Err(Undecided { node: source, why: "the hostPath has no path".into() });
        };
        let written = path.string()?;
        let name = volume.get("name").map_or("(no name)", Node::text);
        Ok(Some(HostPath { name, written, path: clean(written.value) }))
    }
}

/// Looks at each `hostPath` volume of a pod; volumes that can't be understood are undecided.
pub(super) fn each<'a>(
    pod: &PodHead<'a>,
    cx: &mut Cx<'a>,
    mut look: impl FnMut(HostPath<'a>, &mut Cx<'a>),
) -> Outcome<'a> {
    let Some(volumes) = pod.volumes else { return Ok(()) };
    for volume in volumes.list()? {
        match HostPath::of(volume) {
            Ok(Some(host_path)) => look(host_path, cx),
            Ok(None) => {}
            Err(why) => cx.undecided(why),
        }
    }
    Ok(())
}

/// Who mounts a volume: "container app", "containers init and app", or "the pod" where no
/// container does (yet: an ephemeral one may).
pub(super) fn mounted_by(pod: &Pod<'_>, volume: &str) -> String {
    let names: Vec<&str> = pod
        .containers()
        .iter()
        .filter(|container| {
            container
                .volume_mounts
                .into_iter()
                .flat_map(Node::items)
                .any(|mount| mount.get("name").and_then(Node::as_str) == Some(volume))
        })
        .map(|container| container.name)
        .collect();
    match names.as_slice() {
        [] => "the pod".to_owned(),
        [one] => format!("container {one}"),
        [first @ .., last] => format!("containers {} and {last}", first.join(", ")),
    }
}

/// The path without `//`, `.`, `..`, a trailing `/` or the link `/var/run`; of Windows paths in
/// lower case and with `/`.
pub(super) fn clean(path: &str) -> Cow<'_, str> {
    if is_clean(path) {
        return Cow::Borrowed(path);
    }
    let windows = path.contains('\\') || has_drive(path);
    let slashed: Cow<'_, str> =
        if windows { path.replace('\\', "/").to_lowercase().into() } else { path.into() };
    let (root, rest) = match slashed.split_at_checked(2) {
        Some((drive, rest)) if windows && has_drive(drive) => (drive, rest),
        _ => ("", slashed.as_ref()),
    };
    let mut parts: Vec<&str> = Vec::new();
    // `\\.\pipe\name` is a named pipe; its dot is no step.
    let (root, rest) = match rest.strip_prefix("//./pipe/") {
        Some(name) if windows => ("/pipe", name),
        _ => (root, rest),
    };
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if root.is_empty() && parts.starts_with(&["var", "run"]) {
        parts.remove(0);
    }
    format!("{root}/{}", parts.join("/")).into()
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

fn is_clean(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    rest.is_empty()
        || !path.contains('\\')
            && path != "/var/run"
            && !path.starts_with("/var/run/")
            && rest.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Whether who has `path` has `target`: it is the same or stands below. Both are clean.
pub(super) fn holds(path: &str, target: &str) -> bool {
    is_below(target, path) || path == target || (path == "/var" && is_below(target, "/run"))
}

/// Whether `path` stands below `folder`, and is not `folder` itself. Both are clean.
pub(super) fn is_below(path: &str, folder: &str) -> bool {
    path.len() > folder.len()
        && path
            .strip_prefix(folder)
            .is_some_and(|rest| folder.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{clean, holds, is_below};

    #[test]
    fn cleans_as_the_node_resolves() {
        for (written, means) in [
            ("/", "/"),
            ("//", "/"),
            ("", "/"),
            ("/etc", "/etc"),
            ("/etc/", "/etc"),
            ("/etc//kubernetes/./manifests/..", "/etc/kubernetes"),
            ("/..", "/"),
            ("/opt/../var/./run/docker.sock", "/run/docker.sock"),
            ("/var/run", "/run"),
            ("/var/running", "/var/running"),
            ("var/run/docker.sock", "/run/docker.sock"),
            ("C:\\", "c:/"),
            ("c:/Windows/", "c:/windows"),
            ("\\\\.\\pipe\\docker_engine", "/pipe/docker_engine"),
        ] {
            assert_eq!(clean(written), means, "{written}");
        }
    }

    #[test]
    fn a_folder_holds_what_is_below_it() {
        for (path, target) in [
            ("/", "/run/docker.sock"),
            ("/run", "/run/docker.sock"),
            ("/var", "/run/docker.sock"),
            ("/run/docker.sock", "/run/docker.sock"),
            ("c:/", "c:/windows"),
        ] {
            assert!(holds(path, target), "{path} {target}");
        }
        for (path, target) in
            [("/ru", "/run/docker.sock"), ("/run/docker", "/run/docker.sock"), ("/var/lib", "/var")]
        {
            assert!(!holds(path, target), "{path} {target}");
        }
        assert!(!is_below("/etc", "/etc"));
        assert!(is_below("/etc", "/"));
    }
}
