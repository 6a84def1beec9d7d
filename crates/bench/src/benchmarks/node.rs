//! The node itself, and the containers that run on it: what Kubernetes' benchmarks leave to others.

use crate::context::Cx;
use crate::control::Decide::With;
use crate::control::{Control, Group, automated};
use crate::outcome::Outcome;
use crate::rules::access::{self, Ssh};
use crate::rules::{confinement, declared, firewall, interfaces, kubelet, lifecycle, node};

pub(super) fn groups() -> Vec<Group> {
    vec![
        Group { title: "Kernel", role: None, controls: kernel() },
        Group { title: "File systems", role: None, controls: mounts() },
        Group { title: "Network", role: None, controls: network() },
        Group { title: "Access", role: None, controls: access() },
        Group { title: "Mandatory access control", role: None, controls: mandatory() },
        Group { title: "Running containers", role: None, controls: containers() },
        Group { title: "Versions", role: None, controls: versions() },
    ]
}

fn kernel() -> Vec<Control> {
    let sysctl = |id, title, decide: fn(&Cx<'_>) -> Outcome| {
        automated(
            id,
            title,
            With(decide),
            "Write the setting to /etc/sysctl.d and load it: sysctl --system.",
        )
    };
    vec![
        sysctl("address-randomization", "Addresses of programs are random", |cx| {
            node::sysctl(cx, "kernel.randomize_va_space", &["2"])
        }),
        sysctl("kernel-pointers", "Addresses of the kernel are hidden", |cx| {
            node::sysctl(cx, "kernel.kptr_restrict", &["1", "2"])
        }),
        sysctl("kernel-log", "The kernel's log is root's", |cx| {
            node::sysctl(cx, "kernel.dmesg_restrict", &["1"])
        }),
        sysctl("unprivileged-bpf", "Only root loads eBPF programs", |cx| {
            node::sysctl(cx, "kernel.unprivileged_bpf_disabled", &["1", "2"])
        }),
        sysctl("bpf-jit", "Compiled eBPF programs are hardened", |cx| {
            node::sysctl(cx, "net.core.bpf_jit_harden", &["2", "1"])
        }),
        sysctl("ptrace", "Processes debug their children alone", node::ptrace),
        sysctl("kexec", "No other kernel can be started", |cx| {
            node::sysctl(cx, "kernel.kexec_load_disabled", &["1"])
        }),
        sysctl("perf", "Only root profiles the kernel", |cx| {
            node::sysctl(cx, "kernel.perf_event_paranoid", &["2", "3", "4"])
        }),
        sysctl("system-request", "The keyboard can't drive the kernel", |cx| {
            node::sysctl(cx, "kernel.sysrq", &["0", "4", "16", "176"])
        }),
        sysctl("hard-links", "Hard links are made to one's own files alone", |cx| {
            node::sysctl(cx, "fs.protected_hardlinks", &["1"])
        }),
        sysctl(
            "symbolic-links",
            "Symbolic links of others are not followed in shared directories",
            |cx| node::sysctl(cx, "fs.protected_symlinks", &["1"]),
        ),
        sysctl("shared-pipes", "Pipes of others are not written in shared directories", |cx| {
            node::sysctl(cx, "fs.protected_fifos", &["1", "2"])
        }),
        sysctl("shared-files", "Files of others are not written in shared directories", |cx| {
            node::sysctl(cx, "fs.protected_regular", &["1", "2"])
        }),
        sysctl("core-dumps", "Programs with set-user-id leave no core", |cx| {
            node::sysctl(cx, "fs.suid_dumpable", &["0", "2"])
        }),
        sysctl("redirects-taken", "No ICMP redirects are taken", interfaces::redirects_taken),
        sysctl("redirects-sent", "No ICMP redirects are sent", interfaces::redirects_sent),
        sysctl("source-routes", "No source routes are taken", interfaces::source_routes),
        sysctl("syn-cookies", "Floods of connections are answered with cookies", |cx| {
            node::sysctl(cx, "net.ipv4.tcp_syncookies", &["1", "2"])
        }),
        sysctl("broadcast-pings", "Pings to all are not answered", |cx| {
            node::sysctl(cx, "net.ipv4.icmp_echo_ignore_broadcasts", &["1"])
        }),
        sysctl("page-faults", "Only root handles the kernel's page faults", |cx| {
            node::sysctl(cx, "vm.unprivileged_userfaultfd", &["0"])
        }),
        sysctl("line-disciplines", "Only root loads drivers of terminals", |cx| {
            node::sysctl(cx, "dev.tty.ldisc_autoload", &["0"])
        }),
        sysctl("overcommit", "Memory is overcommitted as the kubelet wants it", |cx| {
            node::sysctl(cx, "vm.overcommit_memory", &["1"])
        }),
        sysctl("panic-on-oops", "The kernel stops when it is damaged", |cx| {
            node::sysctl(cx, "kernel.panic_on_oops", &["1"])
        }),
    ]
}

fn mounts() -> Vec<Control> {
    let mount = |id, title, decide: fn(&Cx<'_>) -> Outcome| {
        automated(
            id,
            title,
            With(decide),
            "Mount it on its own, with these options, in /etc/fstab or a mount unit.",
        )
    };
    vec![
        mount("tmp", "/tmp is a mount with nodev, nosuid and noexec", |cx| {
            node::mount(cx, "/tmp", &["nodev", "nosuid", "noexec"])
        }),
        mount("var-tmp", "/var/tmp is a mount with nodev, nosuid and noexec", |cx| {
            node::mount(cx, "/var/tmp", &["nodev", "nosuid", "noexec"])
        }),
        mount("shared-memory", "/dev/shm is a mount with nodev, nosuid and noexec", |cx| {
            node::mount(cx, "/dev/shm", &["nodev", "nosuid", "noexec"])
        }),
        mount("var-log", "/var/log is a mount with nodev, nosuid and noexec", |cx| {
            node::mount(cx, "/var/log", &["nodev", "nosuid", "noexec"])
        }),
        automated(
            "minimal-system",
            "The operating system is minimal and read-only",
            With(node::minimal_system),
            "Run nodes on a system made for containers: Bottlerocket, Talos, Flatcar, Container-Optimized OS.",
        ),
    ]
}

fn network() -> Vec<Control> {
    vec![
        automated(
            "listening-sockets",
            "No TCP port that asks nobody's name is open to others",
            With(node::sockets),
            "Let the program listen on 127.0.0.1, or close the port.",
        ),
        automated(
            "firewall",
            "A firewall refuses what nobody allowed",
            With(firewall::refuses),
            "Enable nftables, firewalld or ufw with rules for the ports of Kubernetes.",
        ),
    ]
}

fn access() -> Vec<Control> {
    let ssh = |id, title, decide: fn(&Cx<'_>) -> Outcome, remedy| {
        automated(id, title, With(decide), remedy)
    };
    vec![
        ssh(
            "ssh-root",
            "root does not log in by SSH",
            |cx| {
                let names = &["PermitRootLogin"];
                access::ssh(cx, Ssh { names, default: "prohibit-password", good: &["no"] })
            },
            "Set PermitRootLogin no.",
        ),
        ssh(
            "ssh-passwords",
            "SSH takes no passwords",
            access::ssh_passwords,
            "Set PasswordAuthentication no and KbdInteractiveAuthentication no.",
        ),
        ssh(
            "ssh-empty-passwords",
            "SSH takes no empty passwords",
            |cx| {
                let names = &["PermitEmptyPasswords"];
                access::ssh(cx, Ssh { names, default: "no", good: &["no"] })
            },
            "Set PermitEmptyPasswords no.",
        ),
        ssh(
            "ssh-forwarding",
            "SSH forwards no ports",
            |cx| {
                let names = &["AllowTcpForwarding"];
                access::ssh(cx, Ssh { names, default: "yes", good: &["no"] })
            },
            "Set AllowTcpForwarding no.",
        ),
        ssh(
            "ssh-x11",
            "SSH forwards no X11",
            |cx| {
                let names = &["X11Forwarding"];
                access::ssh(cx, Ssh { names, default: "no", good: &["no"] })
            },
            "Set X11Forwarding no.",
        ),
        automated(
            "sudo",
            "Nobody becomes root without a password",
            With(access::sudo),
            "Remove NOPASSWD and !authenticate from sudoers.",
        ),
    ]
}

fn mandatory() -> Vec<Control> {
    vec![automated(
        "mandatory-access",
        "AppArmor or SELinux is loaded and enforces",
        With(node::mandatory_access),
        "Load AppArmor or SELinux and let it enforce.",
    )]
}

fn containers() -> Vec<Control> {
    vec![
        automated(
            "container-seccomp",
            "Every running container has a seccomp filter",
            With(confinement::seccomp),
            "Set seccompProfile.type to RuntimeDefault, or the kubelet's seccompDefault.",
        ),
        automated(
            "container-privileges",
            "No running container can gain privileges",
            With(confinement::no_new_privileges),
            "Set allowPrivilegeEscalation to false.",
        ),
        automated(
            "container-capabilities",
            "No running container can have more capabilities than engines give to all",
            With(confinement::capabilities),
            "Remove privileged and added capabilities.",
        ),
        automated(
            "container-label",
            "Every running container is confined by AppArmor or SELinux",
            With(confinement::label),
            "Set appArmorProfile.type to RuntimeDefault, or remove what switches labels off.",
        ),
        automated(
            "container-as-declared",
            "Every running container is confined as its pod declares",
            With(declared::as_declared),
            "Find out why the engine does less than it is asked for: its configuration, the kernel, \
             or a container that was changed behind Kubernetes.",
        ),
        automated(
            "unsafe-sysctls",
            "The kubelet allows no unsafe sysctls",
            With(kubelet::unsafe_sysctls),
            "Empty allowedUnsafeSysctls.",
        ),
    ]
}

fn versions() -> Vec<Control> {
    vec![
        automated(
            "kubernetes-supported",
            "The version of Kubernetes is maintained",
            With(lifecycle::kubernetes),
            "Update the cluster, one minor version at a time.",
        ),
        automated(
            "etcd-supported",
            "The version of etcd is maintained",
            With(lifecycle::etcd),
            "Update etcd.",
        ),
        automated(
            "system-supported",
            "The operating system is maintained",
            With(lifecycle::system),
            "Update the operating system.",
        ),
    ]
}
