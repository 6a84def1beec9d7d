//! `seawall fix`, end to end.

mod common;

use std::path::Path;
use std::process::Command;

use common::{PRIVILEGED, Run, folder, root, seawall_in, seawall_with_input};

/// A pod with one finding that a safe fix puts right and one that takes `--unsafe`.
const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}   # the shop
spec:
    hostPID: true
    serviceAccount: web
    containers:
    -   name: app
        image: registry.example.com/web:1.0
";

const CHECKS: &[&str] = &["--check", "host-pid", "--check", "deprecated-service-account-field"];

fn fix(folder: &Path, more: &[&str]) -> Run {
    seawall_in(folder, &[&["fix", "."], CHECKS, more].concat())
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("the file can be read")
}

#[test]
fn safe_fixes_are_written_and_unsafe_ones_wait() {
    let folder = folder(&[("web.yaml", POD)]);
    let run = fix(folder.path(), &[]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(
        run.stdout,
        "web.yaml:6:21: fixed deprecated-service-account-field: Pod shop/web, spec.serviceAccount\n\
         1 finding fixed in 1 file; 1 more with --unsafe\n"
    );
    let safe = POD.replace("serviceAccount:", "serviceAccountName:");
    assert_eq!(read(folder.path(), "web.yaml"), safe);
    let run = fix(folder.path(), &["--unsafe"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(read(folder.path(), "web.yaml"), safe.replace("hostPID: true", "hostPID: false"));
    let again = fix(folder.path(), &["--unsafe"]);
    assert_eq!((again.code, &*again.stdout), (0, "0 findings fixed in 0 files\n"));
}

#[test]
fn a_diff_writes_nothing_and_git_takes_it() {
    let crlf = POD.replace('\n', "\r\n");
    let marked = format!("\u{feff}{POD}");
    let unended = POD.trim_end();
    let files = [("a/web.yaml", POD), ("b c.yaml", &crlf), ("d.yaml", &marked), ("e.yml", unended)];
    let folder = folder(&files);
    let run = fix(folder.path(), &["--diff", "--unsafe"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("8 findings would be fixed in 4 files"), "{}", run.stderr);
    for (name, text) in files {
        assert_eq!(read(folder.path(), name), text, "{name} is as it was");
    }
    let patch = folder.path().join("fix.patch");
    std::fs::write(&patch, &run.stdout).expect("a file can be written");
    let git = |arguments: &[&str]| {
        Command::new("git").args(arguments).current_dir(folder.path()).status()
    };
    match git(&["init", "--quiet"]) {
        // Where there is no git, nothing can be tried.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        status => assert!(status.expect("git runs").success()),
    }
    let applied = git(&["apply", "--whitespace=nowarn", "fix.patch"]).expect("git runs");
    assert!(applied.success(), "{}", run.stdout);
    for (name, text) in files {
        let fixed = text.replace("serviceAccount:", "serviceAccountName:");
        assert_eq!(read(folder.path(), name), fixed.replace("PID: true", "PID: false"), "{name}");
    }
    assert_eq!(fix(folder.path(), &["--diff", "--unsafe"]).stdout, "", "nothing is left");
}

#[test]
fn files_in_place_keep_mark_line_ends_and_permissions() {
    let text = format!("\u{feff}{}", POD.trim_end().replace('\n', "\r\n"));
    let folder = folder(&[("real/web.yaml", &text)]);
    let path = folder.path().join("real/web.yaml");
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let mode = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&path, mode).expect("permissions can be set");
        symlink("real/web.yaml", folder.path().join("link.yaml")).expect("a link can be made");
        let arguments = [&["fix", "link.yaml"], CHECKS].concat();
        let run = seawall_in(folder.path(), &arguments);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        let link = std::fs::symlink_metadata(folder.path().join("link.yaml"));
        assert!(link.expect("the link is there").is_symlink(), "the link is still a link");
        let mode = std::fs::metadata(&path).expect("the file is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }
    assert_eq!(fix(folder.path(), &[]).code, 0);
    assert_eq!(
        read(folder.path(), "real/web.yaml"),
        text.replace("serviceAccount:", "serviceAccountName:")
    );
    let left: Vec<_> = std::fs::read_dir(folder.path().join("real"))
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry can be read").file_name())
        .collect();
    assert_eq!(left, ["web.yaml"], "no temporary file is left");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = folder(&[]);
    let run = seawall_with_input(folder.path(), &[&["fix", "-"], CHECKS].concat(), POD);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stdout, POD.replace("serviceAccount:", "serviceAccountName:"));
    assert!(run.stderr.contains("1 finding fixed"), "{}", run.stderr);
    let marked = format!("\u{feff}{POD}");
    let run = seawall_with_input(folder.path(), &[&["fix", "-"], CHECKS].concat(), &marked);
    assert_eq!(run.stdout, marked.replace("serviceAccount:", "serviceAccountName:"));
    let clean = run.stdout;
    let again = seawall_with_input(folder.path(), &[&["fix", "-"], CHECKS].concat(), &clean);
    assert_eq!(again.stdout, clean, "what needs no fix comes out as it went in");
    let diff = seawall_with_input(folder.path(), &[&["fix", "-", "--diff"], CHECKS].concat(), POD);
    assert_eq!(diff.code, 1);
    assert!(diff.stdout.starts_with("--- a/stdin\n+++ b/stdin\n@@ "), "{}", diff.stdout);
}

#[test]
fn what_is_excepted_is_left_alone() {
    let excepted = POD.replace(
        "    serviceAccount: web\n",
        "    # seawall: ignore[deprecated-service-account-field] old clients read it\n    \
         serviceAccount: web\n",
    );
    let config = "exceptions:\n- check: host-pid\n  reason: it watches the node\n";
    let folder = folder(&[("web.yaml", &excepted), ("seawall.yaml", config)]);
    let run = fix(folder.path(), &["--unsafe"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(read(folder.path(), "web.yaml"), excepted);
    let run = fix(folder.path(), &["--unsafe", "--no-config"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(
        read(folder.path(), "web.yaml"),
        excepted.replace("hostPID: true", "hostPID: false")
    );
}

#[test]
fn a_check_without_a_fix_says_so() {
    let config = "custom-checks:
- id: no-pods
  severity: low
  match: {kinds: [Pod]}
  expression: 'false'
";
    let folder = folder(&[("web.yaml", POD), ("seawall.yaml", config)]);
    let run = seawall_in(folder.path(), &["fix", ".", "--check", "no-pods", "--check", "host-pid"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let why = "no-pods has no automatic fix. It is a check of the team's own";
    assert!(run.stderr.contains(why), "{}", run.stderr);
    let count = "0 findings fixed in 0 files; 1 more with --unsafe; 1 without a fix\n";
    assert_eq!(run.stdout, count);
}

#[test]
fn nothing_is_written_while_an_exception_gives_no_reason() {
    let invalid = POD.replace("hostPID: true", "hostPID: true # seawall: ignore[host-pid]");
    let folder = folder(&[("web.yaml", &invalid)]);
    let run = fix(folder.path(), &["--unsafe"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert_eq!(read(folder.path(), "web.yaml"), invalid);
}

#[test]
fn what_cannot_be_edited_is_told_with_the_reason() {
    let shared = "apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a}
  spec: &spec
    hostPID: true
    containers: [{name: app, image: a}]
- apiVersion: v1
  kind: Pod
  metadata: {name: b}
  spec: *spec
- apiVersion: v1
  kind: Pod
  metadata: {name: c}
  spec: {hostPID: true, containers: [{name: app, image: a}]}
";
    let config = "exceptions:\n- check: host-pid\n  kind: Pod\n  name: b\n  reason: it watches\n";
    let folder = folder(&[("web.yaml", shared), ("seawall.yaml", config)]);
    let run = fix(folder.path(), &["--unsafe"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("fixed host-pid: Pod c, spec.hostPID\n"), "{}", run.stdout);
    let why = "not fixed host-pid: Pod a, spec.hostPID: an alias or merge key uses the value";
    assert!(run.stdout.contains(why), "{}", run.stdout);
    assert!(run.stdout.contains("1 finding fixed in 1 file; 1 could not be\n"), "{}", run.stdout);
    let one = shared.replace("{hostPID: true", "{hostPID: false");
    assert_eq!(read(folder.path(), "web.yaml"), one);
    // All that use the value want it: it changes where it stands.
    let run = fix(folder.path(), &["--unsafe", "--no-config"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("2 findings fixed in 1 file\n"), "{}", run.stdout);
    let all = one.replace("hostPID: true", "hostPID: false");
    assert_eq!(read(folder.path(), "web.yaml"), all);
}

#[test]
fn one_fix_makes_room_for_another() {
    let folder = folder(&[("web.yaml", PRIVILEGED)]);
    let only = ["fix", "web.yaml", "--unsafe", "--check", "allow-privilege-escalation"];
    let run = seawall_in(folder.path(), &only);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stdout.contains("refuses it beside `privileged: true`"), "{}", run.stdout);
    let both = [&only[..], &["--check", "privileged-container"]].concat();
    let run = seawall_in(folder.path(), &both);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(
        read(folder.path(), "web.yaml"),
        PRIVILEGED.replace(
            "        privileged: true\n",
            "        privileged: false\n        allowPrivilegeEscalation: false\n"
        )
    );
}

#[test]
fn exit_codes_are_0_1_and_2() {
    let folder = folder(&[("web.yaml", POD), ("broken.yaml", "a: [\n")]);
    let code = |arguments: &[&str]| seawall_in(folder.path(), arguments).code;
    assert_eq!(code(&["fix", "missing.yaml"]), 2);
    assert_eq!(code(&["fix", "--check", "nonsense"]), 2);
    assert_eq!(code(&["fix", "-", "web.yaml"]), 2);
    assert_eq!(code(&["fix", "web.yaml", "--diff", "--check", "host-pid"]), 0);
    assert_eq!(code(&["fix", "web.yaml", "--diff", "--unsafe", "--check", "host-pid"]), 1);
    let nothing = seawall_with_input(folder.path(), &["fix", "-"], "");
    assert_eq!((nothing.code, &*nothing.stdout), (2, ""));
    let broken = fix(folder.path(), &[]);
    assert!(broken.stderr.contains("broken.yaml"), "{}", broken.stderr);
}

#[test]
#[cfg(unix)]
fn a_file_that_cannot_be_replaced_stays_as_it_was() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder(&[("web.yaml", POD)]);
    let path = folder.path().join("web.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o440))
        .expect("permissions can be set");
    let run = fix(folder.path(), &[]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("read-only"), "{}", run.stderr);
    assert_eq!(read(folder.path(), "web.yaml"), POD);
}

/// Copies a folder with all below it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("an entry can be read");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}

/// Check and fingerprint of what a scan finds.
fn found(folder: &Path) -> Vec<(String, String)> {
    let report = seawall_in(folder, &["scan", ".", "--no-config", "-o", "json"]).json();
    let findings = report["findings"].as_array().expect("findings is a list");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    findings.iter().map(|f| (text(&f["check"]), text(&f["fingerprint"]))).collect()
}

#[test]
fn the_example_scans_clean_of_what_was_fixed_and_is_as_valid_as_before() {
    let folder = folder(&[]);
    copy(&root().join("examples/shop"), folder.path());
    let before = found(folder.path());
    let run = seawall_in(folder.path(), &["fix", ".", "--unsafe", "--no-config"]);
    assert_eq!(run.code, 1, "some can't be fixed:\n{}{}", run.stdout, run.stderr);
    let after = found(folder.path());
    let fixed = run.stdout.lines().filter(|line| line.contains(": fixed ")).count();
    assert!(fixed > 300, "{}", run.stdout);
    // A fix may bring another check's finding: a second replica wants a disruption budget.
    let gone = before.iter().filter(|finding| !after.contains(finding)).count();
    assert!(gone >= fixed, "{gone} of {} are gone, {fixed} fixed", before.len());
    let of = |found: &[(String, String)], check| found.iter().filter(|f| f.0 == check).count();
    for check in ["unknown-field", "wrong-type", "missing-field", "invalid-value", "duplicate-key"]
    {
        assert!(of(&after, check) <= of(&before, check), "more of {check}");
    }
    // Of these checks each finding can be fixed here.
    for check in ["host-pid", "host-network", "seccomp-missing", "runs-as-root", "too-few-replicas"]
    {
        assert!(of(&before, check) > 0, "{check} is not in the example");
        assert_eq!(of(&after, check), 0, "{check} is left");
    }
    let again = seawall_in(folder.path(), &["fix", ".", "--unsafe", "--no-config", "--diff"]);
    assert_eq!(again.stdout, "", "a second run changes something");
}
