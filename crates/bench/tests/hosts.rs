//! The node itself, its container engine, and the containers on it.

mod support;

use seawall_bench::{ControlResult, Patch, Verdict};
use support::{Node, inventory, kubeadm, one, report};

fn of(node: &Node, benchmark: &str, id: &str) -> ControlResult {
    one(&node.report(benchmark), id)
}

fn expect(node: &Node, benchmark: &str, id: &str, verdict: Verdict) {
    let result = of(node, benchmark, id);
    assert_eq!(result.verdict, verdict, "{id}: {}", result.reason);
}

#[test]
fn kernel_settings_are_read_and_patched() {
    let node = Node::new();
    node.file("proc/sys/kernel/kptr_restrict", "0\n");
    node.file("proc/sys/kernel/dmesg_restrict", "1\n");
    let result = of(&node, "node", "kernel-pointers");
    assert_eq!(result.verdict, Verdict::Fail);
    let patch = Patch::Line {
        file: "/etc/sysctl.d/90-hardening.conf".to_owned(),
        line: "kernel.kptr_restrict = 1".to_owned(),
    };
    assert_eq!(result.patches, [patch]);
    expect(&node, "node", "kernel-log", Verdict::Pass);
    expect(&node, "node", "kexec", Verdict::NotApplicable);
}

#[test]
fn settings_of_another_network_are_not_the_node_s() {
    let node = Node::new();
    node.file("proc/sys/net/ipv4/tcp_syncookies", "1\n");
    expect(&node, "node", "syn-cookies", Verdict::Pass);
    node.remove("proc/self/net/dev").file("proc/self/net/dev", "");
    expect(&node, "node", "syn-cookies", Verdict::Unknown);
}

#[test]
fn mounts_are_looked_at_as_the_node_sees_them() {
    let node = Node::new();
    expect(&node, "node", "tmp", Verdict::Unknown);
    node.file(
        "proc/1/mountinfo",
        "21 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n22 21 0:30 / /tmp rw,nosuid,nodev,noexec - \
         tmpfs tmpfs rw\n23 21 0:31 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw\n",
    );
    expect(&node, "node", "tmp", Verdict::Pass);
    let result = of(&node, "node", "shared-memory");
    assert!(result.reason.ends_with("without noexec"), "{}", result.reason);
    expect(&node, "node", "var-log", Verdict::Fail);
    node.file("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    expect(&node, "node", "minimal-system", Verdict::Fail);
    expect(&node, "node", "system-supported", Verdict::Pass);
    node.file("etc/os-release", "ID=ubuntu\nVERSION_ID=\"20.04\"\n");
    expect(&node, "node", "system-supported", Verdict::Fail);
    node.file("etc/os-release", "ID=arch\n");
    expect(&node, "node", "system-supported", Verdict::Unknown);
}

#[test]
fn sockets_and_firewalls() {
    let node = kubeadm();
    let head = "  sl  local_address rem_address   st\n";
    let line = |address: &str, port: u16| {
        format!(
            "   0: {address}:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0\n"
        )
    };
    node.file(
        "proc/1/net/tcp",
        &format!("{head}{}{}", line("0100007F", 2379), line("00000000", 10255)),
    );
    expect(&node, "node", "listening-sockets", Verdict::Fail);
    expect(&node, "nsa-cisa", "etcd-listens", Verdict::Pass);
    node.file("proc/1/net/tcp", &format!("{head}{}", line("00000000", 2379)));
    expect(&node, "node", "listening-sockets", Verdict::Pass);
    // kubeadm's etcd without listen addresses listens on localhost, port 2379.
    expect(&node, "nsa-cisa", "etcd-listens", Verdict::Fail);
    expect(&node, "node", "firewall", Verdict::Fail);
    node.file("etc/ufw/ufw.conf", "ENABLED=yes\n");
    expect(&node, "node", "firewall", Verdict::Pass);
    expect(&node, "nsa-cisa", "etcd-listens", Verdict::Manual);
}

#[test]
fn ssh_s_first_word_counts_and_matches_are_heard() {
    let node = Node::new();
    expect(&node, "node", "ssh-root", Verdict::NotApplicable);
    node.file(
        "etc/ssh/sshd_config",
        "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\n",
    );
    expect(&node, "node", "ssh-root", Verdict::Fail);
    node.file("etc/ssh/sshd_config.d/10.conf", "permitrootlogin=no\n");
    let result = of(&node, "node", "ssh-root");
    assert_eq!(result.verdict, Verdict::Pass, "{}", result.reason);
    assert_eq!(result.evidence[0].origin.place, "/etc/ssh/sshd_config.d/10.conf:1");
    node.file("etc/ssh/sshd_config.d/20.conf", "Match User root\nPermitRootLogin yes\n");
    expect(&node, "node", "ssh-root", Verdict::Fail);
    expect(&node, "node", "ssh-passwords", Verdict::Fail);
}

#[test]
fn ssh_takes_no_passwords_by_any_way() {
    let node = Node::new();
    node.file("etc/ssh/sshd_config", "PasswordAuthentication no # keys alone\nUsePAM yes\n");
    expect(&node, "node", "ssh-passwords", Verdict::Fail);
    node.file("etc/ssh/sshd_config", "PasswordAuthentication no\nUsePAM no\n");
    expect(&node, "node", "ssh-passwords", Verdict::Pass);
    node.file(
        "etc/ssh/sshd_config",
        "PasswordAuthentication no\nUsePAM yes\nChallengeResponseAuthentication no\n",
    );
    expect(&node, "node", "ssh-passwords", Verdict::Pass);
    // What stands behind Match holds for some, wherever the file says it.
    node.file("etc/ssh/some.conf", "PasswordAuthentication yes\nMatch all\n");
    node.file(
        "etc/ssh/sshd_config",
        "PasswordAuthentication no\nMatch User a\nInclude some.conf\nMatch all\nX11Forwarding yes\n",
    );
    let result = of(&node, "node", "ssh-passwords");
    assert!(result.reason.ends_with("is yes for some"), "{}", result.reason);
    expect(&node, "node", "ssh-x11", Verdict::Fail);
}

#[test]
fn the_ssh_server_s_command_line_comes_before_its_file() {
    let node = Node::new();
    node.file("etc/ssh/sshd_config", "PermitRootLogin no\n");
    expect(&node, "node", "ssh-root", Verdict::Pass);
    let unit = "usr/lib/systemd/system/ssh.service";
    node.file(unit, "[Service]\nExecStart=/usr/sbin/sshd -D -o PermitRootLogin=yes\n");
    expect(&node, "node", "ssh-root", Verdict::Fail);
    node.file(unit, "[Service]\nExecStart=/usr/sbin/sshd -D -f /etc/ssh/other\n");
    node.file("etc/ssh/other", "X11Forwarding no\n");
    let result = of(&node, "node", "ssh-root");
    assert!(result.reason.starts_with("PermitRootLogin is prohibit-password"), "{}", result.reason);
}

#[test]
fn sudo_without_a_password_is_found() {
    let node = Node::new();
    expect(&node, "node", "sudo", Verdict::NotApplicable);
    node.file(
        "etc/sudoers",
        "root ALL=(ALL) ALL\n# dave ALL=(ALL) NOPASSWD: ALL\n@includedir /etc/sudoers.d\n",
    );
    expect(&node, "node", "sudo", Verdict::Pass);
    node.file("etc/sudoers.d/90-cloud", "dave ALL=(ALL) NOPASSWD: ALL\n");
    let result = of(&node, "node", "sudo");
    assert!(result.reason.starts_with("dave"), "{}", result.reason);
    node.file("etc/sudoers", "root ALL=(ALL) NOPASSWD: ALL\n#include ../opt/sudoers\n");
    expect(&node, "node", "sudo", Verdict::Pass);
    node.file("opt/sudoers", "#1000 ALL=(ALL) \\\n  NOPASSWD : ALL\n");
    let result = of(&node, "node", "sudo");
    assert!(result.reason.starts_with("#1000"), "{}", result.reason);
    assert_eq!(result.evidence[0].origin.place, "/etc/../opt/sudoers:1");
}

#[test]
fn security_modules() {
    let node = Node::new();
    expect(&node, "node", "mandatory-access", Verdict::Fail);
    node.file("sys/module/apparmor/parameters/enabled", "Y\n");
    node.file("sys/kernel/security/apparmor/profiles", "cri-containerd (enforce)\nx (complain)\n");
    expect(&node, "node", "mandatory-access", Verdict::Pass);
    node.file("sys/fs/selinux/enforce", "0");
    expect(&node, "node", "mandatory-access", Verdict::Fail);
}

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn container(node: &Node, capabilities: &str, seccomp: u32, privileges: u32) {
    node.process(200, &["/app"]);
    node.file(
        "proc/200/cgroup",
        &format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope\n"),
    );
    node.file(
        "proc/200/status",
        &format!(
            "Name:\tapp\nCapBnd:\t{capabilities}\nNoNewPrivs:\t{privileges}\nSeccomp:\t{seccomp}\n"
        ),
    );
}

#[test]
fn containers_are_confined_as_the_kernel_says() {
    let node = Node::new();
    expect(&node, "node", "container-seccomp", Verdict::NotApplicable);
    container(&node, "00000000a80425fb", 2, 1);
    for id in ["container-seccomp", "container-privileges", "container-capabilities"] {
        expect(&node, "node", id, Verdict::Pass);
    }
    expect(&node, "node", "container-label", Verdict::NotApplicable);
    container(&node, "000001ffffffffff", 0, 0);
    for id in ["container-seccomp", "container-privileges", "container-capabilities"] {
        expect(&node, "node", id, Verdict::Fail);
    }
    node.file("sys/module/apparmor/parameters/enabled", "Y\n");
    node.file("proc/200/attr/current", "unconfined\n");
    expect(&node, "node", "container-label", Verdict::Fail);
    node.file("proc/200/attr/current", "cri-containerd.apparmor.d (enforce)\n");
    expect(&node, "node", "container-label", Verdict::Pass);
    node.file("proc/200/attr/current", "cri-containerd.apparmor.d (complain)\n");
    expect(&node, "node", "container-label", Verdict::Fail);
    node.remove("proc/200/attr/current");
    expect(&node, "node", "container-label", Verdict::Unknown);
    node.file("sys/fs/selinux/enforce", "1");
    for (label, verdict) in [
        ("system_u:system_r:container_t:s0:c1,c2", Verdict::Pass),
        ("system_u:system_r:container_runtime_t:s0", Verdict::Fail),
        ("system_u:system_r:spc_t:s0", Verdict::Fail),
        ("", Verdict::Fail),
    ] {
        node.file("proc/200/attr/current", label);
        expect(&node, "node", "container-label", verdict);
    }
    node.file("sys/fs/selinux/enforce", "0");
    expect(&node, "node", "container-label", Verdict::Fail);
}

#[test]
fn the_sandbox_of_a_pod_is_no_container_of_it() {
    let node = Node::new();
    container(&node, "000001ffffffffff", 0, 0);
    node.process(200, &["/pause"]);
    let group = format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope\n");
    node.file("proc/200/cgroup", &group);
    expect(&node, "node", "container-seccomp", Verdict::NotApplicable);
    // A program of that name that starts others is none.
    node.process(201, &["/bin/sh"]).file("proc/201/cgroup", &group);
    expect(&node, "node", "container-seccomp", Verdict::Fail);
    node.remove("proc/201");
    expect(&node, "node", "container-seccomp", Verdict::NotApplicable);
    // Nor is one that only calls itself so, or that the engine knows as another.
    std::os::unix::fs::symlink("/miner", node.path("proc/200/exe")).expect("a link");
    expect(&node, "node", "container-seccomp", Verdict::Fail);
    node.remove("proc/200/exe");
    std::os::unix::fs::symlink("/pause", node.path("proc/200/exe")).expect("a link");
    expect(&node, "node", "container-seccomp", Verdict::NotApplicable);
    let state = format!("run/containerd/io.containerd.runtime.v2.task/k8s.io/{ID}/config.json");
    for (kind, verdict) in [("container", Verdict::Fail), ("sandbox", Verdict::NotApplicable)] {
        let text =
            format!("{{\"annotations\": {{\"io.kubernetes.cri.container-type\": \"{kind}\"}}}}");
        node.file(&state, &text);
        expect(&node, "node", "container-seccomp", verdict);
    }
}

#[test]
fn a_container_is_as_confined_as_its_least_confined_process() {
    let node = Node::new();
    container(&node, "00000000a80425fb", 2, 1);
    let group = format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope\n");
    node.process(201, &["/app"]).file("proc/201/cgroup", &group);
    node.file("proc/201/status", "CapBnd:\t000001ffffffffff\nNoNewPrivs:\t0\nSeccomp:\t0\n");
    for id in ["container-seccomp", "container-privileges", "container-capabilities"] {
        expect(&node, "node", id, Verdict::Fail);
    }
    // CRI-O's monitor is outside of the container whose name it bears.
    let monitor = format!("0::/kubepods.slice/kubepods-pod1.slice/crio-conmon-{ID}.scope\n");
    node.file("proc/201/cgroup", &monitor);
    for id in ["container-seccomp", "container-privileges", "container-capabilities"] {
        expect(&node, "node", id, Verdict::Pass);
    }
}

#[test]
fn what_a_pod_declares_must_be_so() {
    let objects = inventory(&format!(
        "apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop}}
spec:
  securityContext: {{seccompProfile: {{type: RuntimeDefault}}}}
  containers:
  - name: app
    image: app
    securityContext:
      allowPrivilegeEscalation: false
      capabilities: {{drop: [ALL], add: [NET_BIND_SERVICE]}}
status:
  containerStatuses:
  - {{name: app, containerID: 'containerd://{ID}'}}
"
    ));
    let node = Node::new();
    let declared = |node: &Node| {
        one(&report(Some(&node.host()), Some(&objects), "node", &[]), "container-as-declared")
    };
    container(&node, "0000000000000400", 2, 1);
    let good = declared(&node);
    assert_eq!(good.verdict, Verdict::Pass, "{}", good.reason);
    container(&node, "0000000000200400", 0, 0);
    let bad = declared(&node);
    assert_eq!(bad.verdict, Verdict::Fail);
    for part in ["SYS_ADMIN", "seccomp profile, and has none", "can gain privileges"] {
        assert!(bad.reason.contains(part), "{}", bad.reason);
    }
    assert_eq!(of(&node, "node", "container-as-declared").verdict, Verdict::Unknown);
}

#[test]
fn profiles_and_labels_that_a_pod_declares_must_be_so() {
    let pod = |context: &str| {
        inventory(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n  - name: app\n    \
             securityContext: {context}\nstatus:\n  containerStatuses:\n  - {{name: app, containerID: \
             'containerd://{ID}'}}\n"
        ))
    };
    let declared = |node: &Node, context: &str| {
        one(&report(Some(&node.host()), Some(&pod(context)), "node", &[]), "container-as-declared")
    };
    let local = "{appArmorProfile: {type: Localhost, localhostProfile: web}}";
    let engine = "{appArmorProfile: {type: RuntimeDefault}}";
    let options = "{seLinuxOptions: {type: web_t, level: 's0:c1,c2'}}";
    let node = Node::new();
    container(&node, "00000000a80425fb", 2, 1);
    for (context, part) in [(local, "AppArmor is not loaded"), (options, "SELinux is not loaded")] {
        let result = declared(&node, context);
        assert!(result.reason.ends_with(part), "{}", result.reason);
    }
    node.file("sys/module/apparmor/parameters/enabled", "Y\n");
    assert_eq!(declared(&node, local).verdict, Verdict::Unknown);
    for (context, label, verdict) in [
        (local, "web (enforce)", Verdict::Pass),
        (local, "cri-containerd.apparmor.d (enforce)", Verdict::Fail),
        (local, "unconfined", Verdict::Fail),
        (engine, "cri-containerd.apparmor.d (enforce)", Verdict::Pass),
        (engine, "cri-containerd.apparmor.d (complain)", Verdict::Fail),
        ("{}", "unconfined", Verdict::Pass),
    ] {
        node.file("proc/200/attr/current", label);
        let result = declared(&node, context);
        assert_eq!(result.verdict, verdict, "{context} {label}: {}", result.reason);
    }
    node.file("sys/fs/selinux/enforce", "1");
    for (label, verdict) in [
        ("system_u:system_r:web_t:s0:c1,c2", Verdict::Pass),
        ("system_u:system_r:web_t:s0:c1,c3", Verdict::Fail),
        ("system_u:system_r:container_t:s0:c1,c2", Verdict::Fail),
    ] {
        node.file("proc/200/attr/current", label);
        let result = declared(&node, options);
        assert_eq!(result.verdict, verdict, "{label}: {}", result.reason);
    }
    assert_eq!(declared(&node, "{seLinuxOptions: web_t}").verdict, Verdict::Unknown);
    node.remove("sys/fs/selinux");
    node.remove("sys/module/apparmor/parameters/enabled");
    // A kubelet's default is a declaration too.
    node.process(300, &["/usr/bin/kubelet", "--seccomp-default"]);
    container(&node, "00000000a80425fb", 0, 1);
    let result = declared(&node, "{}");
    assert!(result.reason.contains("seccompDefault is on"), "{}", result.reason);
}

#[test]
fn containerd_s_configuration() {
    let node = Node::new();
    expect(&node, "container-host", "engine-network", Verdict::NotApplicable);
    node.process(300, &["/usr/bin/containerd"]);
    node.file("etc/containerd/config.toml", "version = 3\nimports = ['conf.d/*.toml']\n");
    expect(&node, "container-host", "engine-network", Verdict::Pass);
    expect(&node, "container-host", "engine-confinement", Verdict::Pass);
    expect(&node, "container-host", "privileged-devices", Verdict::Fail);
    expect(&node, "container-host", "docker-icc", Verdict::NotApplicable);
    node.file(
        "etc/containerd/conf.d/10.toml",
        "[grpc]\ntcp_address = '0.0.0.0:1234'\n[plugins.'io.containerd.cri.v1.runtime']\ndisable_apparmor = \
         true\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]\n\
         privileged_without_host_devices = true\n",
    );
    expect(&node, "container-host", "engine-network", Verdict::Fail);
    expect(&node, "container-host", "engine-confinement", Verdict::Fail);
    expect(&node, "container-host", "privileged-devices", Verdict::Pass);
    expect(&node, "container-host", "engine-registries", Verdict::Pass);
    node.file(
        "etc/containerd/certs.d/reg.example/hosts.toml",
        "[host.'https://reg.example']\n  skip_verify = true # for now\n",
    );
    expect(&node, "container-host", "engine-registries", Verdict::Fail);
    node.file("etc/containerd/certs.d/reg.example/hosts.toml", "server = 'http://reg.example'\n");
    expect(&node, "container-host", "engine-registries", Verdict::Fail);
    node.file("etc/containerd/certs.d/reg.example/hosts.toml", "server = 'https://reg.example'\n");
    expect(&node, "container-host", "engine-registries", Verdict::Pass);
    node.file("opt/certs/reg.example/hosts.toml", "skip_verify = true\n");
    node.file(
        "etc/containerd/conf.d/15.toml",
        "[plugins.'io.containerd.cri.v1.images'.registry]\nconfig_path = '/opt/none:/opt/certs'\n",
    );
    expect(&node, "container-host", "engine-registries", Verdict::Fail);
    node.file(
        "etc/containerd/conf.d/15.toml",
        "[plugins.'io.containerd.grpc.v1.cri'.registry.mirrors.'reg.example']\nendpoint = \
         ['http://mirror']\n",
    );
    expect(&node, "container-host", "engine-registries", Verdict::Fail);
    node.file("etc/containerd/conf.d/20.toml", "not toml");
    let result = of(&node, "container-host", "engine-network");
    assert_eq!(result.verdict, Verdict::Unknown);
    assert!(result.reason.contains("20.toml"), "{}", result.reason);
}

#[test]
fn engines_are_told_by_flags_of_their_own() {
    let engine = |words: &[&str]| {
        let node = Node::new();
        node.process(300, words);
        node
    };
    // A flag behind a boolean is a flag of its own.
    for words in [
        &["dockerd", "--debug", "-H", "tcp://0.0.0.0:2375"][..],
        &["dockerd", "-DHtcp://0.0.0.0:2375"],
        &["dockerd", "--host=0.0.0.0:2375"],
    ] {
        expect(&engine(words), "container-host", "engine-network", Verdict::Fail);
    }
    let safe = engine(&["dockerd", "--tlsverify", "-H", "tcp://0.0.0.0:2376", "-H", "fd://"]);
    expect(&safe, "container-host", "engine-network", Verdict::Pass);
    let node = engine(&["dockerd", "--live-restore", "--icc=0", "--config-file=/opt/d.json"]);
    node.file("opt/d.json", "{\"no-new-privileges\": true, \"insecure-registries\": [\"a\"]}");
    for id in ["docker-live-restore", "docker-icc", "docker-no-new-privileges"] {
        expect(&node, "container-host", id, Verdict::Pass);
    }
    expect(&node, "container-host", "engine-registries", Verdict::Fail);
    let node = engine(&["containerd", "-c", "/opt/c.toml"]);
    node.file(
        "opt/c.toml",
        "version = 2\n[plugins.'io.containerd.grpc.v1.cri']\nstream_server_address = ''\n\
         [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]\n\
         privileged_without_host_devices = true\n",
    );
    expect(&node, "container-host", "engine-network", Verdict::Fail);
    expect(&node, "container-host", "privileged-devices", Verdict::Pass);
    expect(&node, "container-host", "engine-configuration", Verdict::Pass);
    // Whichever runtime a pod chooses.
    node.replace(
        "opt/c.toml",
        "[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]",
        "[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.nvidia]\n\
         [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]",
    );
    expect(&node, "container-host", "privileged-devices", Verdict::Fail);
    let node = engine(&["crio", "--enable-metrics", "--insecure-registry", "a", "--config", "/c"]);
    node.file(
        "c",
        "[crio.runtime]\nseccomp_profile = 'unconfined'\n[crio.metrics]\nmetrics_host = ''\n",
    );
    for id in ["engine-registries", "engine-confinement", "engine-network"] {
        expect(&node, "container-host", id, Verdict::Fail);
    }
}

#[test]
fn storage_of_containers_is_on_a_file_system_of_its_own() {
    let node = Node::new();
    node.process(300, &["containerd", "--root", "/data/containerd"]);
    for (mounts, verdict) in [
        ("", Verdict::Fail),
        ("22 21 0:30 / /var rw - ext4 /dev/vdb rw\n", Verdict::Fail),
        ("22 21 0:30 / /data rw - ext4 /dev/vdb rw\n", Verdict::Fail),
        ("22 21 0:30 / /data/containerd rw - ext4 /dev/vdb rw\n", Verdict::Pass),
    ] {
        let root = "21 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n";
        node.file("proc/1/mountinfo", &format!("{root}{mounts}"));
        expect(&node, "container-host", "storage-partition", verdict);
    }
}

#[test]
fn the_audit_daemon_watches_what_is_there() {
    let node = Node::new();
    node.process(300, &["/usr/bin/containerd"]);
    node.file("usr/bin/containerd", "").file("etc/containerd/config.toml", "");
    expect(&node, "container-host", "engine-audited", Verdict::Fail);
    node.file(
        "etc/audit/rules.d/c.rules",
        "-w /usr/bin/containerd -p x -k c\n-a always,exit -F dir=/etc/containerd -F perm=wa\n",
    );
    // Rules that nobody has loaded watch nothing.
    expect(&node, "container-host", "engine-audited", Verdict::Fail);
    node.process(301, &["/usr/sbin/auditd"]);
    expect(&node, "container-host", "engine-audited", Verdict::Pass);
    for missing in ["usr/bin/containerd-shim", "usr/sbin/runc", "usr/bin/containerd-shim-runc-v1"] {
        node.file(missing, "");
        expect(&node, "container-host", "engine-audited", Verdict::Fail);
        node.remove(missing);
    }
    node.file(
        "etc/audit/rules.d/c.rules",
        "-w /usr/bin/containerd -p x -k c\n-a never,exit -F dir=/etc/containerd\n",
    );
    expect(&node, "container-host", "engine-audited", Verdict::Fail);
}

#[test]
fn crio_and_docker_are_known_too() {
    let node = Node::new();
    node.process(300, &["/usr/bin/crio"]);
    expect(&node, "container-host", "engine-configuration", Verdict::NotApplicable);
    node.file(
        "etc/crio/crio.conf.d/10.conf",
        "[crio.runtime]\ndefault_capabilities = ['CHOWN', 'NET_RAW']\n",
    );
    expect(&node, "container-host", "default-capabilities", Verdict::Fail);
    // A drop-in that others write is the engine's configuration, too.
    node.mode("etc/crio/crio.conf.d/10.conf", 0o666);
    expect(&node, "container-host", "engine-configuration", Verdict::Fail);
    expect(&node, "container-host", "engine-confinement", Verdict::Pass);
    node.file("etc/crio/crio.conf.d/20.conf", "[crio.runtime]\nseccomp_profile = 'unconfined'\n");
    expect(&node, "container-host", "engine-confinement", Verdict::Fail);
    expect(&node, "container-host", "engine-registries", Verdict::Pass);
    for text in [
        "[[registry]]\nlocation = 'a'\ninsecure = true\n",
        "[[registry]]\nlocation = 'a'\n[[registry.mirror]]\nlocation = 'b'\ninsecure = true\n",
        "[registries.insecure]\nregistries = ['a']\n",
    ] {
        node.file("etc/containers/registries.conf.d/10.conf", text);
        expect(&node, "container-host", "engine-registries", Verdict::Fail);
    }
    let node = Node::new();
    node.process(301, &["/usr/bin/dockerd", "-H", "tcp://0.0.0.0:2375"]);
    node.file("etc/docker/daemon.json", "{\"icc\": false, \"userns-remap\": \"default\"}");
    expect(&node, "container-host", "docker-icc", Verdict::Pass);
    expect(&node, "container-host", "docker-user-namespaces", Verdict::Pass);
    expect(&node, "container-host", "docker-live-restore", Verdict::Fail);
    expect(&node, "container-host", "engine-network", Verdict::Fail);
}

#[test]
fn weak_ways_to_log_in_and_odd_chains_are_found() {
    let node = kubeadm();
    expect(&node, "nsa-cisa", "authentication-methods", Verdict::Pass);
    expect(&node, "nsa-cisa", "authorization-chain", Verdict::Pass);
    expect(&node, "nsa-cisa", "admission-plugins", Verdict::Pass);
    expect(&node, "nsa-cisa", "api-server-insecure-port", Verdict::Pass);
    node.with(support::API_SERVER, &["--oidc-issuer-url=http://id", "--oidc-groups-claim=g"]);
    node.with(support::API_SERVER, &["--admission-control=NodeRestriction,ServiceAccount"]);
    node.with(
        support::API_SERVER,
        &["--insecure-port=8080", "--authorization-mode=Node,RBAC,ABAC"],
    );
    let result = of(&node, "nsa-cisa", "authentication-methods");
    assert!(result.reason.contains("system:masters"), "{}", result.reason);
    expect(&node, "nsa-cisa", "authorization-chain", Verdict::Fail);
    expect(&node, "nsa-cisa", "api-server-insecure-port", Verdict::Fail);
    let result = of(&node, "nsa-cisa", "admission-plugins");
    assert!(result.reason.contains("old --admission-control leaves out"), "{}", result.reason);
}

#[test]
fn the_disk_of_etcd_is_followed_down_to_dm_crypt() {
    let node = kubeadm();
    node.file("proc/1/mountinfo", "21 1 254:0 / / rw - ext4 /dev/mapper/vg-root rw\n");
    expect(&node, "nsa-cisa", "etcd-disk-encrypted", Verdict::Manual);
    node.file("sys/dev/block/254:0/dm/uuid", "LVM-abc\n");
    node.file("sys/dev/block/254:0/slaves/dm-1/x", "");
    node.file("sys/class/block/dm-1/dev", "254:1\n");
    node.file("sys/dev/block/254:1/dm/uuid", "CRYPT-LUKS2-abc\n");
    expect(&node, "nsa-cisa", "etcd-disk-encrypted", Verdict::Pass);
}

#[test]
fn the_network_plugin_is_known_by_its_files() {
    let node = kubeadm();
    assert_eq!(node.verdict("5.3.1"), Verdict::Pass);
    node.remove("etc/cni/net.d/10-calico.conflist");
    node.file("etc/cni/net.d/10-pods.conflist", "{\"plugins\": [{\"type\": \"bridge\"}]}");
    assert_eq!(node.verdict("5.3.1"), Verdict::Fail);
    node.file("etc/cni/net.d/10-pods.conflist", "{\"plugins\": [{\"type\": \"own\"}]}");
    assert_eq!(node.verdict("5.3.1"), Verdict::Manual);
}
