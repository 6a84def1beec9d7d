//! Who speaks to the container runtime is root on the node.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Level, Mapping, NoFix, Outcome, Scope, Severity};

use super::host_path::{each, mounted_by};
use super::places::{holds_socket, is_socket};

/// A `hostPath` that is or holds a container runtime's socket.
pub const CHECK: Check = Check {
    id: "container-runtime-socket",
    title: "Pod mounts the container runtime's socket",
    severity: Severity::High,
    rationale: "The runtime's socket takes commands without asking who sends them: one request \
                starts a privileged container with the node's disk mounted. Whoever breaks into \
                the pod owns the node and all pods on it. `readOnly` does not help: it forbids \
                replacing the socket, not writing to it.",
    remedy: "Remove the volume. Build images with a rootless builder (BuildKit, Buildah), collect \
             logs from files, and ask the API server about pods.",
    mapping: Mapping { nsa: &[], cis: &[], pss: Some(Level::Baseline), mitre: &["T1611", "T1610"] },
    covers: &[
        "kubeaudit:SensitivePathsMounted",
        "kubescape:C-0074",
        "trivy:KSV-0006",
        "checkov:CKV_K8S_27",
        "kube-linter:docker-sock",
        "polaris:hostPathSet",
    ],
    links: &["https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("container_runtime_socket.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    each(pod, cx, |host_path, cx| {
        let path = host_path.path.as_ref();
        let what = if let Some(socket) = is_socket(path) {
            format!("the socket of {} ({})", socket.runtime, host_path.written.value)
        } else if let Some(socket) = holds_socket(path) {
            let (folder, runtime, at) = (host_path.written.value, socket.runtime, socket.path);
            format!("{folder} of the node, where the socket of {runtime} stands ({at})")
        } else {
            return;
        };
        cx.fail(
            host_path.written.node,
            format!(
                "volume {} gives {} {what}, and with it root on the node, even if read-only; \
                 remove it",
                host_path.name,
                mounted_by(pod, host_path.name)
            ),
        );
    })
}
