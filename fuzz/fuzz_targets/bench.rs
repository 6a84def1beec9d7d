//! Benchmarks over a node whose files hold any bytes: nothing panics, and the same node gives the
//! same report.
#![no_main]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use seawall_bench::{BENCHMARKS, Cx, Filter, Header, Host, Input, run};

/// What a benchmark reads; the input is dealt out to them, parted by bytes of 0xff.
const FILES: &[&str] = &[
    "proc/9/cmdline",
    "var/lib/kubelet/config.yaml",
    "etc/kubernetes/manifests/pod.yaml",
    "etc/rancher/k3s/config.yaml",
    "etc/systemd/system/kubelet.service",
    "etc/containerd/config.toml",
    "etc/docker/daemon.json",
    "etc/kubernetes/pki/ca.crt",
    "etc/ssh/sshd_config",
    "etc/audit/audit.rules",
    "proc/1/mountinfo",
    "proc/1/net/tcp6",
    "proc/9/cgroup",
    "proc/9/status",
    "var/lib/dpkg/status",
    "var/lib/rpm/Packages.db",
    "lib/apk/db/installed",
    "usr/bin/containerd",
];

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

fuzz_target!(|data: &[u8]| {
    let root = tempfile::tempdir().expect("a folder");
    write(root.path(), "proc/1/cmdline", b"init\0");
    write(root.path(), "proc/2/comm", b"kthreadd\n");
    write(root.path(), "proc/8/cmdline", b"kubelet\0--config=/var/lib/kubelet/config.yaml\0");
    write(root.path(), "proc/7/cmdline", b"/usr/bin/containerd\0");
    symlink("/usr/bin/containerd", root.path().join("proc/7/exe")).expect("a link");
    write(root.path(), "proc/6/cmdline", b"/usr/bin/dockerd\0");
    for (path, bytes) in FILES.iter().zip(data.split(|byte| *byte == 0xff)) {
        write(root.path(), path, bytes);
    }
    let host = Host::new(root.path()).expect("a host");
    let header = Header { seawall: String::new(), node: None, time: String::new() };
    let reports = || {
        let input =
            Input { host: Some(&host), inventory: None, node: None, platform: None, minor: None, roles: Vec::new(), now: 0 };
        let cx = Cx::new(input);
        BENCHMARKS.iter().map(|one| run(&cx, one, &Filter::default(), &header)).collect::<Vec<_>>()
    };
    assert_eq!(reports(), reports());
});
