//! `data/refresh` writes the table of ends of life from answers of the documented shape, and leaves
//! the old table alone where one is missing or is something else.

#![allow(clippy::print_stdout, reason = "a test that is left out says so")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// Each product by its name in the table and at endoflife.date.
const PRODUCTS: &[(&str, &str)] = &[
    ("almalinux", "almalinux"),
    ("alpine", "alpine-linux"),
    ("amzn", "amazon-linux"),
    ("centos", "centos"),
    ("centos-stream", "centos-stream"),
    ("containerd", "containerd"),
    ("debian", "debian"),
    ("docker", "docker-engine"),
    ("etcd", "etcd"),
    ("fedora", "fedora"),
    ("kubernetes", "kubernetes"),
    ("ol", "oracle-linux"),
    ("opensuse-leap", "opensuse"),
    ("rhel", "rhel"),
    ("rocky", "rocky-linux"),
    ("sles", "sles"),
    ("talos", "talos-linux"),
    ("ubuntu", "ubuntu"),
];

/// An answer as the API gives it: `ProductResponse` of its schema 1.2.
fn answer(product: &str, releases: &[(&str, Option<&str>, bool)]) -> Value {
    let releases: Vec<Value> = releases
        .iter()
        .map(|(name, end, is_ended)| {
            json!({
                "name": name, "codename": null, "label": name, "releaseDate": "2024-01-01",
                "isLts": false, "ltsFrom": null, "isEol": is_ended, "eolFrom": end,
                "isMaintained": !is_ended, "latest": null, "custom": null,
            })
        })
        .collect();
    json!({
        "schema_version": "1.2.1",
        "generated_at": "2026-11-20T02:03:04+00:00",
        "last_modified": "2026-11-01T23:04:14+00:00",
        "result": {
            "name": product, "aliases": [], "label": product, "category": "os", "tags": [],
            "identifiers": [], "labels": {"eol": "End of Life"}, "links": {}, "releases": releases,
        },
    })
}

struct Api {
    folder: tempfile::TempDir,
}

impl Api {
    fn new() -> Self {
        let api = Api { folder: tempfile::tempdir().expect("a folder") };
        fs::create_dir(api.folder.path().join("products")).expect("a folder");
        for (_, product) in PRODUCTS {
            api.put(product, &answer(product, &[("1", Some("2027-01-31"), false)]).to_string());
        }
        fs::write(api.table(), "the old table\n").expect("a table");
        api
    }

    fn put(&self, product: &str, text: &str) {
        fs::write(self.folder.path().join("products").join(product), text).expect("an answer");
    }

    fn table(&self) -> PathBuf {
        self.folder.path().join("table.csv")
    }

    fn refresh(&self) -> Option<Output> {
        let present = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !present("curl") || !present("jq") {
            let why = "curl and jq are not here";
            assert!(std::env::var_os("CI").is_none(), "{why}");
            println!("not run: {why}");
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/refresh");
        let api = format!("file://{}", self.folder.path().display());
        let output = Command::new("sh").arg(script).arg(api).arg(self.table()).output();
        Some(output.expect("a shell"))
    }

    /// The table stays as it was, and the reason names the product.
    fn refused(&self, product: &str) {
        let Some(output) = self.refresh() else { return };
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{product}: {errors}");
        assert!(errors.contains(product), "{errors}");
        assert_eq!(fs::read_to_string(self.table()).expect("a table"), "the old table\n");
        let left = fs::read_dir(self.folder.path()).expect("a folder").count();
        assert_eq!(left, 2, "nothing is left behind");
    }
}

#[test]
fn the_table_is_made_of_the_answers() {
    let api = Api::new();
    let releases = [
        ("1.37", Some("2027-10-28"), false),
        ("1.9", Some("2018-09-29"), true),
        ("1.10", None, true),
    ];
    api.put("kubernetes", &answer("kubernetes", &releases).to_string());
    api.put("etcd", &answer("etcd", &[("3.7", None, false)]).to_string());
    let Some(output) = api.refresh() else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = fs::read_to_string(api.table()).expect("a table");
    let rows: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).collect();
    let mut expected = vec!["product,version,end,seen".to_owned()];
    for (name, _) in PRODUCTS {
        match *name {
            "kubernetes" => expected.extend(
                ["1.9,2018-09-29", "1.10,past", "1.37,2027-10-28"]
                    .map(|row| format!("kubernetes,{row},2026-11-20")),
            ),
            "etcd" => expected.push("etcd,3.7,open,2026-11-20".to_owned()),
            _ => expected.push(format!("{name},1,2027-01-31,2026-11-20")),
        }
    }
    assert_eq!(rows, expected);
    assert!(table.starts_with("# Until when"), "the comments stay");
}

#[test]
fn a_product_that_is_not_there_leaves_the_table_as_it_was() {
    let api = Api::new();
    fs::remove_file(api.folder.path().join("products/ubuntu")).expect("an answer");
    api.refused("ubuntu");
}

#[test]
fn answers_of_another_shape_are_refused() {
    let good = answer("sles", &[("15.7", Some("2031-07-31"), false)]);
    let with = |pointer: &str, value: Value| {
        let mut answer = good.clone();
        *answer.pointer_mut(pointer).expect("a field") = value;
        answer.to_string()
    };
    for text in [
        String::new(),
        "<html>".to_owned(),
        "[]".to_owned(),
        json!([{"cycle": "15.7", "eol": "2031-07-31"}]).to_string(),
        good.to_string()[..good.to_string().len() - 4].to_owned(),
        with("/schema_version", json!("2.0.0")),
        with("/generated_at", json!("yesterday")),
        with("/result/name", json!("ubuntu")),
        with("/result/releases", json!([])),
        with("/result/releases/0/name", json!("15,7")),
        with("/result/releases/0/name", json!(15.7)),
        with("/result/releases/0/eolFrom", json!("2031-13-01")),
        with("/result/releases/0/eolFrom", json!(true)),
        with("/result/releases/0/isEol", Value::Null),
    ] {
        let api = Api::new();
        api.put("sles", &text);
        api.refused("sles");
    }
}
