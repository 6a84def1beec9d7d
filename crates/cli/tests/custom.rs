//! Custom checks are checks like any other, from `seawall.yaml` to the exit code.

mod common;

use common::{folder, seawall_in};

const CONFIG: &str = "\
custom-checks:
  - id: team-label
    title: Workload names no team
    severity: high
    match: {kinds: [Deployment]}
    expression: has(object.metadata.labels) && 'team' in object.metadata.labels
    message-expression: \"object.metadata.name + ' names no team'\"
    remedy: Add the label `team`.
exceptions:
  - {check: team-*, name: old, reason: retired in May}
";

fn deployment(name: &str, rest: &str) -> String {
    format!("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n{rest}")
}

#[test]
fn a_scan_treats_them_like_built_in_ones() {
    let (web, old) = (deployment("web", ""), deployment("old", ""));
    let accepted = "  annotations: {seawall.dev/ignore.team-label: nobody's yet}\n";
    let files = [("seawall.yaml", CONFIG), ("web.yaml", &web), ("old.yaml", &old)];
    let home = folder(&files);
    let scan = ["scan", "--check", "team-label", "-o", "json", "."];

    let run = seawall_in(home.path(), &scan);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["checks"][0]["title"], "Workload names no team");
    let of = |name: &str| {
        let findings = report["findings"].as_array().expect("findings").iter();
        findings.clone().find(|f| f["subject"]["name"] == name).expect("a finding").clone()
    };
    assert_eq!(of("web")["message"], "web names no team");
    assert_eq!(of("web")["severity"], "high");
    assert_eq!(of("old")["suppressed"]["reason"], "retired in May");

    let write = |text: &str| std::fs::write(home.path().join("web.yaml"), text).expect("written");
    write(&deployment("web", accepted));
    assert_eq!(seawall_in(home.path(), &scan).code, 0, "the annotation knows the check");
    write(&deployment("web", "  labels: {team: shop}\n"));
    assert_eq!(seawall_in(home.path(), &scan).code, 0);
    let off = format!("{CONFIG}checks: {{team-label: off}}\n");
    std::fs::write(home.path().join("seawall.yaml"), off).expect("written");
    assert_eq!(seawall_in(home.path(), &scan).json()["checks"], serde_json::json!([]));
}

#[test]
fn they_are_listed_and_explained_where_their_file_holds() {
    let (home, elsewhere) = (folder(&[("seawall.yaml", CONFIG)]), folder(&[]));
    let listed = seawall_in(home.path(), &["checks"]).stdout;
    assert!(listed.contains("team-label") && listed.contains(" custom "), "{listed}");
    let explained = seawall_in(home.path(), &["explain", "team-label"]);
    assert!(explained.stdout.contains("Add the label `team`."), "{}", explained.stderr);
    assert_eq!(seawall_in(elsewhere.path(), &["explain", "team-label"]).code, 2);
    let near = seawall_in(home.path(), &["scan", "--check", "team-labels"]);
    assert!(near.code == 2 && near.stderr.contains("\"team-label\""), "{}", near.stderr);
}

#[test]
fn a_broken_expression_is_an_input_error_with_its_place() {
    let broken = CONFIG.replace("'team' in object", "'team' in objekt");
    let home = folder(&[("seawall.yaml", &broken), ("web.yaml", &deployment("web", ""))]);
    let run = seawall_in(home.path(), &["scan", "."]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("seawall.yaml:6:58: there is no \"objekt\""), "{}", run.stderr);
}

#[test]
fn what_an_expression_can_not_tell_is_unknown_and_fails_a_strict_scan() {
    let bold = CONFIG.replace("has(object.metadata.labels)", "true");
    let home = folder(&[("seawall.yaml", &bold), ("web.yaml", &deployment("web", ""))]);
    let scan = |more: &[&str]| {
        seawall_in(home.path(), &[&["scan", "--check", "team-label", "."], more].concat())
    };
    let run = scan(&[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("there is no labels; ask has(…) first"), "{}", run.stdout);
    assert_eq!(scan(&["--strict"]).code, 2);
}

#[test]
fn their_cases_are_tried() {
    let cases = "    cases:
      - {name: bare, fails: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}}
";
    let good = CONFIG.replace("exceptions:", &format!("{cases}exceptions:"));
    let home = folder(&[("seawall.yaml", &good)]);
    let run = seawall_in(home.path(), &["checks", "--test"]);
    let expected = "ok    team-label: bare\n1 of 1 cases as they should be\n";
    assert_eq!((run.code, &*run.stdout), (0, expected), "{}", run.stderr);

    let wrong = good.replace("bare, fails", "bare, passes");
    let home = folder(&[("seawall.yaml", &wrong)]);
    let run = seawall_in(home.path(), &["checks", "--test"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    let why = "FAIL  team-label: bare: it should pass, but: web names no team\n";
    assert!(run.stdout.starts_with(why), "{}", run.stdout);

    let home = folder(&[("seawall.yaml", CONFIG)]);
    let run = seawall_in(home.path(), &["checks", "--test"]);
    assert_eq!(run.stdout, "none  team-label has no cases\n0 of 0 cases as they should be\n");
    assert_eq!(seawall_in(home.path(), &["checks", "--test", "--no-config"]).code, 2);
}
