//! What stands where on a node: the paths that hand it over, and what each of them gives.
//!
//! Unites the lists of kubeaudit (`mounts`), kube-linter (`sensitive-host-mounts`), Trivy
//! (KSV-0121) and kubescape (C-0020, C-0074), and adds what these leave out: etcd's data, the
//! runtimes' stores, the sockets of systemd and D-Bus, and Windows.

use super::host_path::{holds, is_below};

/// How a path that is mounted relates to the place that makes it sensitive.
pub(super) enum Relation {
    /// It is the place.
    Itself,
    /// It holds the place.
    Holds,
    /// It stands below the place.
    Below,
}

/// A sensitive place.
pub(super) struct Place {
    /// Its clean path.
    pub(super) path: &'static str,
    /// What it gives to who mounts it.
    pub(super) gives: &'static str,
    /// How many levels below it are as sensitive.
    depth: usize,
}

const fn place(path: &'static str, gives: &'static str) -> Place {
    Place { path, gives, depth: 0 }
}

const fn tree(path: &'static str, gives: &'static str) -> Place {
    Place { path, gives, depth: usize::MAX }
}

/// Of two places that a path holds, the earlier is named.
const PLACES: &[Place] = &[
    place("/", "the whole file system of the node"),
    tree("/etc/kubernetes/manifests", "a file written there runs as a privileged static pod"),
    tree("/etc/kubernetes/pki", "the keys of the cluster's certificate authorities"),
    tree("/etc/kubernetes", "the control plane's credentials and static pods"),
    place("/var/lib/kubelet", "the kubelet's credentials and the secrets of every pod on the node"),
    tree("/var/lib/kubelet/pki", "the kubelet's own keys"),
    tree("/var/lib/kubelet/pods", "the secrets and tokens of every pod on the node"),
    tree("/var/lib/etcd", "the whole state of the cluster, Secrets included"),
    tree("/var/lib/rancher", "the credentials and static pods of k3s or RKE2"),
    tree("/var/lib/k0s", "the credentials and the state of k0s"),
    tree(
        "/var/lib/docker/containers",
        "the logs of all containers, and their settings with environment variables",
    ),
    tree("/var/lib/docker", "the file systems of all containers on the node"),
    tree("/var/lib/containerd", "the file systems of all containers on the node"),
    tree("/var/lib/containers", "the file systems of all containers on the node"),
    tree("/root", "the SSH keys and credentials of the node's root user"),
    Place { path: "/home", gives: "the SSH keys and credentials of the node's users", depth: 1 },
    tree("/etc/shadow", "the password hashes of the node's users"),
    tree("/etc/sudoers", "who may become root on the node"),
    tree("/etc/sudoers.d", "who may become root on the node"),
    tree("/etc/ssh", "the node's SSH host keys and who may log in"),
    tree("/etc/systemd", "the services that the node runs as root"),
    tree("/etc/cron.d", "the jobs that the node runs as root"),
    tree("/etc/crontab", "the jobs that the node runs as root"),
    tree("/var/spool/cron", "the jobs that the node runs as root"),
    place("/etc", "the node's configuration, credentials and scheduled jobs"),
    tree("/proc", "every process of the node, and through kernel settings a way to run as root"),
    place("/sys", "the settings of the node's kernel and devices"),
    tree("/sys/kernel", "the settings of the node's kernel"),
    place("/sys/fs", "the node's control groups and kernel file systems"),
    place("/dev", "the disks and the memory of the node"),
    tree("/dev/mem", "the memory of the node"),
    tree("/dev/kmem", "the memory of the node's kernel"),
    tree("/boot", "the kernel that the node boots"),
    place("/usr", "the programs that the node runs as root"),
    tree("/usr/bin", "the programs that the node runs as root"),
    tree("/usr/sbin", "the programs that the node runs as root"),
    place("/usr/lib", "the libraries that the node's programs load"),
    tree("/bin", "the programs that the node runs as root"),
    tree("/sbin", "the programs that the node runs as root"),
    place("/lib", "the libraries that the node's programs load"),
    place("/lib64", "the libraries that the node's programs load"),
    tree("/opt/cni/bin", "the network plug-ins that the runtime starts as root"),
    tree("/run/systemd", "the sockets of systemd, which starts programs as root"),
    tree("/run/dbus", "the socket of D-Bus, through which systemd starts programs as root"),
    place("c:/", "the whole drive of the node"),
    tree("c:/windows", "the node's operating system"),
    tree("c:/var/lib/kubelet", "the kubelet's credentials and the secrets of every pod"),
    tree("c:/etc/kubernetes", "the kubelet's credentials"),
];

/// Folders that hold a person's credentials wherever they stand.
const PERSONAL: &[Place] = &[
    tree(".ssh", "SSH keys"),
    tree(".kube", "the credentials of a cluster's administrator"),
    tree(".docker", "the credentials of image registries"),
    tree(".gnupg", "private keys"),
];

/// What makes a clean path sensitive, if anything does: the place that it is, else the nearest
/// that it stands in, else the first that it holds.
pub(super) fn sensitive(path: &str) -> Option<(&'static Place, Relation)> {
    let itself = || PLACES.iter().find(|place| place.path == path).map(|p| (p, Relation::Itself));
    let personal = || {
        let place = path.split('/').find_map(|part| PERSONAL.iter().find(|p| p.path == part))?;
        Some((place, Relation::Below))
    };
    let below = || {
        PLACES
            .iter()
            .filter(|place| place.depth > 0 && is_below(path, place.path))
            .find(|place| levels(&path[place.path.len()..]) <= place.depth)
            .map(|place| (place, Relation::Below))
    };
    let holding =
        || PLACES.iter().find(|place| holds(path, place.path)).map(|p| (p, Relation::Holds));
    itself().or_else(personal).or_else(below).or_else(holding)
}

fn levels(rest: &str) -> usize {
    rest.bytes().filter(|byte| *byte == b'/').count()
}

/// A container runtime and a socket that commands it.
pub(super) struct RuntimeSocket {
    /// The runtime's name.
    pub(super) runtime: &'static str,
    /// The socket's clean path.
    pub(super) path: &'static str,
}

const fn socket(runtime: &'static str, path: &'static str) -> RuntimeSocket {
    RuntimeSocket { runtime, path }
}

const SOCKETS: &[RuntimeSocket] = &[
    socket("Docker", "/run/docker.sock"),
    socket("containerd", "/run/containerd/containerd.sock"),
    socket("CRI-O", "/run/crio/crio.sock"),
    socket("cri-dockerd", "/run/cri-dockerd.sock"),
    socket("Podman", "/run/podman/podman.sock"),
    socket("k3s' containerd", "/run/k3s/containerd/containerd.sock"),
    socket("k0s' containerd", "/run/k0s/containerd.sock"),
    socket("MicroK8s' containerd", "/var/snap/microk8s/common/run/containerd.sock"),
    socket("Docker's containerd", "/run/docker/containerd/containerd.sock"),
    socket("dockershim", "/run/dockershim.sock"),
    socket("Docker", "/pipe/docker_engine"),
    socket("containerd", "/pipe/containerd-containerd"),
    socket("cri-dockerd", "/pipe/cri_dockerd"),
    socket("dockershim", "/pipe/dockershim"),
];

/// Names of socket files that say whose they are wherever they stand, as those of rootless
/// runtimes in `/run/user`.
const SOCKET_NAMES: &[RuntimeSocket] = &[
    socket("Docker", "docker.sock"),
    socket("containerd", "containerd.sock"),
    socket("containerd", "containerd.sock.ttrpc"),
    socket("CRI-O", "crio.sock"),
    socket("cri-dockerd", "cri-dockerd.sock"),
    socket("Podman", "podman.sock"),
    socket("BuildKit", "buildkitd.sock"),
];

/// The socket of a container runtime that a clean path is.
pub(super) fn is_socket(path: &str) -> Option<&'static RuntimeSocket> {
    let name = path.rsplit('/').next().unwrap_or(path);
    SOCKETS
        .iter()
        .find(|socket| socket.path == path)
        .or_else(|| SOCKET_NAMES.iter().find(|socket| socket.path == name))
}

/// The first socket of a container runtime that a clean path holds.
pub(super) fn holds_socket(path: &str) -> Option<&'static RuntimeSocket> {
    SOCKETS.iter().find(|socket| holds(path, socket.path))
}

/// Cloud providers by the files in which their credentials stand on nodes.
const CLOUD_FILES: &[(&str, &str)] = &[
    ("/etc/kubernetes/azure.json", "Azure"),
    ("/etc/kubernetes/cloud-config", "the cloud provider"),
    ("/etc/kubernetes/cloud.conf", "the cloud provider"),
    ("/var/lib/waagent", "Azure"),
    ("/var/lib/cloud", "the cloud provider"),
    ("/gcloud", "Google Cloud"),
];

/// Whose cloud credentials a clean path is, holds or stands in, if it is about them alone.
///
/// What holds them among much else, as `/root` does, is [`sensitive`].
pub(super) fn cloud_credentials(path: &str) -> Option<&'static str> {
    let file = CLOUD_FILES.iter().find(|(file, _)| path == *file || is_below(path, file));
    if let Some((_, provider)) = file {
        return Some(provider);
    }
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        match part {
            ".aws" => return Some("AWS"),
            ".azure" => return Some("Azure"),
            ".config" if matches!(parts.peek(), None | Some(&"gcloud")) => {
                return Some("Google Cloud");
            }
            ".oci" => return Some("Oracle Cloud"),
            ".aliyun" => return Some("Alibaba Cloud"),
            ".bluemix" => return Some("IBM Cloud"),
            _ => {}
        }
    }
    None
}
