//! `seawall bench` and other people's tools: configurations and reports of kube-bench, Sonobuoy, the
//! formats of pipelines, manifests, results of many nodes and drift.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Run, folder, seawall_in, seawall_with_input};
use serde_json::Value;

const CONFIG: &str = "\
node:
  components: [kubelet, absent]
  absent: {optional: true, bins: [no-such-program], defaultconf: /nowhere}
  kubelet:
    bins: [no-kubelet-of-this-name]
    optional: true
    confs: [CONF]
    defaultconf: /nowhere/kubelet.yaml
version_mapping:
  \"1.30\": own-1.0
target_mapping:
  own-1.0: [node]
AWS_REGION: eu-central-1
";

const NODE: &str = r#"
controls:
version: own-1.0
id: 4
text: "Worker <nodes>"
type: node
groups:
- id: 4.1
  text: Files
  checks:
  - id: 4.1.1
    text: Mode
    audit: stat -c permissions=%a $kubeletconf
    tests:
      test_items:
      - flag: permissions
        compare: {op: bitmask, value: "600"}
    remediation: chmod 600 $kubeletconf
    scored: true
  - id: 4.1.2
    text: Anonymous
    audit: echo $kubeletbin --other
    audit_config: cat $kubeletconf
    tests:
      bin_op: or
      test_items:
      - flag: --anonymous-auth
        path: '{.authentication.anonymous.enabled}'
        compare: {op: eq, value: false}
      - path: '{.readOnlyPort}'
        set: false
    remediation: set it
    scored: true
- id: 4.2
  text: Others
  checks:
  - {id: 4.2.1, text: By hand, type: manual, remediation: look, scored: false}
  - {id: 4.2.2, text: Left out, type: skip, scored: true}
  - id: 4.2.3
    text: Each row
    use_multiple_values: true
    audit: printf 'a=1\na=2\n'
    tests:
      test_items:
      - flag: a
        compare: {op: lte, value: 2}
    remediation: none
    scored: true
  - id: 4.2.4
    text: Hangs
    audit: sleep 60
    tests:
      test_items: [{flag: x}]
    remediation: none
    scored: true
  - id: 4.2.5
    text: Fails
    audit: exit 7
    tests:
      test_items: [{flag: x}]
    remediation: none
    scored: false
"#;

/// A configuration of one benchmark about a file of a mode.
fn configuration(mode: u32) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let kubelet = "authentication:\n  anonymous: {enabled: false}\nreadOnlyPort: 10255\n";
    let folder = folder(&[("cfg/own-1.0/node.yaml", NODE), ("kubelet.yaml", kubelet)]);
    let file = folder.path().join("kubelet.yaml");
    let config = CONFIG.replace("CONF", &file.display().to_string());
    fs::write(folder.path().join("cfg/config.yaml"), config).expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("a mode");
    folder
}

fn run(folder: &Path, more: &[&str]) -> Run {
    let mut arguments =
        vec!["bench", "--config-dir", "cfg", "--audit-timeout", "1", "--node-name", "n1"];
    arguments.extend(more);
    seawall_in(folder, &arguments)
}

fn states(run: &Run) -> Vec<(String, String)> {
    let report = run.json();
    let controls = report["Controls"].as_array().expect("controls");
    let groups = controls.iter().flat_map(|controls| controls["tests"].as_array().expect("groups"));
    let checks = groups.flat_map(|group| group["results"].as_array().expect("results"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    checks.map(|check| (text(&check["test_number"]), text(&check["status"]))).collect()
}

#[test]
fn a_configuration_runs_to_the_verdicts_of_kube_bench() {
    let folder = configuration(0o644);
    let run = run(folder.path(), &["--kubernetes-version", "1.33", "--json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let expected = [
        ("4.1.1", "FAIL"),
        ("4.1.2", "PASS"),
        ("4.2.1", "WARN"),
        ("4.2.2", "INFO"),
        ("4.2.3", "PASS"),
        ("4.2.4", "FAIL"),
        ("4.2.5", "WARN"),
    ];
    let expected = expected.map(|(id, state)| (id.to_owned(), state.to_owned()));
    assert_eq!(states(&run), expected);
    let report = run.json();
    assert_eq!(report["node"], "n1");
    let checks = &report["Controls"][0]["tests"][0]["results"];
    assert!(checks[0]["remediation"].as_str().expect("a text").starts_with("chmod 600 /"));
    assert_eq!(checks[0]["actual_value"], "permissions=644");
    assert_eq!(checks[1]["audit"], "echo kubelet --other");
    let hung = &report["Controls"][0]["tests"][1]["results"][3];
    assert!(hung["reason"].as_str().expect("a text").contains("more than 1 s"), "{hung}");
    assert_eq!(report["Totals"]["total_fail"], 2);
}

#[test]
fn filters_and_exit_codes_are_those_of_kube_bench() {
    let folder = configuration(0o600);
    let of = |more: &[&str]| {
        let mut all = vec!["--benchmark", "own-1.0", "-o", "kube-bench-json"];
        all.extend(more);
        run(folder.path(), &all)
    };
    let ids = |run: &Run| states(run).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(&of(&["--check", "4.1.1,4.2.3"])), ["4.1.1", "4.2.3"]);
    assert_eq!(of(&["--check", "4.1.1"]).code, 0);
    assert_eq!(ids(&of(&["--group", "4.1", "--targets", "node"])), ["4.1.1", "4.1.2"]);
    assert_eq!(ids(&of(&["--scored=false"])), ["4.2.1", "4.2.5"]);
    assert_eq!(states(&of(&["--check", "4.1.1", "--skip", "4.1"]))[0].1, "INFO");
    assert_eq!(of(&["--check", "4.2.4", "--exit-code", "42"]).code, 42);
    assert_eq!(of(&["--check", "4.2.4", "--exit-code", "0"]).code, 0);
    assert!(of(&["--check", "4.2.3", "--nototals"]).stdout.starts_with("[{\"id\":\"4\""));
    for (wrong, why) in [
        (&["--targets", "etcd"][..], "not configured"),
        (&["--check", "9"], "no check"),
        (&["--check", "4.1.1", "--group", "4.1"], "cannot be used with"),
    ] {
        let run = of(wrong);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
    let none = run(folder.path(), &["--benchmark", "other-1.0"]);
    assert!(none.code == 2 && none.stderr.contains("other-1.0"), "{}", none.stderr);
    let old = run(folder.path(), &["--kubernetes-version", "1.29"]);
    assert!(old.code == 2 && old.stderr.contains("1.29"), "{}", old.stderr);
}

#[test]
fn one_run_is_said_in_every_format() {
    let folder = configuration(0o644);
    let formats = [
        "text=t.txt",
        "json=r.json",
        "kube-bench-json=k.json",
        "kube-bench-junit=k.xml",
        "asff=a.json",
        "sarif=s.json",
        "junit=j.xml",
        "github=g.txt",
        "gitlab=gl.json",
        "csv=c.csv",
        "markdown=m.md",
        "html=h.html",
    ];
    let mut arguments = vec!["--benchmark", "own-1.0", "--aws-account", "123456789012"];
    arguments.extend(["--cluster-arn", "arn:aws:eks:x"]);
    for format in formats {
        arguments.extend(["-o", format]);
    }
    let run = run(folder.path(), &arguments);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    let json = |name: &str| serde_json::from_str::<Value>(&read(name)).expect(name);
    assert!(read("t.txt").contains("[FAIL] 4.1.1 Mode\n"));
    assert!(read("t.txt").contains(
        "== Summary total ==\n2 checks PASS\n2 checks FAIL\n2 checks WARN\n1 checks INFO\n"
    ));
    let verdicts: Vec<Value> = json("r.json")[0]["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|result| result["verdict"].clone())
        .collect();
    // What did not run is unknown here, where kube-bench says that it fails.
    assert_eq!(
        verdicts,
        ["fail", "pass", "manual", "not-applicable", "pass", "unknown", "unknown"]
    );
    assert!(
        read("k.xml")
            .contains("<testsuite name=\"Worker &lt;nodes&gt;\" tests=\"7\" failures=\"2\"")
    );
    let asff = json("a.json");
    assert_eq!(asff.as_array().expect("findings").len(), 4);
    assert_eq!(asff[0]["AwsAccountId"], "123456789012");
    assert_eq!(
        asff[0]["ProductArn"],
        "arn:aws:securityhub:eu-central-1::product/aqua-security/kube-bench"
    );
    assert_eq!(asff[0]["ProductFields"]["Actual result"], "permissions=644");
    assert_eq!(json("s.json")["runs"][0]["results"][0]["ruleId"], "own-1.0-4.1.1");
    assert!(read("j.xml").contains("own-1.0-4.1.1"));
    assert!(read("c.csv").contains("own-1.0-4.1.1"));
    assert!(read("h.html").contains("own-1.0-4.1.1"));
    let without = seawall_in(
        folder.path(),
        &["bench", "-D", "cfg", "--benchmark", "own-1.0", "--check", "4.1.1", "--asff"],
    );
    assert!(without.code == 2 && without.stderr.contains("AWS_ACCOUNT"), "{}", without.stderr);
}

#[test]
fn lint_names_file_line_and_rule() {
    let folder = configuration(0o600);
    let path = folder.path().join("cfg/own-1.0/node.yaml");
    let wrong = NODE.replace("op: bitmask", "op: bitmusk").replace("$kubeletconf", "$kubletconf");
    fs::write(&path, wrong).expect("a file");
    let run = seawall_in(folder.path(), &["bench", "lint", "cfg"]);
    assert_eq!(run.code, 1);
    let line = "cfg/own-1.0/node.yaml:17:23: error [unknown-operator]";
    assert!(run.stdout.contains(line), "{}", run.stdout);
    assert!(run.stdout.contains("[unknown-substitution]"), "{}", run.stdout);
    fs::write(&path, NODE).expect("a file");
    let run = seawall_in(folder.path(), &["bench", "lint", "cfg", "-o", "json"]);
    assert_eq!((run.code, run.stdout.trim()), (0, "[]"));
    assert_eq!(seawall_in(folder.path(), &["bench", "lint", "nowhere"]).code, 2);
}

#[test]
fn results_of_nodes_are_gathered_and_drift_is_shown() {
    let bad = configuration(0o644);
    let good = configuration(0o600);
    let report = |folder: &Path, node: &str| {
        let of = ["--benchmark", "own-1.0", "--check", "4.1.1,4.1.2", "--node-name"];
        let mut arguments = vec!["bench", "--config-dir", "cfg", "-o", "json"];
        arguments.extend(of);
        arguments.push(node);
        seawall_in(folder, &arguments).stdout
    };
    let (before, after) = (report(good.path(), "a"), report(bad.path(), "a"));
    let results = folder(&[
        ("old.json", &before),
        ("new/a.json", &after),
        ("new/b.log", &format!("WARN a line of a log\n{}", report(good.path(), "b"))),
    ]);
    let gathered = seawall_in(results.path(), &["bench", "gather", "new", "--expect", "a,b"]);
    assert_eq!(gathered.code, 1, "{}", gathered.stderr);
    assert!(gathered.stdout.contains("4.1.1 Mode\n    fail           a"), "{}", gathered.stdout);
    assert!(gathered.stderr.contains("1 lines are no part of a report"), "{}", gathered.stderr);
    let missing = seawall_in(results.path(), &["bench", "gather", "new", "--expect", "c"]);
    assert!(missing.code == 2 && missing.stderr.contains("node c did not report"));
    let both = format!("{before}{after}");
    let whole = seawall_with_input(results.path(), &["bench", "gather", "-", "-o", "json"], &both);
    assert_eq!(whole.json().as_array().expect("reports").len(), 1);
    let worse = seawall_in(results.path(), &["bench", "diff", "old.json", "new/a.json"]);
    assert_eq!(worse.code, 1);
    assert!(worse.stdout.contains("worse    a 4.1.1 Mode: pass -> fail"), "{}", worse.stdout);
    assert!(worse.stdout.contains("permissions=600 -> permissions=644"), "{}", worse.stdout);
    let better = seawall_in(results.path(), &["bench", "diff", "new/a.json", "old.json"]);
    assert_eq!(better.code, 0, "{}", better.stdout);
    assert_eq!(seawall_in(results.path(), &["bench", "diff", "old.json", "none.json"]).code, 2);
}

#[test]
fn sonobuoy_gets_its_results_and_done_last_even_of_a_run_that_fails() {
    let folder = configuration(0o644);
    let deliver = |more: &[&str]| {
        let results = tempfile::tempdir().expect("a folder");
        let status = Command::new(env!("CARGO_BIN_EXE_seawall"))
            .args(["bench", "--config-dir", "cfg", "--sonobuoy", "-q", "-o", "text=out.txt"])
            .args(more)
            .current_dir(folder.path())
            .env("SONOBUOY_RESULTS_DIR", results.path())
            .status()
            .expect("the program starts");
        let done = fs::read_to_string(results.path().join("done")).expect("done");
        let output = Command::new("tar")
            .args(["-xzOf", &done, "sonobuoy_results.yaml"])
            .output()
            .expect("tar");
        let tree: Value = serde_json::from_slice(&output.stdout).expect("a tree");
        (status.code().expect("a code"), tree)
    };
    let (code, tree) = deliver(&["--benchmark", "own-1.0", "--check", "4.1.1,4.1.2,4.2.1"]);
    assert_eq!(code, 1);
    assert_eq!(tree["status"], "failed");
    let groups = &tree["items"][0]["items"];
    assert_eq!(groups[0]["items"][0]["status"], "failed");
    assert_eq!(groups[0]["items"][1]["status"], "passed");
    assert_eq!(groups[1]["items"][0]["status"], "skipped");
    let (code, tree) = deliver(&["--benchmark", "none-1.0"]);
    assert_eq!((code, tree["status"].as_str()), (2, Some("failed")));
}

#[test]
fn manifests_ask_for_no_more_than_reading_takes() {
    let folder = folder(&[]);
    for kind in ["job", "cronjob", "daemonset"] {
        let print = |more: &[&str]| {
            let mut all = vec!["bench", "manifests", "--image", "r.example/s:1", "--kind", kind];
            all.extend(more);
            let run = seawall_in(folder.path(), &all);
            assert_eq!(run.code, 0, "{}", run.stderr);
            run.stdout
        };
        for more in [&[][..], &["--cluster"], &["--node", "n", "--", "--skip", "1.1"]] {
            let text = print(more);
            let scan = seawall_with_input(folder.path(), &["scan", "-", "-o", "json"], &text);
            let report = scan.json();
            assert_eq!(report["unknown"].as_array().expect("unknown").len(), 0);
            let findings = report["findings"].as_array().expect("findings");
            // Reading a node takes its directories, whose files are root's; all else is as it
            // should be, and no field is misspelt.
            for finding in findings {
                let check = finding["check"].as_str().expect("a check");
                let severe = matches!(finding["severity"].as_str(), Some("critical" | "high"));
                assert!(!severe || check == "sensitive-host-path", "{kind} {more:?}: {finding}");
                let invalid = ["unknown-field", "wrong-type", "missing-field", "unknown-kind"];
                assert!(!invalid.iter().any(|one| check.contains(one)), "{finding}");
            }
            assert!(!text.contains("hostPID") && !text.contains("privileged: true"));
            assert!(text.contains("drop: [ALL]") && !text.contains("add:"));
            assert!(!text.contains("hostNetwork"));
        }
        let text = print(&["--others", "--environment", "--firewall"]);
        let all = ["- DAC_READ_SEARCH\n", "- SYS_PTRACE\n", "- NET_ADMIN\n", "hostNetwork: true\n"];
        for more in all {
            let (before, _) = text.split_once(more).unwrap_or_else(|| panic!("{more} in {text}"));
            let line = before.trim_end().rsplit('\n').next().unwrap_or_default();
            assert!(line.trim_start().starts_with('#'), "{more} has no reason: {line}");
        }
    }
    let plugin = seawall_in(
        folder.path(),
        &["bench", "manifests", "--image", "r.example/s:1", "--kind", "sonobuoy"],
    );
    for part in ["driver: DaemonSet", "result-format: manual", "podSpec:", "--sonobuoy"] {
        assert!(plugin.stdout.contains(part), "{}", plugin.stdout);
    }
    for wrong in [&["--namespace", "A b"][..], &["--host-path", "../etc"]] {
        let mut all = vec!["bench", "manifests", "--image", "i"];
        all.extend(wrong);
        assert_eq!(seawall_in(folder.path(), &all).code, 2);
    }
}
