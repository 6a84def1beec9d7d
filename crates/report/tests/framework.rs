//! What a framework's controls come to, and that no doubt ends as a pass.

mod support;

use seawall_model::{Origin, Suppression};
use seawall_report::framework::{Status, summarise};
use support::fixed::fixed;
use support::scan::Scan;

/// The status of a control.
fn status(scan: &Scan, control: &str) -> Status {
    let framework = fixed().framework.expect("the input has one");
    let results = summarise(framework, &scan.report());
    assert_eq!(results.len(), framework.controls.len(), "no control is left out");
    let result = results.into_iter().find(|result| result.control.id == control);
    result.expect("the framework has the control").status
}

#[test]
fn a_control_is_the_worst_of_its_checks() {
    let mut scan = fixed();
    assert_eq!(status(&scan, "C-0057"), Status::Failed);
    for finding in &mut scan.results.findings {
        let reason = "accepted".to_owned();
        finding.suppressed = Some(Box::new(Suppression { origin: Origin::Config, reason }));
    }
    assert_eq!(status(&scan, "C-0057"), Status::Unknown, "one container is undecided");
    assert_eq!(status(&scan, "C-0013"), Status::Excepted, "others pass, but not these");
    scan.results.unknown.clear();
    assert_eq!(status(&scan, "C-0057"), Status::Unknown, "the tally says so too");
    scan.results.findings.clear();
    assert_eq!(status(&scan, "C-0013"), Status::Passed);
}

#[test]
fn a_control_without_an_answer_says_so() {
    let scan = Scan::of([]);
    assert_eq!(status(&scan, "C-0057"), Status::NotApplicable);
    assert!(matches!(status(&scan, "C-0044"), Status::NotDecided(why) if why.contains("checks")));
    assert!(matches!(status(&scan, "C-0069"), Status::NotDecided(why) if why.contains("kubelet")));
}
