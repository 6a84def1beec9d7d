//! `seawall scan`, end to end.

mod common;

use common::{PRIVILEGED, folder, root, seawall_in, seawall_with_input};
use serde_json::Value;

const ONLY: &[&str] = &["--check", "privileged-container"];

fn scan(folder: &std::path::Path, more: &[&str]) -> common::Run {
    seawall_in(folder, &[&["scan", "."], ONLY, more].concat())
}

fn findings(report: &Value) -> &Vec<Value> {
    report["findings"].as_array().expect("findings is a list")
}

#[test]
fn a_finding_has_all_that_programs_need() {
    let folder = folder(&[("deploy/web.yaml", PRIVILEGED)]);
    let run = scan(folder.path(), &["-o", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let report = run.json();
    let finding = &findings(&report)[0];
    assert_eq!(finding["check"], "privileged-container");
    assert_eq!(finding["severity"], "high");
    assert_eq!(finding["subject"]["apiVersion"], "v1");
    assert_eq!(finding["subject"]["kind"], "Pod");
    assert_eq!(finding["subject"]["namespace"], "shop");
    assert_eq!(finding["subject"]["name"], "web");
    assert_eq!(finding["subject"]["container"], "app");
    assert_eq!(finding["location"]["file"], "deploy/web.yaml");
    assert_eq!(finding["location"]["line"], 11);
    assert_eq!(finding["location"]["column"], 21);
    assert_eq!(finding["fingerprint"].as_str().map(str::len), Some(32));
    assert!(finding["message"].as_str().is_some_and(|said| said.contains("container app")));
}

#[test]
fn exit_codes_are_0_1_and_2() {
    let folder = folder(&[("web.yaml", PRIVILEGED)]);
    let clean = PRIVILEGED.replace("privileged: true", "privileged: false");
    std::fs::write(folder.path().join("clean.yaml"), clean).expect("a file can be written");
    let code = |arguments: &[&str]| seawall_in(folder.path(), arguments).code;
    assert_eq!(code(&["scan", "clean.yaml", "--check", "privileged-container"]), 0);
    assert_eq!(code(&["scan", "web.yaml", "--check", "privileged-container"]), 1);
    let above = ["scan", "web.yaml", "--check", "privileged-container", "--fail-on", "critical"];
    assert_eq!(code(&above), 0);
    assert_eq!(code(&["scan", "missing.yaml"]), 2);
    assert_eq!(code(&["scan", "*.none"]), 2);
    assert_eq!(code(&["scan", "--fail-on", "loud"]), 2);
    assert_eq!(code(&["scan", "-o", "yaml"]), 2);
    assert_eq!(code(&["scan", "-o", "json", "-o", "text"]), 2);
    assert_eq!(code(&["nonsense"]), 2);
    assert_eq!(code(&["--help"]), 0);
}

#[test]
fn wrong_input_is_told_with_what_to_do() {
    let folder = folder(&[("web.yaml", PRIVILEGED)]);
    let run = seawall_in(folder.path(), &["scan", "missing.yaml"]);
    assert!(run.stderr.contains("missing.yaml: no such file or directory"), "{}", run.stderr);
    let run = seawall_in(folder.path(), &["scan", "--check", "priviledged-container"]);
    assert!(run.stderr.contains("did you mean \"privileged-container\"?"), "{}", run.stderr);
    let run = seawall_in(folder.path(), &["scan", "--framework", "pci"]);
    assert!(run.stderr.contains("nsa-cisa"), "{}", run.stderr);
}

#[test]
fn standard_input_and_globs_are_read() {
    let folder = folder(&[("a/x.yaml", PRIVILEGED), ("a/x.txt", "no"), ("b/x.yml", PRIVILEGED)]);
    let run = seawall_with_input(
        folder.path(),
        &["scan", "-", "-o", "json", "--check", "privileged-container"],
        PRIVILEGED,
    );
    assert_eq!(findings(&run.json())[0]["location"]["file"], "<stdin>");
    let glob = ["scan", "*/x.y*ml", "-o", "json", "--check", "privileged-container"];
    assert_eq!(findings(&seawall_in(folder.path(), &glob).json()).len(), 2);
}

#[test]
fn ignore_files_are_respected_unless_told_otherwise() {
    let folder = folder(&[
        (".gitignore", "generated/\n"),
        (".seawallignore", "vendor/*.yaml\n"),
        ("generated/a.yaml", PRIVILEGED),
        ("vendor/b.yaml", PRIVILEGED),
        ("c.yaml", PRIVILEGED),
    ]);
    assert_eq!(findings(&scan(folder.path(), &["-o", "json"]).json()).len(), 1);
    assert_eq!(findings(&scan(folder.path(), &["-o", "json", "--no-ignore"]).json()).len(), 3);
}

#[test]
fn everything_is_accounted_for() {
    let folder = folder(&[
        ("ok.yaml", PRIVILEGED),
        ("half.yaml", &format!("{PRIVILEGED}---\na: [\n---\n{PRIVILEGED}")),
        ("chart.yaml", "kind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n"),
        ("values.yaml", "replicas: 3\n"),
        ("notes.md", "no manifest"),
        ("comments.yaml", "# nothing\n"),
    ]);
    std::fs::write(folder.path().join("latin1.yaml"), b"a: \xe4\n").expect("a file can be written");
    let run = scan(folder.path(), &["-o", "json"]);
    let report = run.json();
    assert_eq!(findings(&report).len(), 3, "a broken document hides its neighbours");
    let coverage = &report["coverage"];
    let outcome = |file: &str| -> Vec<String> {
        let parts = coverage["parts"].as_array().expect("parts is a list");
        let of_file = parts.iter().filter(|part| part["file"] == file);
        of_file.map(|part| part["outcome"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(outcome("ok.yaml"), ["scanned"]);
    assert_eq!(outcome("half.yaml"), ["scanned", "unreadable", "scanned"]);
    assert_eq!(outcome("chart.yaml"), ["template"]);
    assert_eq!(outcome("values.yaml"), ["not-kubernetes"]);
    assert_eq!(outcome("comments.yaml"), ["not-kubernetes"]);
    assert_eq!(outcome("latin1.yaml"), ["unreadable"]);
    let text = scan(folder.path(), &[]).stdout;
    assert!(
        text.contains("half.yaml:14:"),
        "the text names file and line of what is unread: {text}"
    );
    assert_eq!(run.code, 1);
    assert_eq!(scan(folder.path(), &["--strict"]).code, 2);
}

#[test]
fn a_wrong_type_is_a_finding_and_makes_checks_undecided() {
    let quoted = PRIVILEGED.replace("privileged: true", "privileged: \"true\"");
    let folder = folder(&[("web.yaml", &quoted)]);
    let report = seawall_in(folder.path(), &["scan", "-o", "json"]).json();
    let wrong = findings(&report).iter().find(|finding| finding["check"] == "wrong-type");
    assert_eq!(wrong.expect("it is found")["location"]["line"], 11);
    let unknown = report["unknown"].as_array().expect("unknown is a list");
    assert!(
        unknown.iter().any(|unknown| unknown["check"] == "privileged-container"),
        "{unknown:?}"
    );
}

#[test]
fn json_follows_its_schema() {
    let schema: Value = serde_json::from_str(seawall_report::json::SCHEMA).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for arguments in [
        &["scan", "examples/shop", "-o", "json"][..],
        &["scan", "examples/shop", "-o", "json", "--framework", "cis"],
        &["scan", "examples/shop-hardened", "-o", "json"],
    ] {
        let report = seawall_in(&root(), arguments).json();
        let errors: Vec<String> =
            validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{arguments:?}: {errors:?}");
    }
}

#[test]
fn bytes_do_not_depend_on_threads() {
    for format in ["text", "json", "sarif", "junit", "github", "csv", "markdown"] {
        let outputs: Vec<String> = ["1", "2", "7"]
            .iter()
            .map(|threads| {
                let arguments = ["scan", "examples", "-o", format, "--threads", threads];
                seawall_in(&root(), &arguments).stdout
            })
            .collect();
        assert!(!outputs[0].is_empty());
        assert!(outputs.iter().all(|output| *output == outputs[0]), "{format} differs");
    }
}

#[test]
fn the_hardened_example_scans_clean_and_the_other_does_not() {
    let hardened = seawall_in(&root(), &["scan", "examples/shop-hardened", "-o", "json"]);
    assert_eq!(findings(&hardened.json()).len(), 0);
    assert_eq!(hardened.code, 0);
    let shop = seawall_in(&root(), &["scan", "examples/shop", "-o", "json"]);
    assert_eq!(shop.code, 1);
    assert!(findings(&shop.json()).len() > 100);
}

#[test]
fn exceptions_need_a_reason_and_expire() {
    let folder = folder(&[("web.yaml", PRIVILEGED)]);
    let with = |config: &str| {
        std::fs::write(folder.path().join("seawall.yaml"), config).expect("a file can be written");
        scan(folder.path(), &["-o", "json"])
    };
    let accepted = with(
        "exceptions:\n- check: privileged-container\n  namespace: shop\n  name: w*\n  reason: needs it\n",
    );
    assert_eq!(accepted.code, 0, "{}", accepted.stderr);
    let report = accepted.json();
    assert_eq!(findings(&report)[0]["suppressed"]["reason"], "needs it");
    let reasonless = with("exceptions:\n- check: privileged-container\n");
    assert_eq!(reasonless.code, 2);
    assert!(reasonless.stderr.contains("gives no reason"), "{}", reasonless.stderr);
    let expired = with(
        "exceptions:\n- check: privileged-container\n  reason: for now\n  expires: 2020-01-31\n",
    );
    assert_eq!(expired.code, 1);
    assert_eq!(expired.json()["notices"][0]["kind"], "expired-exception");
    let unused = with("exceptions:\n- {check: privileged-container, name: other, reason: x}\n");
    assert_eq!(unused.json()["notices"][0]["kind"], "unused-exception");
    let off = with("checks: {privileged-container: off}\n");
    assert_eq!(off.code, 0);
    let lower = with("checks: {privileged-container: {severity: low}}\nfail-on: medium\n");
    assert_eq!(lower.code, 0);
    assert_eq!(findings(&lower.json())[0]["severity"], "low");
}

#[test]
fn comments_and_annotations_are_exceptions() {
    let commented = PRIVILEGED.replace(
        "        privileged: true\n",
        "        # seawall: ignore[privileged-container] the node agent needs it\n        privileged: true\n",
    );
    let annotated = PRIVILEGED.replace(
        "  namespace: shop\n",
        "  namespace: shop\n  annotations:\n    seawall.dev/ignore.privileged-container: agent\n",
    );
    let reasonless = PRIVILEGED
        .replace("privileged: true", "privileged: true # seawall: ignore[privileged-container]");
    let run = |text: &str| {
        let folder = folder(&[("web.yaml", text)]);
        scan(folder.path(), &["-o", "json"])
    };
    let commented = run(&commented);
    assert_eq!(commented.code, 0, "{}", commented.stdout);
    assert_eq!(findings(&commented.json())[0]["suppressed"]["origin"], "comment");
    let annotated = run(&annotated);
    assert_eq!(annotated.code, 0);
    assert_eq!(findings(&annotated.json())[0]["suppressed"]["origin"], "annotation");
    let reasonless = run(&reasonless);
    assert_eq!(reasonless.code, 2);
    assert_eq!(reasonless.json()["notices"][0]["kind"], "invalid-exception");
}

#[test]
fn a_baseline_lets_only_new_findings_fail() {
    let folder = folder(&[("web.yaml", PRIVILEGED)]);
    let baseline = ["--baseline", "baseline.json"];
    assert_eq!(scan(folder.path(), &baseline).code, 2, "there is none yet");
    let write = [&baseline[..], &["--write-baseline"]].concat();
    assert_eq!(scan(folder.path(), &write).code, 0);
    assert_eq!(scan(folder.path(), &baseline).code, 0);
    // Lines move, the file is renamed, another document comes first, containers change places.
    let moved = format!(
        "# moved\nkind: Note\napiVersion: example.com/v1\n---\n{}",
        PRIVILEGED
            .replace("    - name: app", "    - image: other:1\n      name: first\n    - name: app")
    );
    std::fs::remove_file(folder.path().join("web.yaml")).expect("it is there");
    std::fs::write(folder.path().join("other.yaml"), &moved).expect("a file can be written");
    let run = scan(folder.path(), &[&baseline[..], &["-o", "json"]].concat());
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(findings(&run.json())[0]["suppressed"]["origin"], "baseline");
    let new = moved.replace("name: first", "name: first\n      securityContext: {privileged: yes}");
    std::fs::write(folder.path().join("other.yaml"), new).expect("a file can be written");
    assert_eq!(scan(folder.path(), &baseline).code, 1);
}

#[test]
fn no_colour_in_a_pipe_unless_asked_for() {
    let folder = folder(&[("web.yaml", PRIVILEGED)]);
    assert!(!scan(folder.path(), &[]).stdout.contains('\u{1b}'));
    assert!(scan(folder.path(), &["--color", "always"]).stdout.contains('\u{1b}'));
    assert!(scan(folder.path(), &[]).stderr.is_empty());
}

#[test]
fn reports_go_to_files_side_by_side() {
    let folder = folder(&[("web.yaml", PRIVILEGED)]);
    let run = scan(folder.path(), &["-o", "text", "-o", "sarif=out.sarif", "-o", "csv=out.csv"]);
    assert!(run.stdout.contains("privileged-container"));
    let sarif = std::fs::read_to_string(folder.path().join("out.sarif")).expect("it is written");
    assert!(serde_json::from_str::<Value>(&sarif).is_ok());
    assert!(folder.path().join("out.csv").is_file());
    assert_eq!(scan(folder.path(), &["-o", "json=no/such/folder/x.json"]).code, 2);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_accounted_for() {
    let folder = folder(&[("web.yaml", PRIVILEGED)]);
    std::os::unix::fs::symlink("nowhere", folder.path().join("gone.yaml")).expect("a link is made");
    let report = scan(folder.path(), &["-o", "json"]).json();
    let parts = report["coverage"]["parts"].as_array().expect("parts is a list");
    let gone =
        parts.iter().find(|part| part["file"].as_str().is_some_and(|f| f.ends_with("gone.yaml")));
    assert_eq!(gone.expect("it is listed")["outcome"], "unreadable");
    assert_eq!(scan(folder.path(), &["--strict"]).code, 2);
}
