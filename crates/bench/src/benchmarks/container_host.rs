//! What of CIS Docker 1.6 still matters on the hosts of Kubernetes' containers, for containerd and
//! CRI-O as for the Docker engine where one runs. Its section 5, on running containers, is asked of
//! pods.

use super::cis;
use crate::context::Cx;
use crate::control::Decide::{Checks, With};
use crate::control::{Control, Group, automated, manual};
use crate::evidence::arguments::boolean;
use crate::outcome::Outcome;
use crate::rules::{engine, lifecycle, pods};

pub(super) fn groups() -> Vec<Group> {
    vec![
        Group { title: "Engine", role: None, controls: engines() },
        Group { title: "Docker engine", role: None, controls: docker() },
        Group { title: "Containers, by their pods", role: None, controls: by_pods() },
    ]
}

fn engines() -> Vec<Control> {
    vec![
        automated(
            "storage-partition",
            "Containers are stored on a file system of their own",
            With(engine::own_partition),
            "Mount a file system of its own where the engine keeps images and containers.",
        ),
        automated(
            "engine-audited",
            "auditd watches the engine's files and programs",
            With(engine::audited),
            "Add rules such as `-w /usr/bin/containerd -k containerd` to /etc/audit/rules.d.",
        ),
        automated(
            "engine-socket",
            "The engine's socket is root's",
            With(engine::socket),
            "chown root:root and chmod 660 the socket: who writes to it is root.",
        ),
        automated(
            "engine-configuration",
            "The engine's configuration is written by root alone",
            With(engine::configuration),
            "chown root:root and chmod 644 the file.",
        ),
        automated(
            "engine-network",
            "The engine answers on no network",
            With(engine::no_network),
            "Remove TCP addresses from the engine's configuration, or ask clients for certificates.",
        ),
        automated(
            "engine-registries",
            "Images come over TLS that is checked",
            With(engine::registries),
            "Give registries certificates and remove skip_verify and insecure registries.",
        ),
        automated(
            "engine-confinement",
            "Containers are confined by default",
            With(engine::confinement),
            "Remove what switches AppArmor and seccomp off; enable SELinux where it is loaded.",
        ),
        automated(
            "privileged-devices",
            "Privileged containers get no devices that they don't ask for",
            With(engine::privileged_devices),
            "Set privileged_without_host_devices to true.",
        ),
        automated(
            "default-capabilities",
            "Containers get no risky capabilities by default",
            With(engine::default_capabilities),
            "Remove NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE and SYS_ADMIN from default_capabilities.",
        ),
        manual(
            "engine-rootless",
            "The engine runs without root",
            With(engine::rootless),
            "Run the node rootless where its workloads allow.",
        ),
        automated(
            "engine-supported",
            "The engine's version is maintained",
            With(lifecycle::engine),
            "Update the engine.",
        ),
    ]
}

/// CIS Docker 5, and what 2.9 and 2.14 want of all containers. Left out is what Kubernetes has no
/// word for, or decides itself: cgroups, restarts, resource limits of the kernel, the bridge of Docker.
fn by_pods() -> Vec<Control> {
    let of = |id, title, checks: &'static [&'static str], remedy| {
        automated(id, title, Checks(checks), remedy)
    };
    vec![
        of(
            "pod-apparmor",
            "Containers run under AppArmor",
            &["apparmor-missing", "apparmor-unconfined"],
            "Set appArmorProfile.type to RuntimeDefault.",
        ),
        of(
            "pod-selinux",
            "Containers keep the SELinux types of containers",
            &["selinux-options"],
            "Remove seLinuxOptions that choose another type, user or role.",
        ),
        of(
            "pod-seccomp",
            "Containers run under seccomp",
            &["seccomp-missing", "seccomp-unconfined"],
            "Set seccompProfile.type to RuntimeDefault.",
        ),
        of(
            "pod-capabilities",
            "Containers drop capabilities and add none",
            &["capabilities-not-dropped", "added-capability", "dangerous-capability"],
            "Drop ALL and add back what is needed.",
        ),
        of(
            "pod-privileged",
            "No container is privileged",
            &["privileged-container"],
            "Remove privileged: true.",
        ),
        of(
            "pod-new-privileges",
            "Containers can't gain privileges",
            &["allow-privilege-escalation"],
            "Set allowPrivilegeEscalation to false.",
        ),
        automated(
            "pod-user-namespaces",
            "Root in a container is not root on the node",
            With(pods::user_namespaces),
            "Set hostUsers to false.",
        ),
        of(
            "pod-host-directories",
            "No sensitive directory or device of the node is mounted",
            &["sensitive-host-path", "writable-host-path"],
            "Mount volumes instead of directories of the node.",
        ),
        of(
            "pod-engine-socket",
            "The engine's socket is in no container",
            &["container-runtime-socket"],
            "Remove the volume: who has the socket is root on the node.",
        ),
        of(
            "pod-ssh",
            "No SSH server runs in a container",
            &["ssh-server"],
            "Use kubectl exec and debug.",
        ),
        of(
            "pod-privileged-ports",
            "No container takes a privileged port",
            &["privileged-port"],
            "Let the container listen above 1024, and a Service map the port.",
        ),
        of(
            "pod-host-ports",
            "No container takes a port of the node",
            &["host-port"],
            "Use a Service.",
        ),
        of(
            "pod-host-namespaces",
            "No pod shares the node's network, processes or IPC",
            &["host-network", "host-pid", "host-ipc"],
            "Remove hostNetwork, hostPID and hostIPC.",
        ),
        of(
            "pod-memory",
            "Every container's memory is limited",
            &["memory-limit-missing"],
            "Set resources.limits.memory.",
        ),
        of(
            "pod-cpu",
            "Every container has its share of processors",
            &["cpu-request-missing"],
            "Set resources.requests.cpu.",
        ),
        of(
            "pod-read-only",
            "Containers can't write to their images",
            &["writable-root-file-system"],
            "Set readOnlyRootFilesystem to true and mount emptyDir where files are written.",
        ),
        automated(
            "pod-mount-propagation",
            "No mount of a container is shared with the node",
            With(pods::mount_propagation),
            "Remove mountPropagation: Bidirectional.",
        ),
        of(
            "pod-health",
            "Containers are restarted when they hang",
            &["liveness-probe-missing"],
            "Write a liveness probe.",
        ),
        of(
            "pod-images",
            "Images are the ones that were meant",
            &["latest-image-tag", "image-pull-policy"],
            "Name images by version or digest.",
        ),
        Control {
            id: "pod-processes",
            ..cis::control("4.2.13").expect("a control of CIS Kubernetes")
        },
    ]
}

fn docker() -> Vec<Control> {
    fn is_true(value: &str) -> bool {
        boolean(value) == Some(true)
    }
    fn is_false(value: &str) -> bool {
        boolean(value) == Some(false)
    }
    let setting = |id, title, decide: fn(&Cx<'_>) -> Outcome, remedy| {
        automated(id, title, With(decide), remedy)
    };
    vec![
        setting(
            "docker-icc",
            "Containers on the default bridge can't reach each other",
            |cx| engine::docker(cx, "icc", "true", is_false, "false"),
            "Set icc to false in /etc/docker/daemon.json.",
        ),
        setting(
            "docker-user-namespaces",
            "Root in a container is not root on the node",
            |cx| engine::docker(cx, "userns-remap", "", |value| !value.is_empty(), "default"),
            "Set userns-remap to default.",
        ),
        setting(
            "docker-no-new-privileges",
            "Containers can't gain privileges by default",
            |cx| engine::docker(cx, "no-new-privileges", "false", is_true, "true"),
            "Set no-new-privileges to true.",
        ),
        setting(
            "docker-live-restore",
            "Containers outlive the engine",
            |cx| engine::docker(cx, "live-restore", "false", is_true, "true"),
            "Set live-restore to true.",
        ),
        setting(
            "docker-userland-proxy",
            "No proxy in user space",
            |cx| engine::docker(cx, "userland-proxy", "true", is_false, "false"),
            "Set userland-proxy to false.",
        ),
        setting(
            "docker-seccomp",
            "The default seccomp profile is not switched off",
            |cx| {
                engine::docker(cx, "seccomp-profile", "", |value| value != "unconfined", "builtin")
            },
            "Remove seccomp-profile, or name a profile.",
        ),
        setting(
            "docker-experimental",
            "No experimental features",
            |cx| engine::docker(cx, "experimental", "false", is_false, "false"),
            "Set experimental to false.",
        ),
        setting(
            "docker-iptables",
            "The engine keeps its firewall rules",
            |cx| engine::docker(cx, "iptables", "true", is_true, "true"),
            "Remove iptables: false.",
        ),
        setting(
            "docker-log-level",
            "The engine logs at the level info",
            |cx| engine::docker(cx, "log-level", "info", |value| value == "info", "info"),
            "Set log-level to info.",
        ),
    ]
}
