//! Suppressions written for other tools: honoured where they stand, and the same once imported.

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::{Run, seawall_in};
use serde_json::Value;

/// A copy of the files of a tool.
fn files_of(tool: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(tool);
    copy(&from, folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be read") {
        let path: PathBuf = entry.expect("the entry can be read").path();
        let to = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, to).expect("a file can be copied");
        }
    }
}

fn scan(folder: &Path, more: &[&str]) -> Value {
    let arguments: Vec<&str> = ["scan", ".", "-o", "json"].iter().chain(more).copied().collect();
    let run = seawall_in(folder, &arguments);
    assert!(run.code < 2, "{}\n{}", run.stderr, run.stdout);
    run.json()
}

fn findings(report: &Value) -> &Vec<Value> {
    report["findings"].as_array().expect("findings is a list")
}

/// The fingerprints of what counts.
fn counting(report: &Value) -> BTreeSet<String> {
    let counts = findings(report).iter().filter(|finding| finding.get("suppressed").is_none());
    counts.map(|finding| finding["fingerprint"].to_string()).collect()
}

/// `check object container: reason` of what a tool suppresses, but for the object's kind.
fn suppressed(report: &Value, tool: &str) -> Vec<String> {
    let by_tool = findings(report).iter().filter(|f| f["suppressed"]["origin"] == tool);
    let mut all: Vec<String> = by_tool
        .map(|finding| {
            let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
            let (subject, check) = (&finding["subject"], text(&finding["check"]));
            let (name, container) = (text(&subject["name"]), text(&subject["container"]));
            format!("{check} {name} {container}: {}", text(&finding["suppressed"]["reason"]))
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

fn notices(report: &Value, kind: &str) -> Vec<String> {
    let notices = report["notices"].as_array().expect("notices is a list");
    let of_kind = notices.iter().filter(|notice| notice["kind"] == kind);
    of_kind.map(|notice| notice["message"].as_str().unwrap_or("").to_owned()).collect()
}

/// Imports everything, and compares what counts before and after.
fn import_has_the_same_effect(folder: &Path, before: &[&str]) -> (String, String) {
    let run: Run = seawall_in(folder, &["import", "-o", "seawall.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let yaml = std::fs::read_to_string(folder.join("seawall.yaml")).expect("it was written");
    let before = counting(&scan(folder, &[&["--no-config"], before].concat()));
    let after = counting(&scan(folder, &["--no-peer-suppressions"]));
    assert_eq!(before, after, "{yaml}\n{}", run.stderr);
    (yaml, run.stderr)
}

#[track_caller]
fn has(list: &[String], expected: &str) {
    assert!(list.iter().any(|item| item.contains(expected)), "no {expected:?} in {list:#?}");
}

#[track_caller]
fn has_not(list: &[String], unexpected: &str) {
    assert!(!list.iter().any(|i| i.contains(unexpected)), "{unexpected:?} in {list:#?}");
}

#[test]
fn kubeaudit() {
    let folder = files_of("kubeaudit");
    let report = scan(folder.path(), &[]);
    let by_it = suppressed(&report, "kubeaudit");
    has(&by_it, "privileged-container web app: the-driver-loads-a-module");
    has_not(&by_it, "privileged-container web log");
    has(&by_it, "non-root-not-enforced web log: (no reason given)");
    has_not(&by_it, "non-root-not-enforced web app");
    has(&by_it, "added-capability web app: sets-the-clock");
    has(&by_it, "container-runtime-socket web : watches-the-runtime");
    has_not(&by_it, "sensitive-host-path");
    has_not(&by_it, "writable-root-file-system");
    let told = notices(&report, "peer-suppression");
    has(
        &told,
        "reads `kubeaudit.io/allow-read-only-root-filesystem-false` from the labels of the pods",
    );
    has(&told, "no check covers kubeaudit's \"allow-nothing-known\"");
    has(&told, "all of them are suppressed");
    let with_file = scan(folder.path(), &["--peer-suppressions", "config.yaml"]);
    let of_net_admin = |report: &Value| {
        findings(report)
            .iter()
            .filter(|f| f["message"].as_str().is_some_and(|said| said.contains("NET_ADMIN")))
            .filter(|f| f["suppressed"]["origin"] == "kubeaudit")
            .count()
    };
    assert_eq!(of_net_admin(&report), 0);
    assert_eq!(of_net_admin(&with_file), 1);
    has(&notices(&with_file, "peer-suppression"), "what else kubeaudit switches off here stays on");
}

#[test]
fn kubeaudit_imports() {
    let folder = files_of("kubeaudit");
    let run = seawall_in(folder.path(), &["import"]);
    for line in [
        "kubernetes-version: \"1.30\"  # config.yaml:15",
        "  max-cpu: \"750m\"  # config.yaml:10",
        "    - \"registry.example.com/app:1.0\"  # config.yaml:8",
        "  apparmor-missing: off",
        "    value: \"{SYS_TIME,sys_time}\"",
        "    path: \"*volumes[run]*\"",
    ] {
        assert!(run.stdout.contains(line), "no {line:?} in\n{}\n{}", run.stdout, run.stderr);
    }
    assert!(
        run.stderr.contains("auditors.mounts.denyPathsList has no counterpart"),
        "{}",
        run.stderr
    );
    // The settings of the file make findings of their own: compare without it.
    std::fs::remove_file(folder.path().join("config.yaml")).expect("it can be removed");
    import_has_the_same_effect(folder.path(), &[]);
}

#[test]
fn kube_linter() {
    let folder = files_of("kube-linter");
    let report = scan(folder.path(), &[]);
    let by_it = suppressed(&report, "kube-linter");
    has(&by_it, "privileged-container web app: the driver loads a module");
    has(&by_it, "privileged-container job app: it is gone tomorrow");
    has(&by_it, "host-network job : it is gone tomorrow");
    has_not(&by_it, "writable-root-file-system web");
    has(&notices(&report, "peer-suppression"), "no check covers kube-linter's \"made-up\"");
    let run = seawall_in(folder.path(), &["import"]);
    assert!(
        run.stdout.contains("  writable-root-file-system: off  # kube-linter"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("  runs-as-root: off"), "{}", run.stdout);
    assert!(run.stderr.contains("the custom check \"team-label\""), "{}", run.stderr);
    assert!(run.stderr.contains("checks.include"), "{}", run.stderr);
    std::fs::remove_file(folder.path().join(".kube-linter.yaml")).expect("it can be removed");
    import_has_the_same_effect(folder.path(), &[]);
}

#[test]
fn checkov() {
    let folder = files_of("checkov");
    let report = scan(folder.path(), &[]);
    let by_it = suppressed(&report, "checkov");
    has(&by_it, "privileged-container web app: the driver loads a module");
    has(&by_it, "writable-root-file-system web app: (no reason given)");
    has(&by_it, "privileged-container other app: until the driver is replaced");
    has(&by_it, "writable-root-file-system other app: (no reason given)");
    has_not(&by_it, "seccomp-missing");
    has_not(&by_it, "theirs");
    has(&notices(&report, "peer-suppression"), "no check covers checkov's \"CKV_K8S_9999\"");
    let named = scan(folder.path(), &["--peer-suppressions", ".checkov.yaml"]);
    has(&suppressed(&named, "checkov"), "privileged-container theirs app");
    let run = seawall_in(folder.path(), &["import"]);
    for why in
        ["soft-fail: there is no never", "CKV_AWS_1 is not about Kubernetes", "skip-check: LOW"]
    {
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
    assert!(run.stdout.contains("    file: \"vendored/*\""), "{}", run.stdout);
    let config = folder.path().join(".checkov.yaml");
    std::fs::write(&config, "skip-path: [^vendored/]\n").expect("it can be written");
    import_has_the_same_effect(folder.path(), &["--peer-suppressions", ".checkov.yaml"]);
}

#[test]
fn kube_score() {
    let folder = files_of("kube-score");
    let report = scan(folder.path(), &[]);
    let by_it = suppressed(&report, "kube-score");
    has(&by_it, "privileged-container web app: (no reason given)");
    has(&by_it, "latest-image-tag web app: (no reason given)");
    has(&by_it, "ephemeral-storage-limit-missing web app: (no reason given)");
    import_has_the_same_effect(folder.path(), &[]);
}

#[test]
fn polaris() {
    let folder = files_of("polaris");
    let report = scan(folder.path(), &["--peer-suppressions", "polaris.yaml"]);
    let by_it = suppressed(&report, "polaris");
    has(&by_it, "privileged-container web-frontend app");
    has_not(&by_it, "host-network web-frontend");
    has(&by_it, "privileged-container debug app");
    has(&by_it, "host-network debug");
    has(&by_it, "privileged-container cni-node install");
    has_not(&by_it, "privileged-container cni-node watch");
    has(&by_it, "host-network cni-node");
    let config = folder.path().join("polaris.yaml");
    let text = std::fs::read_to_string(&config).expect("it can be read");
    let text = text.replace("  livenessProbeMissing: ignore\n", "");
    std::fs::write(&config, text).expect("it can be written");
    let (yaml, said) =
        import_has_the_same_effect(folder.path(), &["--peer-suppressions", "polaris.yaml"]);
    assert!(yaml.contains("    name: \"{cni*,kube-proxy*}\""), "{yaml}");
    assert!(said.contains("severities stay Seawall's own"), "{said}");
}

#[test]
fn trivy() {
    let folder = files_of("trivy");
    let report = scan(folder.path(), &[]);
    let by_it = suppressed(&report, "trivy");
    has(&by_it, "privileged-container web app: the driver loads a module");
    has(&by_it, "writable-root-file-system web app: the driver loads a module");
    has_not(&by_it, "privileged-container web log");
    has(&by_it, "privileged-container whole app: (no reason given)");
    has(&by_it, "cpu-limit-missing web log: the pods are small");
    has(&by_it, "cpu-request-missing whole app");
    has(&by_it, "memory-limit-missing web app: measured");
    has_not(&by_it, "memory-request-missing");
    has(&notices(&report, "expired-exception"), "`trivy:ignore:KSV-0017` expired after 2019-12-31");
    has(&notices(&report, "peer-suppression"), "no check covers trivy's \"AVD-KSV-9999\"");
    let (yaml, said) = import_has_the_same_effect(folder.path(), &[]);
    assert!(yaml.contains("fail-on: high  # trivy.yaml:1"), "{yaml}");
    for why in ["CVE-2024-0001 is not about", "less than a container", "scan has no counterpart"] {
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn kubescape() {
    let folder = files_of("kubescape");
    let file = ["--peer-suppressions", "exceptions.json"];
    let report = scan(folder.path(), &file);
    let by_it = suppressed(&report, "kubescape");
    has(&by_it, "privileged-container web app: nobody reaches dev");
    has_not(&by_it, "privileged-container db-1");
    has(&by_it, "host-network db-1");
    has_not(&by_it, "host-network web");
    let told = notices(&report, "peer-suppression");
    has(&told, "it is for the cluster minikube only");
    has(&told, "the controls of ArmoBest are not known");
    has(&told, "the rule rule-allow-privilege-escalation is less than a control");
    let inputs = folder.path().join("controls-inputs.json");
    let run = seawall_in(folder.path(), &["import", "controls-inputs.json"]);
    assert!(run.stdout.contains("  max-cpu: \"2\""), "{}", run.stdout);
    assert!(
        run.stdout.contains("    - registry.example.com  # controls-inputs.json:2"),
        "{}",
        run.stdout
    );
    assert!(run.stderr.contains("sensitiveKeyNames has no counterpart"), "{}", run.stderr);
    std::fs::remove_file(inputs).expect("it can be removed");
    let (yaml, _) = import_has_the_same_effect(folder.path(), &file);
    assert!(yaml.contains("    name: \"db-*\""), "{yaml}");
}

#[test]
fn they_can_be_switched_off() {
    let folder = files_of("kube-linter");
    let none = |report: &Value| {
        assert!(findings(report).iter().all(|finding| finding.get("suppressed").is_none()));
        assert!(notices(report, "peer-suppression").is_empty());
    };
    none(&scan(folder.path(), &["--no-peer-suppressions"]));
    let config = folder.path().join("seawall.yaml");
    std::fs::write(config, "peer-suppressions: off\n").expect("it can be written");
    none(&scan(folder.path(), &[]));
}

#[test]
fn files_of_other_tools_can_be_named_in_the_configuration() {
    let folder = files_of("kubescape");
    std::fs::create_dir(folder.path().join("config")).expect("a folder can be made");
    std::fs::rename(folder.path().join("exceptions.json"), folder.path().join("config/e.json"))
        .expect("it can be moved");
    std::fs::write(folder.path().join("seawall.yaml"), "peer-suppressions: [config/e.json]\n")
        .expect("it can be written");
    assert!(!suppressed(&scan(folder.path(), &[]), "kubescape").is_empty());
    let run = seawall_in(folder.path(), &["scan", ".", "--peer-suppressions", "web.yaml"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("web.yaml: no file of another tool"), "{}", run.stderr);
}

#[test]
fn an_import_replaces_no_file_unless_told() {
    let folder = files_of("kube-score");
    let import = |more: &[&str]| {
        seawall_in(folder.path(), &[&["import", "-o", "seawall.yaml"], more].concat())
    };
    assert_eq!(import(&[]).code, 0);
    let again = import(&[]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("--force replaces it"), "{}", again.stderr);
    assert_eq!(import(&["--force"]).code, 0);
    assert_eq!(seawall_in(folder.path(), &["import", "missing"]).code, 2);
}
