//! `seawall bench` on a real node with its control plane: from the node, from a pod with the node's
//! file system mounted, with good flags and with bad ones.

#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

mod common;

use common::Run;
use seawall_node_tests::{BUSYBOX, Node, Setup};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_seawall");

/// Runs the program on the node.
fn bench(node: &Node, arguments: &[&str]) -> Run {
    let output = node
        .command(PROGRAM)
        .arg("bench")
        .args(arguments)
        .output()
        .expect("the program runs on the node");
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn verdict(reports: &Value, id: &str) -> String {
    let result = reports
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|report| report["results"].as_array().into_iter().flatten())
        .find(|result| result["id"] == id)
        .unwrap_or_else(|| panic!("there is no {id} in {reports}"));
    format!("{} {}", result["verdict"].as_str().unwrap_or_default(), result["reason"])
}

fn expect(reports: &Value, word: &str, ids: &[&str]) {
    for id in ids {
        let is = verdict(reports, id);
        assert!(is.starts_with(word), "{id} is not {word}: {is}");
    }
}

#[test]
fn a_node_with_good_flags_from_itself_and_from_a_pod() {
    let Some(node) = Setup::new()
        .flag("kube-apiserver", "--profiling=false")
        .flag("kube-apiserver", "--anonymous-auth=false")
        .flag("kube-controller-manager", "--profiling=false")
        .flag("kube-controller-manager", "--bind-address=127.0.0.1")
        .flag("kube-scheduler", "--profiling=false")
        .flag("kube-scheduler", "--bind-address=127.0.0.1")
        .flag("kubelet", "--pod-max-pids=1024")
        .flag("kubelet", "--seccomp-default")
        .start()
    else {
        return;
    };
    let good = ["1.2.1", "1.2.6", "1.2.7", "1.2.8", "1.2.15", "1.3.2", "1.3.7", "1.4.1", "1.4.2"];
    let kubelet = ["4.2.1", "4.2.2", "4.2.3", "4.2.4", "4.2.13", "4.2.14"];
    let reports = bench(&node, &["--benchmark", "all", "-o", "json"]).json();
    expect(&reports, "pass", &good);
    expect(&reports, "pass", &kubelet);
    expect(&reports, "not-applicable", &["4.3.1"]);
    // A pod that sees the node's files and processes, and nothing of the program's libraries but
    // theirs.
    let Ok(loader) = std::fs::canonicalize("/lib64/ld-linux-x86-64.so.2") else {
        eprintln!("left out: the program's loader is not where this test expects it");
        return;
    };
    let libraries = loader.parent().expect("a folder").display();
    let loader = loader.display();
    let pod = format!(
        "apiVersion: v1
kind: Pod
metadata: {{name: bench}}
spec:
  hostPID: true
  restartPolicy: Never
  containers:
  - name: bench
    image: {BUSYBOX}
    command: [/host{loader}, --library-path, /host{libraries}, /host{PROGRAM}, bench, --root, /host, -o, json]
    # The variables of other processes are shown to who may trace them.
    securityContext: {{capabilities: {{add: [SYS_PTRACE]}}}}
    volumeMounts: [{{name: host, mountPath: /host, readOnly: true}}]
  volumes: [{{name: host, hostPath: {{path: /}}}}]
"
    );
    node.apply(&pod).expect("it is taken");
    // It fails something, and so ends with 1.
    node.until(&["wait", "--for=jsonpath={.status.phase}=Failed", "pod/bench", "--timeout=30s"]);
    let logs = node.until(&["logs", "bench"]);
    let from_pod: Value = serde_json::from_str(&logs).unwrap_or_else(|e| panic!("{e}: {logs}"));
    expect(&from_pod, "pass", &good);
    expect(&from_pod, "pass", &kubelet);
    let verdicts = |reports: &Value| -> Vec<(String, String)> {
        let results = reports[0]["results"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        results.iter().map(|one| (text(&one["id"]), text(&one["verdict"]))).collect()
    };
    assert_eq!(verdicts(&reports), verdicts(&from_pod), "the pod sees another node");
}

#[test]
fn a_node_with_bad_flags_fails_what_they_open() {
    let Some(node) = Setup::new()
        .flag("kube-apiserver", "--authorization-mode=AlwaysAllow")
        .flag("kube-apiserver", "--disable-admission-plugins=NamespaceLifecycle")
        .flag("kube-controller-manager", "--bind-address=0.0.0.0")
        .flag("kube-scheduler", "--bind-address=0.0.0.0")
        .flag("kubelet", "--anonymous-auth=true")
        .flag("kubelet", "--authorization-mode=AlwaysAllow")
        .flag("kubelet", "--read-only-port=10255")
        .start()
    else {
        return;
    };
    let run = bench(&node, &["--benchmark", "all", "-o", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let reports = run.json();
    expect(
        &reports,
        "fail",
        &[
            "1.2.6",
            "1.2.13",
            "1.2.15",
            "1.2.16",
            "1.3.2",
            "1.3.7",
            "1.4.1",
            "1.4.2",
            "4.2.1",
            "4.2.2",
            "4.2.4",
            "4.2.13",
            "4.2.14",
            // The kernel and the sockets agree.
            "listening-sockets",
            "authorization-chain",
        ],
    );
}
