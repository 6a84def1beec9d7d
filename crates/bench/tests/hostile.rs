//! Nodes that are made to stop a run, or to be left out of it: each gives an answer with a reason,
//! and the run goes on.

mod support;

use std::fs;

use seawall_bench::{BENCHMARKS, Verdict};
use support::{API_SERVER, KUBELET, Node, kubeadm, one};

fn unknown(node: &Node, benchmark: &str, id: &str) {
    let result = one(&node.report(benchmark), id);
    assert_eq!(result.verdict, Verdict::Unknown, "{id}: {}", result.reason);
    assert!(!result.reason.is_empty(), "{id}");
}

/// Every benchmark runs to its end.
fn runs(node: &Node) {
    for benchmark in BENCHMARKS {
        assert!(!node.report(benchmark.id).results.is_empty(), "{}", benchmark.id);
    }
}

#[test]
fn documents_nest_too_deep_and_repeat_themselves() {
    let deep = "[".repeat(100_000);
    let open = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    let laughs: String = (0..20)
        .map(|n| {
            let before = char::from(b'a' + n);
            let name = char::from(b'b' + n);
            format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(","))
        })
        .collect();
    for text in [deep.clone(), format!("{{\"a\":{deep}"), open + &laughs] {
        let node = kubeadm();
        node.file("var/lib/kubelet/config.yaml", &text);
        node.file("etc/kubernetes/audit.yaml", &text);
        node.file("etc/kubernetes/encryption.yaml", &text);
        runs(&node);
        for id in ["4.2.1", "1.2.28"] {
            let result = node.control(id);
            assert_ne!(result.verdict, Verdict::Pass, "{id}: {}", result.reason);
        }
    }
    let node = Node::new();
    node.process(300, &["/usr/bin/containerd"]);
    for text in [format!("a = {deep}"), "a = {b = ".repeat(50_000), "[a]\n[a]\n".to_owned()] {
        node.file("etc/containerd/config.toml", &text);
        unknown(&node, "container-host", "engine-network");
    }
}

#[test]
fn files_that_include_themselves_and_each_other() {
    let node = Node::new();
    let include = "Include /etc/ssh/*.conf\n".repeat(20);
    for name in ["sshd_config", "a.conf", "b.conf", "c.conf"] {
        node.file(&format!("etc/ssh/{name}"), &include);
    }
    unknown(&node, "node", "ssh-root");
    let include = "@include /etc/sudoers\n".repeat(20);
    node.file("etc/sudoers", &include);
    unknown(&node, "node", "sudo");
    node.process(300, &["/usr/bin/containerd"]);
    node.file("etc/containerd/config.toml", "version = 3\nimports = ['*.toml', 'config.toml']\n");
    let network = one(&node.report("container-host"), "engine-network");
    assert_eq!(network.verdict, Verdict::Pass, "{}", network.reason);
    for number in 0..200 {
        node.file(&format!("etc/containerd/{number}.toml"), "version = 3\n");
    }
    unknown(&node, "container-host", "engine-network");
}

#[test]
fn more_drop_ins_than_a_kubelet_has() {
    let node = kubeadm();
    node.with(KUBELET, &["--config-dir=/etc/kubelet.d"]);
    for number in 0..1_001 {
        node.file(&format!("etc/kubelet.d/{number}.conf"), "kind: KubeletConfiguration\n");
    }
    unknown(&node, "cis-2.0", "4.2.1");
}

#[test]
fn ten_thousand_processes_and_some_that_are_gone() {
    let node = kubeadm();
    for pid in 1_000..11_000 {
        let directory = node.path(&format!("proc/{pid}"));
        fs::create_dir(&directory).expect("a directory");
        // Of every second nothing is left.
        if pid % 2 == 0 {
            fs::write(directory.join("cmdline"), "sleep\0inf\0").expect("a file");
        }
    }
    runs(&node);
    assert_eq!(node.verdict("1.2.15"), Verdict::Pass);
}

#[test]
fn arguments_are_no_text_or_too_much_of_it() {
    let node = kubeadm();
    let path = node.path(&format!("proc/{API_SERVER}/cmdline"));
    let mut line = fs::read(&path).expect("a process");
    line.extend(b"--token-auth-file=\xff\xfe\0--audit-policy-file=/etc/\xff\0");
    fs::write(&path, &line).expect("a process");
    assert_eq!(node.verdict("1.2.2"), Verdict::Fail);
    unknown(&node, "cis-2.0", "3.2.1");
    runs(&node);
    // Nothing else says what would run.
    node.remove("etc/kubernetes/manifests/kube-apiserver.yaml");
    line.extend(vec![b'x'; 17 << 20]);
    fs::write(&path, &line).expect("a process");
    unknown(&node, "cis-2.0", "1.2.2");
}

#[test]
fn what_may_not_be_read_is_unknown() {
    if rustix::process::geteuid().is_root() {
        // Root reads everything; a directory where a file belongs can't be read by anybody.
        let node = kubeadm();
        node.remove("var/lib/kubelet/config.yaml");
        fs::create_dir(node.path("var/lib/kubelet/config.yaml")).expect("a directory");
        unknown(&node, "cis-2.0", "4.2.1");
        return;
    }
    let node = kubeadm();
    node.mode("var/lib/kubelet/config.yaml", 0);
    unknown(&node, "cis-2.0", "4.2.1");
}

#[test]
fn a_script_that_may_start_anything_is_no_absence() {
    let node = Node::new();
    let unit = "usr/lib/systemd/system/kubelet.service";
    node.file(unit, "[Service]\nExecStart=/bin/sh -c 'exec kubelet --anonymous-auth=true'\n");
    unknown(&node, "cis-2.0", "4.2.1");
    node.file(unit, "[Service]\nExecStart=/usr/bin/kubelet --anonymous-auth=true\n");
    assert_eq!(node.verdict("4.2.1"), Verdict::Fail);
}
