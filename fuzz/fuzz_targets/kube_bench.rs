//! kube-bench's controls on any text: reading and judging the file does not panic, and what is
//! reported of it stands in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seawall_bench::kubebench::{Controls, lint};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data).into_owned();
    let lines = text.lines().count() as u32 + 1;
    let read = Controls::parse("node.yaml", text.clone());
    let linted = lint::lint_text("node.yaml", text, "node");
    for problem in &linted.problems {
        assert!(problem.line <= lines, "{problem:?}");
    }
    if let Ok(controls) = read {
        let checks: usize = controls.groups.iter().map(|group| group.checks.len()).sum();
        assert_eq!(checks, linted.checks, "the two readings differ");
    }
});
