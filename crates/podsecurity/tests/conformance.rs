//! Upstream's own fixtures, where they are at hand:
//! `{baseline,restricted}/v1.N/{pass,fail}/*.yaml`.

#![allow(clippy::print_stdout, reason = "says what was compared")]

mod evaluated;
mod reading;

use std::fs;
use std::path::{Path, PathBuf};

use evaluated::evaluated;
use seawall_model::Level;
use seawall_podsecurity::standards::Version;

/// The entries of a folder by name; none where it is absent.
fn entries(folder: &Path) -> Vec<PathBuf> {
    if !folder.exists() {
        return Vec::new();
    }
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("names are UTF-8")
}

#[test]
fn upstream_fixtures_are_evaluated_as_upstream_does() {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/pod-security");
    if !root.exists() {
        println!("upstream's fixtures are not at hand: nothing is compared");
        return;
    }
    let mut wrong = Vec::new();
    let mut count = 0;
    for (level, folder) in [(Level::Baseline, "baseline"), (Level::Restricted, "restricted")] {
        for versions in entries(&root.join(folder)) {
            let version: Version = name(&versions).parse().expect("folders are named by version");
            for (verdict, allowed) in [("pass", true), ("fail", false)] {
                for file in entries(&versions.join(verdict)) {
                    let text = fs::read_to_string(&file).expect("a fixture can be read");
                    let evaluated = evaluated(&text, level, version);
                    // Nothing in them is malformed, so nothing may be undecided.
                    if evaluated.forbidden_by.is_empty() != allowed
                        || !evaluated.undecided.is_empty()
                    {
                        wrong.push(format!("{}: {evaluated:?}", file.display()));
                    }
                    count += 1;
                }
            }
        }
    }
    println!("{count} fixtures compared");
    assert!(count > 1000, "only {count} fixtures");
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
