//! Bundles as targets: what they tell of their cluster counts, and one that can't be read is an
//! input error, whatever was found in the rest.

mod common;

use std::path::Path;

use common::seawall_in;
use seawall_collect::bundle::{FORMAT, Manifest, Member, Resource, Writer, object_path};

const BUDGET: &str = "{\"apiVersion\":\"policy/v1beta1\",\"kind\":\"PodDisruptionBudget\",\
    \"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"},\
    \"spec\":{\"minAvailable\":1,\"selector\":{\"matchLabels\":{\"app\":\"web\"}}}}";

fn bundle(path: &Path, server_version: &str) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), 0).expect("memory takes all");
    let place = object_path("policy", "v1beta1", "poddisruptionbudgets", "shop", "web");
    writer.add(&Member { path: place, text: BUDGET.to_owned() }).expect("memory takes all");
    let resource = Resource {
        group: "policy".to_owned(),
        version: "v1beta1".to_owned(),
        resource: "poddisruptionbudgets".to_owned(),
        objects: 1,
    };
    let manifest = Manifest {
        format: FORMAT,
        server_version: server_version.to_owned(),
        resources: vec![resource],
        ..Manifest::default()
    };
    let bytes = writer.finish(&manifest).expect("memory takes all");
    std::fs::write(path, &bytes).expect("the folder is writable");
    bytes
}

#[test]
fn the_servers_version_is_the_one_aimed_at() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let old = folder.path().join("old.tar.zst");
    bundle(&old, "v1.21.5-eks-bc4871b");
    bundle(&folder.path().join("new.tar.zst"), "v1.30.1");
    bundle(&folder.path().join("unknown.tar.zst"), "v1.99.0");
    let removed = |arguments: &[&str]| {
        let mut all = vec!["scan", "--no-config", "-o", "json", "--check", "removed-api-version"];
        all.extend(arguments);
        let run = seawall_in(folder.path(), &all);
        (run.json()["findings"].as_array().expect("a list").len(), run.stderr)
    };
    assert_eq!(removed(&["old.tar.zst"]).0, 0);
    assert_eq!(removed(&["new.tar.zst"]).0, 1);
    // What the user says counts more.
    assert_eq!(removed(&["old.tar.zst", "--kubernetes-version", "1.30"]).0, 1);
    let (count, said) = removed(&["unknown.tar.zst"]);
    assert!(count == 1 && said.contains("1.99"), "{said}");
    let (count, said) = removed(&["old.tar.zst", "new.tar.zst"]);
    assert!(count == 2 && said.contains("--kubernetes-version"), "{said}");
    std::fs::write(folder.path().join("seawall.yaml"), "kubernetes-version: '1.30'\n")
        .expect("the folder is writable");
    let run = seawall_in(
        folder.path(),
        &["scan", "-o", "json", "--check", "removed-api-version", "old.tar.zst"],
    );
    assert_eq!(run.json()["findings"].as_array().expect("a list").len(), 1, "{}", run.stderr);
}

#[test]
fn a_bundle_that_cannot_be_read_is_an_input_error() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let whole = bundle(&folder.path().join("whole.tar.zst"), "v1.30.1");
    let scan = |name: &str| seawall_in(folder.path(), &["scan", "--no-config", name]);
    assert!(scan("whole.tar.zst").code < 2);
    for (name, bytes) in [
        ("empty.tar.zst", &b""[..]),
        ("text.tar.zst", b"apiVersion: v1\nkind: Pod\n"),
        ("cut.tar.zst", &whole[..whole.len() / 2]),
        ("end.tar.zst", &whole[..whole.len() - 1]),
    ] {
        std::fs::write(folder.path().join(name), bytes).expect("the folder is writable");
        let run = scan(name);
        assert_eq!(run.code, 2, "{name}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains(name), "{name}: {}", run.stdout);
        // Beside something that can be read, too.
        let run = seawall_in(folder.path(), &["scan", "--no-config", "whole.tar.zst", name]);
        assert_eq!(run.code, 2, "{name}: {}{}", run.stdout, run.stderr);
    }
}
