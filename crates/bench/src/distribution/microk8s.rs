//! MicroK8s runs Kubernetes' components inside `kubelite`, with the arguments of each in a file.

use crate::component::{Component, Instance};
use crate::evidence::arguments::{Arguments, words};
use crate::evidence::host::{Host, Unread};
use crate::evidence::process::Processes;

const ARGUMENTS: &str = "/var/snap/microk8s/current/args";

pub(super) fn instance(
    host: &Host,
    processes: &Result<Processes, Unread>,
    component: Component,
) -> Result<Option<Instance>, Unread> {
    let path = format!("{ARGUMENTS}/{}", component.program());
    let Some(text) = host.read(&path)? else { return Ok(None) };
    // Workers keep the files of the control plane, and run none of it; the lock says so.
    let worker = host.metadata("/var/snap/microk8s/current/var/lock/clustered.lock")?.is_some();
    let on_workers = matches!(component, Component::Kubelet | Component::Proxy);
    if worker && !on_workers {
        return Ok(None);
    }
    let runs = processes.as_ref().is_ok_and(|all| all.named("kubelite").next().is_some());
    // dqlite took etcd's place; its file stays behind.
    if component == Component::Etcd && runs {
        return Ok(None);
    }
    let text: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect::<Vec<_>>()
        .join("\n")
        .replace("${SNAP_DATA}", "/var/snap/microk8s/current")
        .replace("$SNAP_DATA", "/var/snap/microk8s/current")
        .replace("${SNAP_COMMON}", "/var/snap/microk8s/common")
        .replace("$SNAP_COMMON", "/var/snap/microk8s/common")
        .replace("${SNAP}", "/snap/microk8s/current");
    let words = words(&text);
    let arguments = Arguments::parse(words.iter().map(String::as_str));
    Ok(Some(Instance::embedded(component, arguments, path, None)))
}
