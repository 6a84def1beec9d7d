//! Results of many nodes in every form in which they come, and nodes of which none came.

mod support;

use std::fs;
use std::path::Path;

use seawall_bench::gather::{Gathered, Reading};
use seawall_bench::{Report, Verdict};
use support::{NOW, inventory_of, kubeadm};

fn report(node: Option<&str>, time: &str) -> Report {
    let mut report = kubeadm().report("cis-2.0");
    report.node = node.map(str::to_owned);
    time.clone_into(&mut report.time);
    report
}

fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("a report is data")
}

fn missing(gathered: &Gathered) -> Vec<String> {
    gathered.missing().map(|(node, why)| format!("{node}: {why}")).collect()
}

const NODES: &str = r#"{"kind":"NodeList","items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}},{"metadata":{"name":"c"}}]}"#;

/// What `sonobuoy retrieve --extract` leaves.
fn sonobuoy(root: &Path) {
    let file = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    let result = json(&report(None, "2026-01-01T00:00:00Z"));
    file("plugins/seawall-bench/results/a/report.json", &result);
    file("plugins/seawall-bench/results/a/sonobuoy_results.yaml", "name: x\n");
    file("plugins/seawall-bench/errors/b/error.json", r#"{"error":"it restarted 3 times"}"#);
    file("plugins/other/results/c/other.json", r#"{"no":"report"}"#);
    file("resources/cluster/core_v1_nodes.json", NODES);
    file("resources/cluster/core_v1_namespaces.json", "{}");
    file("meta/info.json", "{}");
}

#[test]
fn sonobuoys_archives_tell_which_nodes_are_missing() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let root = folder.path().join("unpacked");
    sonobuoy(&root);
    let packed = folder.path().join("sonobuoy.tar.gz");
    let file = fs::File::create(&packed).expect("a file");
    let gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    archive.append_dir_all("", &root).expect("an archive");
    archive.into_inner().and_then(flate2::write::GzEncoder::finish).expect("a file");
    for path in [&root, &packed] {
        let mut gathered = Gathered::default();
        gathered.add(path).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(gathered.nodes().collect::<Vec<_>>(), ["a"]);
        let expected = ["b: Sonobuoy says: it restarted 3 times", "c: no result of it came"];
        assert_eq!(missing(&gathered), expected);
        assert_eq!(gathered.passed_over.len(), 1, "{:?}", gathered.passed_over);
        // They are in what is written, and come back when that is read.
        let all = serde_json::to_string(&gathered.all()).expect("reports are data");
        let mut again = Gathered::default();
        again.text("all.json", &all, None).expect("reports");
        assert_eq!(missing(&again), expected);
        let of_other = |report: &Report| report.node.as_deref() == Some("b");
        let unread = gathered.all().into_iter().find(of_other).expect("it is told");
        let found = seawall_bench::findings(&[unread]);
        assert_eq!(found.coverage.unread().count(), 1);
    }
}

#[test]
fn logs_with_prefixes_are_read_and_what_is_no_result_is_passed_over() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (a, b) =
        (report(Some("a"), "2026-01-01T00:00:00Z"), report(Some("b"), "2026-01-01T00:00:00Z"));
    let prefixed = |pod: &str, text: &str| -> Vec<String> {
        text.lines().map(|line| format!("[pod/{pod}/seawall] {line}")).collect()
    };
    let (first, second) = (prefixed("x", &json(&a)), prefixed("y", &json(&b)));
    let mixed: Vec<&str> =
        first.iter().zip(&second).flat_map(|(one, other)| [one.as_str(), other.as_str()]).collect();
    fs::write(folder.path().join("kubectl.log"), mixed.join("\n")).expect("a file");
    let c = json(&report(Some("c"), "2026-01-01T00:00:00Z"));
    let kept: String =
        c.lines().map(|line| format!("2026-01-02T03:04:05.123456789Z stdout F {line}\n")).collect();
    let warned = format!("2026-01-02T03:04:05.1Z stderr F WARN x\n{kept}");
    fs::write(folder.path().join("0.log"), warned).expect("a file");
    fs::write(folder.path().join("package.json"), "{\"name\": \"x\"}").expect("a file");
    fs::write(folder.path().join("notes.txt"), "not read").expect("a file");
    let mut gathered = Gathered::default();
    gathered.add(folder.path()).expect("results");
    assert_eq!(gathered.nodes().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(gathered.passed_over.len(), 1, "{:?}", gathered.passed_over);
    let error = gathered.add(&folder.path().join("package.json")).expect_err("it was named");
    assert!(error.to_string().contains("no report"), "{error}");
}

#[test]
fn a_bundle_tells_of_the_nodes_from_which_nothing_came() {
    let node = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\n\
             status: {{nodeInfo: {{kubeletVersion: v1.33.1}}}}\n---\n"
        )
    };
    let mirror = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: etcd-b\n  namespace: kube-system\n  \
                  annotations: {kubernetes.io/config.mirror: x}\nspec:\n  nodeName: b\n  \
                  containers:\n  - name: etcd\n    command: [etcd, --client-cert-auth=true]\n---\n";
    let app = "apiVersion: v1\nkind: Pod\nmetadata: {name: etcd-0, namespace: shop}\nspec:\n  \
               nodeName: b\n  containers:\n  - name: etcd\n    \
               command: [etcd, --client-cert-auth=false]\n---\n";
    let mut objects = inventory_of(
        "b.tar.zst/objects",
        &format!("{}{}{}{mirror}{app}", node("a"), node("b"), node("c")),
    );
    let kubelet = r#"{"kubeletconfig": {"authentication": {"anonymous": {"enabled": true}}}}"#;
    for entry in support::entries("b.tar.zst/nodes/b/configz.json", kubelet) {
        objects.add(entry);
    }
    let reading =
        Reading { seawall: "1".to_owned(), time: "2026-06-01T00:00:00Z".to_owned(), seconds: NOW };
    let mut gathered = Gathered::default();
    gathered.text("a.json", &json(&report(Some("a"), "2026-01-01T00:00:00Z")), None).expect("one");
    assert_eq!(gathered.fill_from(&objects, &reading), ["b"]);
    assert_eq!(missing(&gathered), ["c: no result of it came"]);
    let of = |node: Option<&str>, id: &str| {
        let report = gathered.reports.iter().find(|report| report.node.as_deref() == node);
        let report = report.unwrap_or_else(|| panic!("{node:?} reported"));
        report.results.iter().find(|result| result.id == id).map(|result| result.verdict)
    };
    assert_eq!(of(Some("a"), "4.2.1"), Some(Verdict::Pass), "its own word counts");
    assert_eq!(of(Some("b"), "4.2.1"), Some(Verdict::Fail));
    assert_eq!(of(Some("b"), "2.2"), Some(Verdict::Pass), "not that of the application");
    assert_eq!(of(Some("b"), "5.1.1"), None, "it is about the cluster");
    assert!(of(None, "5.1.1").is_some());
    assert_eq!(gathered.reports.iter().filter(|report| report.benchmark == "cis-1.12").count(), 2);
}
