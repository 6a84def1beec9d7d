//! A way in beside the API server is one that nobody logs.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::ports::of_container;
use crate::image::image_of;

/// Port 22 or 2222 over TCP, or an image that is an SSH server by its name.
pub const CHECK: Check = Check {
    id: "ssh-server",
    title: "Container serves SSH",
    severity: Severity::Low,
    rationale: "An SSH server in a container is a second way to a shell, with keys and passwords \
                of its own, that neither RBAC nor the audit log of the API server knows of.",
    remedy: "Remove the SSH server; use `kubectl exec`, which RBAC governs, or a debug container.",
    mapping: Mapping { mitre: &["T1133"], ..Mapping::NONE },
    covers: &["kubescape:C-0042", "kube-linter:ssh-port"],
    links: &["https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("ssh_server.yaml"),
};

const IMAGES: &[&str] = &["openssh-server", "openssh", "sshd", "ssh-server", "docker-sshd"];

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    for port in of_container(container)? {
        if let Some(number) = port.number.filter(|number| matches!(number.value, 22 | 2222))
            && port.protocol == "TCP"
        {
            let message = format!(
                "{} listens on port {}, the one of SSH; remove the SSH server",
                container.noun(),
                number.value
            );
            cx.fail(number.node, message);
        }
    }
    // An image that can't be read is reported by `invalid-image-reference`.
    if let Ok(Some(image)) = image_of(container)
        && IMAGES.contains(&image.value.base_name())
    {
        let message = format!("{} runs an SSH server ({})", container.noun(), image.node.text());
        cx.fail(image.node, message);
    }
    Ok(())
}
