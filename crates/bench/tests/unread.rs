//! What can't be read or understood is unknown, what isn't there does not apply, and neither passes.

mod support;

use std::os::unix::fs::symlink;

use seawall_bench::{BENCHMARKS, Host, Verdict};
use support::{API_SERVER, KUBELET, Node, kubeadm, one, report};

#[test]
fn a_node_that_runs_nothing_passes_nothing_of_cis() {
    let report = Node::new().report("cis-2.0");
    for result in &report.results {
        let honest =
            matches!(result.verdict, Verdict::NotApplicable | Verdict::Unknown | Verdict::Manual);
        assert!(honest, "{}: {} {}", result.id, result.verdict, result.reason);
        assert!(!result.reason.is_empty());
    }
}

#[test]
fn an_empty_root_passes_nothing_of_any_benchmark() {
    let root = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(root.path().join("etc")).expect("a directory");
    let host = Host::new(root.path()).expect("a host");
    for benchmark in BENCHMARKS {
        for result in report(Some(&host), None, benchmark.id, &[]).results {
            let honest = !matches!(result.verdict, Verdict::Pass | Verdict::Fail);
            assert!(honest, "{} {}: {}", benchmark.id, result.id, result.reason);
        }
    }
}

#[test]
fn processes_of_a_container_are_not_those_of_the_node() {
    let node = Node::new();
    node.file("proc/2/comm", "sh\n");
    let result = node.control("4.2.1");
    assert_eq!(result.verdict, Verdict::Unknown);
    assert!(result.reason.contains("processes of a container"), "{}", result.reason);
}

#[test]
fn hidden_processes_are_unknown() {
    let node = Node::new();
    node.remove("proc/1");
    assert_eq!(node.verdict("1.2.1"), Verdict::Unknown);
}

#[test]
fn a_configuration_that_is_named_and_missing_leaves_the_kubelet_unknown() {
    let node = kubeadm();
    node.remove("var/lib/kubelet/config.yaml");
    for id in ["4.2.1", "4.2.2", "4.2.4", "4.2.13", "4.2.14", "4.1.9"] {
        let result = node.control(id);
        assert_eq!(result.verdict, Verdict::Unknown, "{id}: {}", result.reason);
        assert!(result.reason.contains("config.yaml"), "{}", result.reason);
    }
}

#[test]
fn malformed_files_are_named_with_their_line() {
    let node = kubeadm();
    node.file("var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n  bad: [\n");
    let result = node.control("4.2.1");
    assert_eq!(result.verdict, Verdict::Unknown);
    assert!(result.reason.contains("config.yaml: line 2"), "{}", result.reason);
}

#[test]
fn values_of_the_wrong_type_are_unknown() {
    let node = kubeadm();
    for (from, to, id) in [
        ("podPidsLimit: 4096", "podPidsLimit: many", "4.2.13"),
        ("seccompDefault: true", "seccompDefault: maybe", "4.2.14"),
        ("readOnlyPort: 0", "readOnlyPort: {}", "4.2.4"),
    ] {
        node.replace("var/lib/kubelet/config.yaml", from, to);
        let result = node.control(id);
        assert_eq!(result.verdict, Verdict::Unknown, "{id}: {}", result.reason);
    }
    node.with(API_SERVER, &["--profiling=perhaps", "--audit-log-maxage=$(AGE)"]);
    assert_eq!(node.verdict("1.2.15"), Verdict::Unknown);
    assert_eq!(node.verdict("1.2.17"), Verdict::Unknown);
}

#[test]
fn pipes_loops_and_binary_files_stop_nothing() {
    let node = kubeadm();
    node.remove("etc/kubernetes/audit.yaml");
    rustix::fs::mkfifoat(rustix::fs::CWD, node.path("etc/kubernetes/audit.yaml"), 0o600.into())
        .expect("a pipe");
    assert_eq!(node.verdict("3.2.1"), Verdict::Unknown);
    node.remove("etc/kubernetes/encryption.yaml");
    symlink("encryption.yaml", node.path("etc/kubernetes/encryption.yaml")).expect("a link");
    assert_eq!(node.verdict("1.2.28"), Verdict::Unknown);
    std::fs::write(node.path(&format!("proc/{KUBELET}/cmdline")), [b'k', 0xff, 0, 0xfe])
        .expect("a file");
    // The process can't be told to be the kubelet any more; its unit still is.
    let result = node.control("4.2.1");
    assert_eq!(result.verdict, Verdict::Pass, "{}", result.reason);
    node.remove("usr/lib/systemd/system/kubelet.service");
    assert_eq!(node.verdict("4.2.1"), Verdict::NotApplicable);
}

#[test]
fn the_same_node_gives_the_same_report() {
    let node = kubeadm();
    let first = node.report("cis-2.0");
    assert_eq!(first, node.report("cis-2.0"));
    assert_eq!(one(&first, "1.2.1"), node.control("1.2.1"));
}
