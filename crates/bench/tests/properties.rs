//! For any node: nothing panics, nothing leads out of the root, and the same gives the same.

mod support;

use std::os::unix::fs::symlink;

use proptest::prelude::*;
use seawall_bench::{BENCHMARKS, Host};
use support::{API_SERVER, kubeadm, report};

const FILES: &[&str] = &[
    "var/lib/kubelet/config.yaml",
    "etc/kubernetes/manifests/etcd.yaml",
    "etc/kubernetes/encryption.yaml",
    "etc/kubernetes/audit.yaml",
    "etc/kubernetes/pki/ca.crt",
    "usr/lib/systemd/system/kubelet.service",
    "etc/containerd/config.toml",
    "etc/ssh/sshd_config",
    "etc/passwd",
    "proc/1/mountinfo",
    "proc/1/net/tcp",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\\n]{0,60}",
        "(rules|resources|- level|  users|kind|authentication|\\[x\\]|Match|Include): ?[-\\[{*&!'\"0-9a-z.]{0,12}\\n?",
        "  0: [0-9A-F]{0,33}:[0-9A-F]{0,5} 0:0 0A\\n",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_node_makes_it_panic_and_the_same_gives_the_same(
        files in prop::collection::vec((0..FILES.len(), prop::collection::vec(text(), 0..6)), 0..6),
        flags in prop::collection::vec("-{0,3}[a-z-]{0,12}=?[ -~]{0,12}", 0..6),
    ) {
        let node = kubeadm();
        for (file, lines) in &files {
            node.file(FILES[*file], &lines.concat());
        }
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        node.with(API_SERVER, &flags);
        node.process(300, &["/usr/bin/containerd"]);
        for benchmark in BENCHMARKS {
            let first = node.report(benchmark.id);
            prop_assert_eq!(&first, &node.report(benchmark.id));
            for result in &first.results {
                prop_assert!(!result.reason.is_empty(), "{} gives no reason", result.id);
            }
        }
    }

    #[test]
    fn no_link_leads_out_of_the_root(
        links in prop::collection::vec(("[abc](/[abc]){0,2}", "(/|\\.\\./){0,4}([abc]/?|\\.\\./|outside){0,4}"), 1..8),
        path in "(/[abc.]{1,2}){1,4}",
    ) {
        let around = tempfile::tempdir().expect("a folder");
        let root = around.path().join("root");
        for directory in ["root/etc", "root/a", "root/b"] {
            std::fs::create_dir_all(around.path().join(directory)).expect("a folder");
        }
        std::fs::write(around.path().join("outside"), "outside").expect("a file");
        std::fs::write(around.path().join("a"), "outside").expect("a file");
        for (at, to) in &links {
            let at = root.join(at);
            if let Some(parent) = at.parent() && parent.is_dir() && !to.is_empty() {
                // One that is there already stays.
                let _taken = symlink(to, &at).is_err();
            }
        }
        let host = Host::new(&root).expect("a host");
        if let Ok(Some(text)) = host.read(&path) {
            prop_assert_ne!(text, "outside");
        }
    }
}

#[test]
fn every_benchmark_gives_every_control_a_number_of_its_own() {
    let node = kubeadm();
    for benchmark in BENCHMARKS {
        let report = report(Some(&node.host()), None, benchmark.id, &[]);
        let mut ids: Vec<&str> = report.results.iter().map(|result| result.id.as_str()).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "{}", benchmark.id);
        assert!(report.results.iter().all(|r| !r.title.is_empty() && !r.remedy.is_empty()));
    }
}
