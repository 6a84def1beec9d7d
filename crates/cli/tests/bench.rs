//! `seawall bench` over nodes made of files, manifests and bundles of objects.

mod common;
#[path = "../../bench/tests/support/mod.rs"]
mod support;

use common::{Run, root, seawall_in};
use serde_json::Value;
use support::{API_SERVER, Node, kubeadm};

fn bench(node: &Node, arguments: &[&str]) -> Run {
    let path = node.root().to_str().expect("a path of text").to_owned();
    let all = [&["bench", "--root", &path][..], arguments].concat();
    seawall_in(&root(), &all)
}

fn control<'a>(reports: &'a Value, id: &str) -> &'a Value {
    reports
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|report| report["results"].as_array().into_iter().flatten())
        .find(|result| result["id"] == id)
        .unwrap_or_else(|| panic!("there is no {id} in {reports}"))
}

#[test]
fn a_node_is_held_against_the_benchmark_of_its_platform() {
    let node = kubeadm();
    let run = bench(&node, &["-o", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let reports = run.json();
    assert_eq!(reports[0]["benchmark"], "cis-2.0");
    assert_eq!(reports[0]["platform"], "kubeadm");
    assert_eq!(reports[0]["node"], "node1");
    assert_eq!(reports[0]["kubernetes"], "1.34");
    assert_eq!(reports[0]["results"].as_array().expect("a list").len(), 131);
    assert_eq!(control(&reports, "1.2.1")["verdict"], "pass");
    let older = bench(&node, &["-o", "json", "--kubernetes-version", "1.30"]).json();
    assert_eq!(older[0]["benchmark"], "cis-1.12");
}

#[test]
fn controls_are_chosen_and_exit_codes_say_what_came_of_them() {
    let node = kubeadm();
    let good = bench(&node, &["--control", "1.2.1,1.2.2"]);
    assert_eq!(good.code, 0, "{}{}", good.stdout, good.stderr);
    assert!(good.stdout.contains("2 controls: 0 failed"), "{}", good.stdout);
    node.with(API_SERVER, &["--anonymous-auth=true"]);
    assert_eq!(bench(&node, &["--control", "1.2.1"]).code, 1);
    assert_eq!(bench(&node, &["--control", "1.2.1", "--skip", "1.2"]).code, 2);
    // What can't be told is an error only where that is asked for.
    node.remove("var/lib/kubelet/config.yaml");
    assert_eq!(bench(&node, &["--control", "4.2.1"]).code, 0);
    assert_eq!(bench(&node, &["--control", "4.2.1", "--strict"]).code, 2);
    let roles = bench(&node, &["--node-role", "etcd", "-o", "json"]).json();
    let ids: Vec<&str> = roles[0]["results"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|result| result["id"].as_str())
        .filter(|id| !id.starts_with("5."))
        .collect();
    assert_eq!(ids, ["2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7"]);
}

#[test]
fn the_text_says_what_is_wrong_where_and_what_to_do() {
    let node = kubeadm();
    node.with(API_SERVER, &["--profiling=true"]);
    let run = bench(&node, &["--control", "1.2"]);
    for part in [
        "CIS Kubernetes Benchmark 2.0",
        "node node1, kubeadm, Kubernetes 1.34",
        "1.2.15 No profiling of the API server",
        "kube-apiserver --profiling is true; it should be false",
        "flag: pid 100",
        "remedy: Set --profiling=false.",
    ] {
        assert!(run.stdout.contains(part), "no {part:?} in {}", run.stdout);
    }
    assert!(!run.stdout.contains("1.2.2 "), "what passes is not shown: {}", run.stdout);
    assert!(bench(&node, &["--control", "1.2", "-v"]).stdout.contains("1.2.2 "));
}

#[test]
fn every_benchmark_runs_over_a_node() {
    let reports = bench(&kubeadm(), &["--benchmark", "all", "-o", "json"]).json();
    let ids: Vec<&str> = reports
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|report| report["benchmark"].as_str())
        .collect();
    assert_eq!(ids, ["cis-2.0", "nsa-cisa", "node", "container-host"]);
    let run = bench(&kubeadm(), &["--benchmark", "cis-9"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("there are cis-1.12"), "{}", run.stderr);
}

#[test]
fn the_patch_makes_the_controls_pass_and_touches_nothing_unasked() {
    let node = kubeadm();
    let flags = ["--anonymous-auth=true", "--token-auth-file=/t"];
    let text =
        support::manifest("kube-apiserver", &[&flags[..], &["--audit-log-maxage=3"]].concat());
    let path = "etc/kubernetes/manifests/kube-apiserver.yaml";
    node.file(path, &text);
    // As it would start anew: no process, the manifest counts.
    node.remove(&format!("proc/{API_SERVER}"));
    node.replace("var/lib/kubelet/config.yaml", "podPidsLimit: 4096", "podPidsLimit: -1");
    let controls = "1.2.1,1.2.2,1.2.17,1.2.14,1.2.6,1.2.8,4.2.13";
    let run = bench(&node, &["--control", controls, "--diff"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let before = std::fs::read_to_string(node.path(path)).expect("a manifest");
    assert_eq!(before, text, "nothing is changed unasked");
    let patch = node.path("tmp.patch");
    std::fs::write(&patch, &run.stdout).expect("a file");
    let applied = std::process::Command::new("git")
        .args(["apply", "--unsafe-paths", "tmp.patch"])
        .current_dir(node.root())
        .output()
        .expect("git is there");
    assert!(
        applied.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&applied.stderr),
        run.stdout
    );
    let again = bench(&node, &["--control", controls, "-o", "json"]);
    let reports = again.json();
    for id in ["1.2.1", "1.2.2", "1.2.17", "1.2.14", "1.2.6", "1.2.8", "4.2.13"] {
        let result = control(&reports, id);
        assert_eq!(result["verdict"], "pass", "{id}: {}\n{}", result["reason"], run.stdout);
    }
}

#[test]
fn modes_and_owners_are_comments_for_a_person() {
    let node = kubeadm();
    node.mode("etc/kubernetes/admin.conf", 0o644);
    let run = bench(&node, &["--control", "1.1.13", "--diff"]);
    assert_eq!(run.stdout, "# chmod 600 /etc/kubernetes/admin.conf  (is 644)\n");
}

#[test]
fn manifests_are_judged_without_a_node() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = support::manifest("kube-apiserver", &["--anonymous-auth=false", "--profiling=true"]);
    std::fs::write(folder.path().join("api.yaml"), text).expect("a file");
    let run = seawall_in(folder.path(), &["bench", "-f", ".", "-o", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let reports = run.json();
    assert_eq!(reports[0]["node"], Value::Null);
    assert_eq!(control(&reports, "1.2.1")["verdict"], "pass");
    assert_eq!(control(&reports, "1.2.15")["verdict"], "fail");
    assert_eq!(control(&reports, "1.1.1")["verdict"], "unknown");
    let origin = &control(&reports, "1.2.15")["evidence"][0]["origin"];
    assert_eq!(origin["kind"], "manifest");
    let diff = seawall_in(folder.path(), &["bench", "-f", ".", "--control", "1.2.15", "--diff"]);
    assert!(diff.stdout.contains("+    - \"--profiling=false\""), "{}", diff.stdout);
}

#[test]
fn a_root_that_holds_no_node_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a path of text");
    let run = seawall_in(folder.path(), &["bench", "--root", path]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("neither etc nor proc"), "{}", run.stderr);
}
