//! `seawall checks`, `explain`, `completions` and `man`, and that the book is up to date.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{folder, root, seawall_in};

#[test]
fn checks_are_found_by_the_rules_of_other_tools() {
    let run = seawall_in(&root(), &["checks", "--covers", "kubescape:C-0057", "-o", "json"]);
    let list = &run.json()["items"];
    assert!(
        list.as_array()
            .is_some_and(|list| { list.iter().any(|check| check["id"] == "privileged-container") })
    );
    assert!(
        list[0]["covers"].as_array().is_some_and(|c| c.iter().any(|id| id == "kubescape:C-0057"))
    );
    assert_eq!(seawall_in(&root(), &["checks", "--covers", "kubescape:C-9999"]).code, 2);
}

#[test]
fn explain_takes_the_ids_of_other_tools() {
    for id in ["privileged-container", "KSV-0017", "trivy:ksv-0017", "CKV_K8S_16"] {
        let run = seawall_in(&root(), &["explain", id]);
        assert_eq!(run.code, 0, "{id}: {}", run.stderr);
        assert!(run.stdout.starts_with("# Container runs privileged\n"), "{id}");
    }
    let run = seawall_in(&root(), &["explain", "privileged-contaner"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean \"privileged-container\"?"), "{}", run.stderr);
}

#[test]
fn shells_and_man_get_their_files() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = seawall_in(&root(), &["completions", shell]);
        assert!(run.stdout.contains("seawall"), "{shell}");
    }
    assert!(seawall_in(&root(), &["man"]).stdout.contains(".TH seawall 1"));
    assert!(seawall_in(&root(), &["man", "scan"]).stdout.contains("seawall-scan"));
    assert_eq!(seawall_in(&root(), &["man", "nothing"]).code, 2);
}

/// The files of a folder by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|file| {
            let path = file.expect("the folder can be read").path();
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("pages are text"))
        })
        .collect()
}

#[test]
fn the_pages_of_the_book_are_up_to_date() {
    let source = root().join("docs/src");
    let summary = std::fs::read_to_string(source.join("SUMMARY.md")).expect("the book is there");
    let fresh = folder(&[("src/SUMMARY.md", &summary), ("src/checks/old.md", "gone")]);
    let run = seawall_in(fresh.path(), &["checks", "--book", "src/checks"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let again = "write it anew: cargo run -p seawall -- checks --book docs/src/checks";
    let (old, new) = (files(&source.join("checks")), files(&fresh.path().join("src/checks")));
    let stale: Vec<&String> =
        new.keys().chain(old.keys()).filter(|name| old.get(*name) != new.get(*name)).collect();
    assert!(stale.is_empty(), "stale pages: {stale:?}; {again}");
    let listed = std::fs::read_to_string(fresh.path().join("src/SUMMARY.md")).expect("it is there");
    assert!(summary == listed, "the list in SUMMARY.md is stale; {again}");
}
