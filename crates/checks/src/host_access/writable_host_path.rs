//! A path of the node that a container may write to outlives it.

use seawall_model::document::{Kind, Node};
use seawall_model::workload::Container;
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Level, Mapping, Outcome, Safety, Scope, Severity, Undecided,
    Value,
};

use super::host_path::HostPath;
use super::places::is_socket;

/// A mount of a `hostPath` volume that is not `readOnly`.
pub const CHECK: Check = Check {
    id: "writable-host-path",
    title: "Container may write to the node's file system",
    severity: Severity::High,
    rationale: "What the container writes stays on the node when the pod is gone, is read by what \
                runs there, and comes back with the next pod: a way to persist, to change the \
                node's programs or jobs, to plant links that root follows, and to fill the disk.",
    remedy: "Set `readOnly: true` on the mount; if the container must write, use a \
             PersistentVolumeClaim or an `emptyDir`.",
    mapping: Mapping { nsa: &[], cis: &[], pss: Some(Level::Baseline), mitre: &["T1611", "T1543"] },
    covers: &["kubescape:C-0045", "kube-linter:writable-host-mount"],
    links: &["https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"],
    scope: Scope::Container(run),
    fix: Ok(Fix { safety: Safety::Unsafe("What writes to the node's path fails."), edits }),
    cases: include_str!("writable_host_path.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let (Some(mounts), Some(volumes)) = (container.volume_mounts, container.pod.volumes) else {
        return Ok(());
    };
    // What is no list would hide its volumes.
    volumes.list()?;
    for mount in mounts.list()? {
        if let Err(why) = look(container, mount, cx) {
            cx.undecided(why);
        }
    }
    Ok(())
}

fn look<'a>(
    container: &Container<'a>,
    mount: Node<'a>,
    cx: &mut Cx<'a>,
) -> Result<(), Undecided<'a>> {
    mount.map()?;
    let Some(name) = mount.get("name") else { return Ok(()) };
    let Some(volume) = container.pod.volume(name.string()?.value) else { return Ok(()) };
    let Some(host_path) = HostPath::of(volume)? else { return Ok(()) };
    let read_only = mount.get("readOnly").map(Node::boolean).transpose()?;
    // Of a socket `readOnly` protects nothing: `container-runtime-socket` says it.
    if read_only.is_some_and(|flag| flag.value) || is_socket(&host_path.path).is_some() {
        return Ok(());
    }
    let inside = mount.get("mountPath").map_or("(no path)", Node::text);
    let message = format!(
        "{} may write to {} of the node (volume {} at {inside}); set `readOnly: true` on the mount",
        container.noun(),
        host_path.written.value,
        host_path.name
    );
    match read_only {
        Some(flag) => cx.fail(flag.node, message),
        None => cx.fail_missing(mount, "readOnly", message),
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let path: &[&str] = if flaw.node.kind() == Kind::Map { &["readOnly"] } else { &[] };
    Ok(vec![Edit::set(flaw.node, path, Value::Bool(true))])
}
