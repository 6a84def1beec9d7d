//! What holds of any configuration and any results.

use proptest::prelude::*;
use seawall_bench::drift::{ChangeKind, drift};
use seawall_bench::gather::Gathered;
use seawall_bench::kubebench::{
    Check, CheckResult, Controls, ControlsResult, GroupResult, Judged, Run, Stamp, State, lint,
    read_json, to_native, write_json,
};

/// Text that is like a controls file, and often is none.
fn controls() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("type: node\n".to_owned()),
        Just("groups:\n".to_owned()),
        Just("- id: 1\n".to_owned()),
        Just("  checks:\n".to_owned()),
        Just("  - id: 1.1\n".to_owned()),
        Just("    audit: \"ps -ef | grep $kubeletbin\"\n".to_owned()),
        Just("    tests:\n      test_items:\n".to_owned()),
        Just(
            "      - flag: \"--a\"\n        compare:\n          op: eq\n          value: 1\n"
                .to_owned()
        ),
        "[ ]{0,8}[a-z_]{1,8}: [ -~]{0,12}\n",
    ];
    prop::collection::vec(line, 0..24).prop_map(|lines| lines.concat())
}

fn result() -> impl Strategy<Value = CheckResult> {
    let states = [State::Pass, State::Fail, State::Warn, State::Info];
    let texts = ("[0-9.]{1,6}", any::<String>(), any::<String>(), any::<String>());
    (texts, prop::sample::select(states.to_vec()), any::<(bool, bool)>()).prop_map(
        |((id, text, actual, reason), state, (scored, multiple))| CheckResult {
            check: Check { id, text, scored, multiple, ..Check::default() },
            judged: Judged { state, actual, expected: "x <&> y".to_owned(), reason },
        },
    )
}

fn run() -> impl Strategy<Value = Run> {
    prop::collection::vec(result(), 1..8).prop_map(|checks| Run {
        benchmark: "own".to_owned(),
        controls: vec![ControlsResult {
            id: "1".to_owned(),
            version: "own".to_owned(),
            detected_version: "1.34".to_owned(),
            text: "t".to_owned(),
            node_type: "node".to_owned(),
            groups: vec![GroupResult { id: "1.1".to_owned(), text: "g".to_owned(), checks }],
        }],
        ..Run::default()
    })
}

proptest! {
    #[test]
    fn any_text_is_read_and_linted_alike(text in prop_oneof![controls(), any::<String>()]) {
        let linted = lint::lint_text("node.yaml", text.clone(), "node");
        let lines = text.lines().count() as u32 + 1;
        for problem in &linted.problems {
            prop_assert!(problem.line <= lines, "{:?}", problem);
        }
        if let Ok(controls) = Controls::parse("node.yaml", text) {
            let checks: usize = controls.groups.iter().map(|group| group.checks.len()).sum();
            prop_assert_eq!(checks, linted.checks);
        }
    }

    #[test]
    fn what_is_written_as_kube_benchs_json_reads_back(run in run(), totals: bool) {
        let stamp = Stamp { node: Some("n".to_owned()), time: None };
        let json = write_json(&run, &stamp, totals).expect("JSON");
        let (back, read) = read_json("report", &json).expect("the same JSON");
        prop_assert_eq!(&back, &run);
        prop_assert_eq!(read.node.is_some(), totals);
        let mut gathered = Gathered::default();
        gathered.text("report", &json, Some("n")).expect("a report");
        prop_assert_eq!(gathered.reports.len(), 1);
    }

    #[test]
    fn drift_has_a_direction(before in run(), after in run()) {
        let of = |run: &Run| [to_native(run, &Stamp::default(), "1")];
        let (before, after) = (of(&before), of(&after));
        prop_assert!(drift(&before, &before).is_empty());
        let both = |from, to, kind| {
            let changes = drift(from, to);
            let seen = |change: &&seawall_bench::drift::Change| {
                change.kind == kind && change.before.is_some() && change.after.is_some()
            };
            changes.iter().filter(seen).map(|change| change.id.clone()).collect::<Vec<_>>()
        };
        prop_assert_eq!(
            both(&before, &after, ChangeKind::Regression),
            both(&after, &before, ChangeKind::Improvement)
        );
    }
}

/// Found by fuzzing: a carriage return ends a line as well, behind which no blanks are put.
#[test]
fn quoted_text_that_no_indentation_helps_is_an_error() {
    let text = "groups:\n  - text: \"\rode\n  c\"\n".to_owned();
    let error = Controls::parse("node.yaml", text).expect_err("malformed").to_string();
    assert!(error.contains("indentation in quoted"), "{error}");
}
