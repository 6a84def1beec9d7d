//! What does a sysctl of a pod do, whom does it reach, and what must a node allow?
//!
//! Which sysctls are safe by version is the standards' business
//! ([`SAFE`]); the kubelet has the same list
//! (`pkg/kubelet/sysctl/safe_sysctls.go`). What else is namespaced it may be told to allow; what is
//! not it refuses, whatever it is told (`component-helpers/node/util/sysctl/namespace.go`).

use seawall_model::Undecided;
use seawall_model::document::Node;
use seawall_model::workload::PodHead;

use crate::standards::Version;
use crate::standards::sysctls::SAFE;

/// The kernel's namespace that a sysctl belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// Shared memory, semaphores, message queues.
    Ipc,
    /// The network.
    Net,
}

impl std::fmt::Display for Namespace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Namespace::Ipc => "IPC",
            Namespace::Net => "network",
        })
    }
}

/// Whether a pod may set a sysctl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Every kubelet allows it, and so does `baseline`.
    Safe,
    /// It will be safe from this version on.
    SafeSince(Version),
    /// A kubelet must be told to allow it, and `baseline` forbids it.
    Unsafe,
    /// It is the whole node's: no kubelet allows it.
    Forbidden,
}

/// What there is to know of a sysctl.
#[derive(Clone, Debug, PartialEq)]
pub struct Sysctl {
    /// Its name with dots.
    pub name: String,
    /// Whether a pod may set it, at the version that was asked for.
    pub class: Class,
    /// The namespace that keeps it from other pods, if there is one.
    pub namespace: Option<Namespace>,
    /// What it does, where that is known.
    pub meaning: Option<&'static str>,
    /// What the kubelet must be started with.
    pub kubelet: Option<String>,
    /// The kernel from which on it is namespaced, where that is not so of all.
    pub kernel: Option<&'static str>,
}

/// A name with dots: the kernel takes `net/ipv4/tcp_syncookies`, too. Where the first separator is a
/// slash, dots are part of names (`net/ipv4/conf/eth0.1/forwarding`), as in `sysctl.d(5)`.
pub fn normalised(name: &str) -> String {
    match name.find(['.', '/']) {
        Some(at) if name[at..].starts_with('/') => name
            .chars()
            .map(|c| match c {
                '/' => '.',
                '.' => '/',
                c => c,
            })
            .collect(),
        _ => name.to_owned(),
    }
}

/// The namespace of a sysctl, as the kubelet knows them.
pub fn namespace(name: &str) -> Option<Namespace> {
    const IPC: &[&str] = &[
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
    ];
    if IPC.contains(&name) || name.starts_with("fs.mqueue.") {
        Some(Namespace::Ipc)
    } else if name.starts_with("net.") {
        Some(Namespace::Net)
    } else {
        None
    }
}

/// What is known of a sysctl, at a version of Kubernetes.
pub fn sysctl(name: &str, version: Version) -> Sysctl {
    let name = normalised(name);
    let namespace = namespace(&name);
    let class = match SAFE.iter().find(|(safe, _)| *safe == name) {
        Some((_, since)) if *since <= version => Class::Safe,
        Some((_, since)) => Class::SafeSince(*since),
        None if namespace.is_some() => Class::Unsafe,
        None => Class::Forbidden,
    };
    let kubelet = matches!(class, Class::Unsafe | Class::SafeSince(_))
        .then(|| format!("--allowed-unsafe-sysctls={name}"));
    let of = |table: &[(&str, &'static str)]| {
        table.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    };
    Sysctl { class, namespace, meaning: of(MEANINGS), kubelet, kernel: of(KERNELS), name }
}

/// All sysctls that are known here, for a list.
pub fn known() -> impl Iterator<Item = &'static str> {
    MEANINGS.iter().map(|(name, _)| *name)
}

/// A sysctl that a pod sets.
#[derive(Clone, Debug)]
pub struct Set<'a> {
    /// Its name as it is written.
    pub name: &'a str,
    /// Its value.
    pub value: &'a str,
    /// Where.
    pub node: Node<'a>,
    /// Whether it stands in an alpha annotation, which Kubernetes read from 1.4 to 1.10.
    pub annotation: bool,
    /// Whether the pod shares the namespace with the host that keeps the sysctl apart, so that the
    /// API server refuses the pod (`ValidateHostSysctl` in `pkg/apis/core/validation`).
    pub on_host: bool,
}

/// The alpha annotations: safe sysctls, and those that a kubelet had to be told to allow.
pub const ANNOTATIONS: &[&str] =
    &["security.alpha.kubernetes.io/sysctls", "security.alpha.kubernetes.io/unsafe-sysctls"];

/// All sysctls that a pod sets, in its fields and in the annotations of older clusters.
///
/// # Errors
///
/// Where one is of the wrong type.
pub fn of<'a>(pod: &PodHead<'a>) -> Result<Vec<Set<'a>>, Undecided<'a>> {
    let mut all = Vec::new();
    let network = pod.flag("hostNetwork")?.is_some_and(|it| it.value);
    let ipc = pod.flag("hostIPC")?.is_some_and(|it| it.value);
    let on_host = |name: &str| match namespace(&normalised(name)) {
        Some(Namespace::Net) => network,
        Some(Namespace::Ipc) => ipc,
        None => false,
    };
    pod.security.readable()?;
    if let Some(list) = pod.security.sysctls {
        for item in list.list()? {
            let text = |key: &str| match item.field(key)? {
                Some(value) => Ok(value.string()?.value),
                None => Ok(""),
            };
            let name = text("name")?;
            let node = item.field("name")?.unwrap_or(item);
            let (value, on_host) = (text("value")?, on_host(name));
            all.push(Set { name, value, node, annotation: false, on_host });
        }
    }
    for (key, value) in pod.annotations()? {
        if ANNOTATIONS.contains(&key.text()) {
            for part in value.string()?.value.split(',') {
                let (name, set) = part.split_once('=').unwrap_or((part, ""));
                let name = name.trim();
                let on_host = on_host(name);
                all.push(Set { name, value: set, node: value, annotation: true, on_host });
            }
        }
    }
    Ok(all)
}

/// From which kernel on some safe sysctls are namespaced (`pkg/util/kernel/constants.go`).
const KERNELS: &[(&str, &str)] = &[
    ("net.ipv4.ip_local_reserved_ports", "3.16"),
    ("net.ipv4.tcp_keepalive_time", "4.5"),
    ("net.ipv4.tcp_fin_timeout", "4.6"),
    ("net.ipv4.tcp_keepalive_intvl", "4.5"),
    ("net.ipv4.tcp_keepalive_probes", "4.5"),
    ("net.ipv4.tcp_rmem", "4.15"),
    ("net.ipv4.tcp_wmem", "4.15"),
];

/// What sysctls do (`Documentation/admin-guide/sysctl` and `networking/ip-sysctl.rst` of the kernel).
const MEANINGS: &[(&str, &str)] = &[
    ("kernel.shm_rmid_forced", "destroys shared memory that no process uses any more"),
    ("kernel.shmall", "most pages of shared memory in all"),
    ("kernel.shmmax", "largest piece of shared memory, in bytes"),
    ("kernel.shmmni", "most pieces of shared memory"),
    ("kernel.sem", "limits of semaphores"),
    ("kernel.msgmax", "largest message of a queue, in bytes"),
    ("kernel.msgmnb", "most bytes in a message queue"),
    ("kernel.msgmni", "most message queues"),
    ("fs.mqueue.msg_max", "most messages in a POSIX queue"),
    ("fs.mqueue.msgsize_max", "largest message of a POSIX queue, in bytes"),
    ("fs.mqueue.queues_max", "most POSIX queues"),
    ("net.core.somaxconn", "longest queue of connections that wait to be accepted"),
    ("net.core.rmem_max", "largest receive buffer; of the whole node on older kernels"),
    ("net.core.wmem_max", "largest send buffer; of the whole node on older kernels"),
    ("net.ipv4.ip_local_port_range", "ports from which outgoing connections start"),
    ("net.ipv4.ip_local_reserved_ports", "ports that outgoing connections leave alone"),
    ("net.ipv4.ip_unprivileged_port_start", "first port that needs no NET_BIND_SERVICE"),
    ("net.ipv4.ip_forward", "forwards packets between interfaces: the pod becomes a router"),
    (
        "net.ipv4.conf.all.forwarding",
        "forwards packets between interfaces: the pod becomes a router",
    ),
    (
        "net.ipv6.conf.all.forwarding",
        "forwards packets between interfaces: the pod becomes a router",
    ),
    ("net.ipv6.conf.all.disable_ipv6", "turns IPv6 off"),
    ("net.ipv4.conf.all.rp_filter", "whether packets with a forged sender are dropped"),
    ("net.ipv4.conf.all.accept_redirects", "whether others may change the pod's routes"),
    ("net.ipv4.conf.all.route_localnet", "lets addresses of 127.0.0.0/8 be routed from outside"),
    ("net.ipv4.conf.all.src_valid_mark", "takes marks into account when senders are verified"),
    ("net.ipv4.ping_group_range", "groups that may send ICMP echo without privileges"),
    ("net.ipv4.tcp_syncookies", "answers floods of connection attempts without keeping state"),
    ("net.ipv4.tcp_keepalive_time", "seconds of silence before a connection is probed"),
    ("net.ipv4.tcp_keepalive_intvl", "seconds between two probes"),
    ("net.ipv4.tcp_keepalive_probes", "probes without an answer that end a connection"),
    ("net.ipv4.tcp_fin_timeout", "seconds for which a closed connection is kept"),
    ("net.ipv4.tcp_tw_reuse", "uses connections again that wait to be forgotten"),
    ("net.ipv4.tcp_max_syn_backlog", "most connection attempts that are remembered"),
    ("net.ipv4.tcp_rmem", "sizes of a connection's receive buffer"),
    ("net.ipv4.tcp_wmem", "sizes of a connection's send buffer"),
    ("net.ipv4.tcp_slow_start_after_idle", "starts slowly again after a pause"),
    ("net.ipv4.tcp_notsent_lowat", "how much unsent data a socket takes before it is full"),
    ("net.ipv4.tcp_congestion_control", "the algorithm against congestion"),
    ("net.netfilter.nf_conntrack_max", "most connections that are tracked"),
    ("kernel.core_pattern", "the program that the node starts as root when a process crashes"),
    ("kernel.modprobe", "the program that the node starts as root to load modules"),
    ("kernel.randomize_va_space", "the randomisation of addresses, of the whole node"),
    ("kernel.yama.ptrace_scope", "which processes may trace others, on the whole node"),
    ("kernel.kptr_restrict", "whether addresses of the kernel are hidden, on the whole node"),
    ("kernel.dmesg_restrict", "who may read the kernel's messages, on the whole node"),
    (
        "kernel.unprivileged_bpf_disabled",
        "who may load programs into the kernel, on the whole node",
    ),
    ("kernel.perf_event_paranoid", "who may observe the kernel, on the whole node"),
    ("kernel.pid_max", "most processes of the whole node"),
    ("kernel.threads-max", "most threads of the whole node"),
    ("kernel.panic", "whether the node restarts after a panic"),
    ("kernel.sysrq", "what the keyboard may do to the node"),
    ("vm.max_map_count", "most memory mappings of a process, on the whole node"),
    ("vm.overcommit_memory", "whether more memory is promised than there is, on the whole node"),
    ("vm.swappiness", "how eagerly the node swaps"),
    ("vm.dirty_ratio", "how much unwritten data the node keeps"),
    ("vm.mmap_min_addr", "the lowest address that processes may map, on the whole node"),
    ("fs.file-max", "most open files of the whole node"),
    ("fs.nr_open", "most open files of a process, on the whole node"),
    ("fs.inotify.max_user_watches", "most files that a user watches, on the whole node"),
    ("fs.inotify.max_user_instances", "most watchers of a user, on the whole node"),
    ("fs.aio-max-nr", "most asynchronous operations of the whole node"),
    ("fs.protected_hardlinks", "a protection against attacks by links, of the whole node"),
    ("fs.suid_dumpable", "whether privileged programs leave core files, on the whole node"),
    ("user.max_user_namespaces", "most user namespaces"),
];
