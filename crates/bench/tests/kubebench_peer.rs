//! The same verdicts as kube-bench: kube-bench itself, where it is at hand, and its own
//! configurations, where Go can fetch them.
//!
//! `SEAWALL_KUBE_BENCH` names a kube-bench to compare with (`go install
//! github.com/aquasecurity/kube-bench@v0.15.6`); every check of every benchmark is then run by both
//! on this machine, and everything that they report is compared.

#![allow(clippy::print_stdout, reason = "a test that is left out says so")]

use std::path::{Path, PathBuf};
use std::process::Command;

use seawall_bench::Host;
use seawall_bench::kubebench::{
    Bounds, Choice, Filter, Options, Shell, Stamp, Targets, lint, run, write_json,
};
use serde_json::Value;

const MODULE: &str = "github.com/aquasecurity/kube-bench@v0.15.6";

/// kube-bench's configurations in Go's module cache; none, with a word about it, where Go can't
/// fetch them.
fn configurations() -> Option<PathBuf> {
    let downloaded = Command::new("go").args(["mod", "download", "-json", MODULE]).output();
    let folder = match downloaded {
        Ok(output) if output.status.success() => {
            let value: Value = serde_json::from_slice(&output.stdout).expect("JSON of go");
            value["Dir"].as_str().map(|folder| Path::new(folder).join("cfg"))
        }
        Ok(output) => {
            println!(
                "not run: go can't fetch kube-bench: {}",
                String::from_utf8_lossy(&output.stdout)
            );
            None
        }
        Err(error) => {
            println!("not run: there is no go to fetch kube-bench's configurations with: {error}");
            None
        }
    };
    folder.filter(|folder| folder.join("config.yaml").is_file())
}

fn benchmarks(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the configurations")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| {
            // A few are enough where all take too long.
            let only = std::env::var("SEAWALL_BENCHMARKS");
            only.map_or(true, |only| only.split(',').any(|one| one == name))
        })
        .collect();
    names.sort();
    names
}

fn seawall(folder: &Path, benchmark: &str, shell: &mut Shell) -> Value {
    let options = Options {
        directory: folder.to_owned(),
        config: None,
        choice: Choice::Benchmark(benchmark.to_owned()),
        targets: Targets::All,
        filter: Filter::default(),
    };
    let host = Host::new("/").expect("a root");
    let run = run(&options, &host, shell).expect(benchmark);
    let json = write_json(&run, &Stamp::default(), true).expect("JSON");
    serde_json::from_str(&json).expect("JSON")
}

/// Every controls file of every benchmark is read, and every check of it judged.
#[test]
fn every_benchmark_of_kube_bench_runs() {
    let Some(folder) = configurations() else { return };
    let mut checks = 0;
    let mut shell = Shell::new("/nowhere", Bounds::default());
    for benchmark in benchmarks(&folder) {
        let report = seawall(&folder, &benchmark, &mut shell);
        for controls in report["Controls"].as_array().expect("controls") {
            for group in controls["tests"].as_array().into_iter().flatten() {
                checks += group["results"].as_array().expect("results").len();
            }
        }
    }
    assert_eq!(checks, 4860);
}

/// What is known to be wrong with kube-bench's own configurations is found in them.
#[test]
fn known_mistakes_are_found() {
    let Some(folder) = configurations() else { return };
    let linted = lint::lint(&folder).expect("the configurations");
    assert_eq!(linted.checks, 4860);
    for (rule, file) in [
        ("unknown-operator", "k3s-cis-1.9/node.yaml"),
        ("wrong-level", "k3s-cis-1.8/config.yaml"),
        ("not-posix", "cis-1.12/policies.yaml"),
        ("verbs-not-split", "cis-1.12/policies.yaml"),
    ] {
        let found = linted
            .problems
            .iter()
            .any(|problem| problem.rule == rule && problem.file.ends_with(file));
        assert!(found, "{rule} in {file}");
    }
}

#[test]
fn kube_bench_says_the_same() {
    let Some(program) = peer() else { return };
    let Some(folder) = configurations() else { return };
    let mut compared = 0;
    let mut differ = Vec::new();
    for benchmark in benchmarks(&folder) {
        let output = Command::new(&program)
            .args(["run", "--json", "--benchmark", &benchmark, "-D"])
            .arg(&folder)
            .output()
            .expect("kube-bench");
        let peer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{benchmark}: {error}: {}", String::from_utf8_lossy(&output.stderr))
        });
        let mut shell = Shell::new("/", Bounds::default());
        let own = seawall(&folder, &benchmark, &mut shell);
        compared += differences(&benchmark, &own, &peer, &mut differ);
    }
    println!("{compared} values compared");
    let shown = differ[..differ.len().min(40)].join("\n");
    assert!(differ.is_empty(), "{} of {compared} values differ:\n{shown}", differ.len());
}

/// The same on nodes that look like real ones, in namespaces of their own: the test above runs there
/// again.
#[test]
fn kube_bench_says_the_same_of_good_and_bad_nodes() {
    if peer().is_none() {
        return;
    }
    let namespaces = ["-m", "-p", "-f", "--mount-proc"];
    let possible = Command::new("unshare").args(namespaces).arg("true").status();
    if !possible.is_ok_and(|status| status.success()) {
        println!("not run: no namespaces can be made here, which takes root");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer/node.sh");
    let test = std::env::current_exe().expect("this test");
    for kind in ["good", "bad"] {
        let output = Command::new("unshare")
            .args(namespaces)
            .arg("sh")
            .args([script.as_os_str(), kind.as_ref(), test.as_os_str()])
            .args(["--exact", "kube_bench_says_the_same", "--nocapture"])
            .output()
            .expect("unshare");
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "on a {kind} node:\n{said}\n{errors}");
        assert!(said.contains("values compared"), "{said}\n{errors}");
        println!(
            "on a {kind} node: {}",
            said.lines().find(|l| l.contains("compared")).unwrap_or("")
        );
    }
}

/// The kube-bench to compare with.
fn peer() -> Option<std::ffi::OsString> {
    let program = std::env::var_os("SEAWALL_KUBE_BENCH");
    if program.is_none() {
        println!("not run: SEAWALL_KUBE_BENCH names no kube-bench to compare with");
    }
    program
}

/// Goes through both reports, and counts the values that were compared.
fn differences(at: &str, own: &Value, peer: &Value, differ: &mut Vec<String>) -> usize {
    match (own, peer) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            keys.map(|key| {
                let (own, peer) = (&own[key], &peer[key]);
                differences(&format!("{at}.{key}"), own, peer, differ)
            })
            .sum()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .map(|(index, (own, peer))| {
                let name = own["test_number"].as_str().map_or(index.to_string(), str::to_owned);
                differences(&format!("{at}[{name}]"), own, peer, differ)
            })
            .sum(),
        (own, peer) if same(own, peer) => 1,
        (own, peer) => {
            differ.push(format!("{at}\n  seawall    {own}\n  kube-bench {peer}"));
            1
        }
    }
}

fn same(own: &Value, peer: &Value) -> bool {
    match (own, peer) {
        (Value::String(a), Value::String(b)) => {
            a == b || without_processes(a) == without_processes(b)
        }
        (a, b) => a == b,
    }
}

/// What of a text does not differ from run to run: numbers of processes and times do, the blanks that
/// fill their columns, and the order in which the parts of a pipe say what is wrong.
fn without_processes(text: &str) -> Vec<char> {
    let stays = |c: &char| !c.is_ascii_hexdigit() && !matches!(c, ':' | ' ' | '.');
    let mut characters: Vec<char> = text.chars().filter(stays).collect();
    characters.sort_unstable();
    characters
}
