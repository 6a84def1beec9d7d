//! What kube-bench's configurations cost: reading a controls file, linting it, and running it with
//! audits of its own for every check or the same for many, as real ones have.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use seawall_bench::Host;
use seawall_bench::kubebench::{
    Bounds, Choice, Controls, Filter, Options, Shell, Targets, lint, run,
};

/// Checks in a file: as many as the largest of kube-bench's has, about.
const CHECKS: usize = 60;

/// A controls file whose checks ask `audits` different commands in turn.
fn controls(audits: usize) -> String {
    let mut text =
        "id: 4\nversion: own\ntext: t\ntype: node\ngroups:\n- id: 4.1\n  text: g\n  checks:\n"
            .to_owned();
    for check in 0..CHECKS {
        let audit = check % audits;
        // Writing to a String can't fail.
        let _infallible = write!(
            text,
            "  - id: 4.1.{check}\n    text: \"Ensure that --flag-{check} is set (Automated)\"\n    \
             audit: \"echo program --flag-{check}=true {audit} | grep program\"\n    tests:\n      \
             bin_op: or\n      test_items:\n      - flag: \"--flag-{check}\"\n        path: \
             '{{.flags.f{check}}}'\n        compare:\n          op: eq\n          value: true\n      - \
             flag: \"--flag-{check}\"\n        set: false\n    remediation: |\n      Set the flag \
             --flag-{check}\n      in $kubeletconf\n    scored: true\n"
        );
    }
    if audits < CHECKS {
        // The same command for all that share one.
        let lines = text.lines().map(|line| match line.split_once("echo program") {
            Some((before, rest)) => {
                let number = rest.split_whitespace().nth(1).unwrap_or_default();
                format!("{before}echo program {number} | grep program\"")
            }
            None => line.to_owned(),
        });
        return lines.collect::<Vec<_>>().join("\n");
    }
    text
}

fn configuration(folder: &Path, audits: usize) -> Options {
    fs::create_dir_all(folder.join("own")).expect("a directory");
    let config =
        "node: {components: []}\nversion_mapping: {\"1.34\": own}\ntarget_mapping: {own: [node]}\n";
    fs::write(folder.join("config.yaml"), config).expect("a file");
    fs::write(folder.join("own/node.yaml"), controls(audits)).expect("a file");
    Options {
        directory: folder.to_owned(),
        config: None,
        choice: Choice::Benchmark("own".to_owned()),
        targets: Targets::All,
        filter: Filter::default(),
    }
}

fn kube_bench(c: &mut Criterion) {
    let text = controls(CHECKS);
    c.bench_function("kube-bench/read 60 checks", |b| {
        b.iter(|| Controls::parse("node.yaml", black_box(text.clone())).expect("controls"));
    });
    c.bench_function("kube-bench/lint 60 checks", |b| {
        b.iter(|| lint::lint_text("node.yaml", black_box(text.clone()), "node"));
    });
    let host = Host::new("/").expect("a root");
    let mut group = c.benchmark_group("kube-bench");
    group.sample_size(10);
    for audits in [CHECKS, 6] {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let options = configuration(folder.path(), audits);
        group.bench_function(format!("run 60 checks with {audits} audits"), |b| {
            b.iter(|| {
                let mut shell = Shell::new("/", Bounds::default());
                run(&options, &host, &mut shell).expect("a run")
            });
        });
    }
}

criterion_group!(benches, kube_bench);
criterion_main!(benches);
