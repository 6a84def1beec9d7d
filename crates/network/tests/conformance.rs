//! The cases of np-guard's analyzer, where the folder with them is present.
//!
//! `SEAWALL_CONFORMANCE` names the folder that holds `network/<case>/manifests` and
//! `network/<case>/expected.txt`; without it the folder `conformance` next to the repository's
//! shared facts is tried.

#![allow(clippy::print_stdout, reason = "says when there is nothing to compare")]

mod support;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use seawall_network::{Bounds, Focus, Network, Services};

fn cases() -> Option<PathBuf> {
    let folder = match env::var_os("SEAWALL_CONFORMANCE") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
    }
    .join("network");
    folder.is_dir().then_some(folder)
}

fn listed(manifests: &Path) -> BTreeSet<String> {
    let inventory = support::folder(manifests);
    let network = Network::of(&inventory);
    let (services, _) = Services::of(&network);
    let mut lines = BTreeSet::new();
    let done: Result<(), Infallible> =
        Bounds::of(&network).lines(&services, &Focus::default(), |line| {
            if !line.connections.is_empty() {
                lines.insert(format!("{} => {} : {}", line.from, line.to, line.connections));
            }
            Ok(())
        });
    match done {
        Ok(()) => lines,
    }
}

#[test]
fn lists_what_the_analyzer_lists() {
    let Some(folder) = cases() else {
        println!("no folder of external cases: nothing is compared");
        return;
    };
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("the entry can be read").path())
        .filter(|path| path.is_dir())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no case", folder.display());
    let mut wrong = Vec::new();
    for path in &paths {
        let expected = fs::read_to_string(path.join("expected.txt")).expect("the case is whole");
        // Some files go on with the networks of virtual machines, which are no connections.
        let expected: BTreeSet<String> = expected
            .lines()
            .filter(|line| line.contains(" => "))
            .map(|line| line.trim_end().to_owned())
            .collect();
        let found = listed(&path.join("manifests"));
        if found != expected {
            let missing: Vec<_> = expected.difference(&found).take(5).collect();
            let extra: Vec<_> = found.difference(&expected).take(5).collect();
            wrong.push(format!("{}\n  missing {missing:#?}\n  extra {extra:#?}", path.display()));
        }
    }
    println!("{} cases compared", paths.len());
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), paths.len(), wrong.join("\n"));
}
