//! A flaw of the node is a flaw of every pod on it.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity, Undecided,
};

use super::version::{Flaw, Version, v};

/// A node whose kubelet, containerd or kernel has a well-known way out of a container. Kernels of
/// distributions carry mended flaws under old numbers; where the number alone can't tell, the
/// answer is unknown.
pub const CHECK: Check = Check {
    id: "vulnerable-node",
    title: "Node has a well-known flaw",
    severity: Severity::High,
    rationale: "Each of these flaws leads from a container to the files or the memory of its node, \
                and so to every pod there. The way is published.",
    remedy: "Update the node to the version that the message names, or to any later one.",
    mapping: Mapping { nsa: &["C-0058"], mitre: &["T1068", "T1611"], ..Mapping::NONE },
    covers: &["kubescape:C-0058", "kubescape:C-0079", "kubescape:C-0087"],
    links: &["https://kubernetes.io/docs/reference/issues-security/official-cve-feed/"],
    scope: Scope::Object(&[ObjectKind::Node], run),
    fix: Err(NoFix::Outside),
    cases: include_str!("vulnerable_node.yaml"),
};

const KUBELET: Flaw = Flaw {
    id: "CVE-2021-25741",
    what: "a symbolic link in a volume's subPath reaches the node's files",
    affected: &[
        (v(0, 0, 0), v(1, 19, 15)),
        (v(1, 20, 0), v(1, 20, 11)),
        (v(1, 21, 0), v(1, 21, 5)),
        (v(1, 22, 0), v(1, 22, 2)),
    ],
};

const CONTAINERD: Flaw = Flaw {
    id: "CVE-2022-23648",
    what: "an image reads the node's files",
    affected: &[(v(0, 0, 0), v(1, 4, 13)), (v(1, 5, 0), v(1, 5, 10)), (v(1, 6, 0), v(1, 6, 1))],
};

const KERNEL: Flaw = Flaw {
    id: "CVE-2022-0185",
    what: "a process with a user namespace writes past the kernel's memory",
    affected: &[
        (v(5, 1, 0), v(5, 4, 173)),
        (v(5, 5, 0), v(5, 10, 93)),
        (v(5, 11, 0), v(5, 15, 16)),
        (v(5, 16, 0), v(5, 16, 2)),
    ],
};

fn run<'a>(node: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(info) = node.root().at_path(&["status", "nodeInfo"]) else {
        cx.not_applicable();
        return Ok(());
    };
    let mut tell = |at: Node<'a>, what: &str, flaw: &Flaw, version: Version| {
        if let Some(mended) = flaw.mended_after(version) {
            cx.fail(
                at,
                format!(
                    "node {} runs {what} {version} with {} ({}); update to {mended} or later",
                    node.name(),
                    flaw.id,
                    flaw.what
                ),
            );
        }
    };
    if let Some((at, version)) = read(info, "kubeletVersion", "")? {
        tell(at, "kubelet", &KUBELET, version);
    }
    if let Some((at, version)) = read(info, "containerRuntimeVersion", "containerd://")? {
        tell(at, "containerd", &CONTAINERD, version);
    }
    if let Some((at, version)) = read(info, "kernelVersion", "")? {
        // Distributions add their own number after a hyphen, and mend without changing ours.
        if at.text().contains('-') && KERNEL.mended_after(version).is_some() {
            let why = format!("the kernel {} may have been mended by its distribution", at.text());
            return Err(Undecided { node: at, why: why.into() });
        }
        tell(at, "kernel", &KERNEL, version);
    }
    Ok(())
}

/// A version of `nodeInfo`; `None` where the field is missing or of another program.
fn read<'a>(
    info: Node<'a>,
    field: &str,
    prefix: &str,
) -> Result<Option<(Node<'a>, Version)>, Undecided<'a>> {
    let Some(node) = info.field(field)? else { return Ok(None) };
    let Some(text) = node.string()?.value.strip_prefix(prefix) else { return Ok(None) };
    match Version::parse(text) {
        Some(version) => Ok(Some((node, version))),
        None => Err(Undecided { node, why: format!("{field} is no version: {text}").into() }),
    }
}
