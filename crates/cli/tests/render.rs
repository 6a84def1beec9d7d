//! Charts and kustomizations, with the real helm and kustomize.
//!
//! `tests/tools/render-tools` builds the two, once. Where there is no Go to build them with, what
//! needs them says so and is skipped, but never in CI.

#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use common::{PRIVILEGED, folder, root, seawall_with_path};
use serde_json::Value;

/// The folder of helm and kustomize, if there is one.
fn tools() -> Option<&'static str> {
    static TOOLS: OnceLock<Option<String>> = OnceLock::new();
    let tools = TOOLS.get_or_init(|| {
        let script = root().join("tests/tools/render-tools");
        let output = Command::new(script).output().expect("the script runs");
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(77) {
            assert!(std::env::var_os("CI").is_none(), "{said}");
            eprintln!("skipped: there is no Go to build helm and kustomize with");
            return None;
        }
        assert!(output.status.success(), "{said}");
        Some(String::from_utf8(output.stdout).expect("a path").trim().to_owned())
    });
    tools.as_deref()
}

/// The findings of a scan: check, file, line, column and how they were rendered.
fn findings(report: &Value) -> Vec<(String, String, u64, u64, Option<String>)> {
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let number = |value: &Value| value.as_u64().expect("a number");
    report["findings"]
        .as_array()
        .expect("findings is a list")
        .iter()
        .map(|finding| {
            let at = &finding["location"];
            let rendered = at["rendered"].as_str().map(str::to_owned);
            let (line, column) = (number(&at["line"]), number(&at["column"]));
            (text(&finding["check"]), text(&at["file"]), line, column, rendered)
        })
        .collect()
}

fn scan(folder: &Path, tools: &str, arguments: &[&str]) -> (i32, Value) {
    let all = [&["scan", "--no-config", "-o", "json"], arguments].concat();
    let run = seawall_with_path(folder, tools, &all);
    (run.code, run.json())
}

fn example(tools: &str, arguments: &[&str]) -> (i32, Value) {
    scan(&root().join("examples"), tools, arguments)
}

/// Where a check's findings are.
fn places(report: &Value, check: &str) -> Vec<String> {
    findings(report)
        .into_iter()
        .filter(|(id, ..)| id == check)
        .map(|(_, file, line, column, rendered)| {
            let rendered = rendered.map(|how| format!(" {how}")).unwrap_or_default();
            format!("{file}:{line}:{column}{rendered}")
        })
        .collect()
}

#[test]
fn findings_of_a_chart_name_the_template_and_its_line() {
    let Some(tools) = tools() else { return };
    let (code, report) = example(tools, &["chart"]);
    assert_eq!(code, 1);
    assert_eq!(places(&report, "runs-as-root"), ["chart/charts/cache/templates/cache.yaml:14:20"]);
    assert_eq!(
        places(&report, "container-runtime-socket"),
        ["chart/templates/storefront.yaml:38:19"]
    );
    // From `toYaml .Values.securityContext`, so from no line of the template.
    assert_eq!(
        places(&report, "privileged-container"),
        ["chart/templates/storefront.yaml:24:11 near"]
    );
    // Two sidecars of one `range`, and the first container.
    let images = places(&report, "image-not-pinned");
    let of_template = "chart/templates/storefront.yaml";
    assert_eq!(
        images,
        [
            "chart/charts/cache/templates/cache.yaml:10:7 made".to_owned(),
            format!("{of_template}:23:11 made"),
            format!("{of_template}:31:11 made"),
            format!("{of_template}:31:11 made"),
        ]
    );
    let suppressed = report["findings"].as_array().expect("a list").iter().find(|finding| {
        finding["check"] == "service-account-token-mounted" && !finding["suppressed"].is_null()
    });
    assert!(suppressed.is_some(), "the comment in the template holds");
}

#[test]
fn values_change_what_is_found() {
    let Some(tools) = tools() else { return };
    let values = folder(&[("prod.yaml", "cache: {runAsRoot: false}\ndebug: true\n")]);
    let values = values.path().join("prod.yaml");
    let values = values.to_str().expect("the path is UTF-8");
    let more = ["--values", values, "--set", "securityContext.privileged=false"];
    let release = ["--release", "blue", "--namespace", "shop"];
    let (_, report) = example(tools, &[&["chart"][..], &more, &release].concat());
    assert_eq!(places(&report, "runs-as-root"), [""; 0]);
    assert_eq!(places(&report, "privileged-container"), [""; 0]);
    assert_eq!(places(&report, "host-pid"), ["chart/templates/storefront.yaml:20:7 made"]);
    let names: Vec<&Value> = (report["findings"].as_array().expect("a list").iter())
        .map(|finding| &finding["subject"]["name"])
        .collect();
    assert!(names.iter().any(|name| **name == "blue-storefront"), "{names:?}");
}

#[test]
fn a_packed_chart_gives_what_the_folder_gives() {
    let Some(tools) = tools() else { return };
    let to = folder(&[]);
    let path = to.path().to_str().expect("the path is UTF-8");
    let helm = Path::new(tools).join("helm");
    let packed = Command::new(helm)
        .args(["package", "chart", "-d", path])
        .current_dir(root().join("examples"))
        .output()
        .expect("helm runs");
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    let (_, archive) = scan(to.path(), tools, &["shop-0.3.0.tgz"]);
    let (_, chart) = example(tools, &["chart"]);
    let unpacked: Vec<_> = (findings(&archive).into_iter())
        .map(|(check, file, line, column, how)| {
            (check, file.replace("shop-0.3.0.tgz/", "chart/"), line, column, how)
        })
        .collect();
    assert_eq!(unpacked, findings(&chart));
}

#[test]
fn findings_of_a_kustomization_name_the_file_of_its_base() {
    let Some(tools) = tools() else { return };
    let (code, report) = example(tools, &["kustomize"]);
    assert_eq!(code, 1);
    let base = "kustomize/base/catalogue.yaml";
    // The production overlay puts it right.
    assert_eq!(places(&report, "host-network"), [format!("{base}:15:20")]);
    // The staging overlay adds it.
    assert_eq!(places(&report, "privileged-container"), [format!("{base}:22:11 near")]);
    let images = places(&report, "image-not-pinned");
    assert_eq!(images.len(), 2, "{images:?}");
    assert!(images.contains(&format!("{base}:18:18")), "{images:?}");
    let text = report.to_string();
    assert!(!text.contains("config.kubernetes.io/origin"), "the annotation is taken out");
    let (_, named) = example(tools, &["kustomize/overlays/staging"]);
    assert_eq!(places(&named, "host-network"), [format!("{base}:15:20")]);
}

#[test]
fn kubectl_gives_what_kustomize_gives() {
    let Some(tools) = tools() else { return };
    let Some(kubectl) = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|at| at.join("kubectl")).find(|at| at.is_file())
    }) else {
        eprintln!("skipped: there is no kubectl");
        return;
    };
    let only = folder(&[]);
    std::os::unix::fs::symlink(kubectl, only.path().join("kubectl")).expect("a link can be made");
    let (_, by_kubectl) = example(only.path().to_str().expect("UTF-8"), &["kustomize"]);
    let (_, by_kustomize) = example(tools, &["kustomize"]);
    assert!(by_kubectl["coverage"].to_string().contains("kubectl kustomize rendered"));
    assert_eq!(findings(&by_kubectl), findings(&by_kustomize));
}

#[test]
fn decisions_in_a_base_hold_in_what_is_made_of_it() {
    let Some(tools) = tools() else { return };
    let accepted = PRIVILEGED.replace(
        "privileged: true",
        "privileged: true # seawall: ignore[privileged-container] it drives the fans",
    );
    let kustomization = "resources: [web.yaml]\nnamePrefix: blue-\n";
    let place = folder(&[("kustomization.yaml", kustomization), ("web.yaml", &accepted)]);
    let (code, report) = scan(place.path(), tools, &[".", "--check", "privileged-container"]);
    assert_eq!(code, 0, "{report:#}");
    let finding = &report["findings"][0];
    assert_eq!(finding["subject"]["name"], "blue-web");
    assert_eq!(finding["location"]["line"], 11);
    assert_eq!(finding["suppressed"]["reason"], "it drives the fans");
    assert_eq!(report["notices"], serde_json::json!([]));
}

#[test]
fn nothing_is_fetched() {
    let Some(tools) = tools() else { return };
    for base in ["https://example.com/shop//base?ref=v1", "https://example.com/pod.yaml"] {
        let text = format!("resources: ['{base}']\n");
        let place = folder(&[("kustomization.yaml", &text)]);
        let (code, report) = scan(place.path(), tools, &["."]);
        assert_eq!(code, 2);
        let said = report["coverage"].to_string();
        assert!(said.contains("bases are not fetched"), "{base}: {said}");
    }
}

#[test]
fn a_target_that_can_t_be_rendered_is_an_error_and_one_that_lies_there_is_unread() {
    let none = folder(&[]);
    let none = none.path().to_str().expect("the path is UTF-8");
    assert_eq!(example(none, &["chart"]).0, 2);
    let chart = [
        ("a/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
        ("a/templates/pod.yaml", "kind: {{ .Values.kind }}\n"),
    ];
    let place = folder(&chart);
    let (code, report) = scan(place.path(), none, &["."]);
    assert_eq!(code, 0);
    assert!(report["coverage"].to_string().contains("helm is not installed"), "{report:#}");
    assert_eq!(scan(place.path(), none, &[".", "--strict"]).0, 2);
    let (code, report) = scan(place.path(), none, &["a", "--no-render"]);
    assert_eq!(code, 0);
    assert!(!report["coverage"].to_string().contains("helm is not installed"));
    let missing = seawall_with_path(place.path(), none, &["scan", "a", "--values", "none.yaml"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("can't read the values none.yaml"), "{}", missing.stderr);
}
