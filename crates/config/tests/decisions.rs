//! Own decisions: comments, annotations, exceptions, baselines, and which of them is named.

mod support;

use seawall_config::Baseline;
use seawall_model::NoticeKind;
use support::{Given, POD, scan, scan_with};

const CHECK: &str = "privileged-container";

/// The pod with a comment behind the first `privileged: true`.
fn behind(comment: &str) -> String {
    POD.replacen("privileged: true", &format!("privileged: true  {comment}"), 1)
}

/// The pod with lines above the first `privileged: true`.
fn above(lines: &str) -> String {
    POD.replacen("        privileged: true", &format!("{lines}\n        privileged: true"), 1)
}

#[test]
fn a_comment_holds_for_its_line() {
    let text = behind("# seawall: ignore[privileged-container] the driver needs it");
    let scan = scan(&[("web.yaml", &text)]);
    assert_eq!(scan.suppressed(CHECK), [("comment", "app", "the driver needs it")]);
    assert!(scan.notices.is_empty(), "{:?}", scan.notices);
}

#[test]
fn a_comment_alone_holds_for_the_next_line_that_is_none() {
    let scan = scan(&[(
        "web.yaml",
        &above(
            "        # seawall: ignore[privileged-container]: one\n        # more words\n        \
             # seawall: ignore[unused-check-name, dangerous-capability] two",
        ),
    )]);
    assert_eq!(scan.suppressed(CHECK), [("comment", "app", "one")]);
    let invalid = scan.told(NoticeKind::InvalidException);
    assert_eq!(invalid.len(), 1, "{invalid:?}");
    assert!(invalid[0].contains("there is no check \"unused-check-name\""), "{invalid:?}");
}

#[test]
fn one_comment_names_several_checks() {
    let text = POD.replacen(
        "      securityContext:",
        "      # seawall: ignore[capabilities-not-dropped, seccomp-missing] both\n      securityContext:",
        1,
    );
    let scan = scan(&[("web.yaml", &text)]);
    let lines: Vec<u32> = scan
        .findings
        .iter()
        .filter(|finding| finding.suppressed.is_some())
        .map(|finding| finding.site.start.line)
        .collect();
    let unused = scan.told(NoticeKind::UnusedException).len();
    assert_eq!(lines.len() + unused, 2, "{lines:?} {:?}", scan.notices);
    assert!(lines.iter().all(|line| *line == 11), "{lines:?}");
}

#[test]
fn text_that_looks_like_a_comment_is_none() {
    let config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: y}\ndata:\n  \
                      a: |\n    # seawall: ignore[nothing] in a block of text\n  b: 'x # seawall: \
                      ignore[nothing] y'\n  c: x#seawall:ignore\n";
    let scan = scan(&[("map.yaml", config_map)]);
    assert!(scan.told(NoticeKind::InvalidException).is_empty(), "{:?}", scan.notices);
}

#[test]
fn a_comment_without_a_reason_or_a_check_is_invalid() {
    for (comment, why) in [
        ("# seawall: ignore[privileged-container]", "gives no reason"),
        ("# seawall: ignore[privileged-container] - ", "gives no reason"),
        ("# seawall: ignore privileged-container", "write `# seawall: ignore[check-id] reason`"),
        ("# seawall: ignore[priviledged-container] x", "did you mean \"privileged-container\"?"),
    ] {
        let scan = scan(&[("web.yaml", &behind(comment))]);
        assert!(scan.suppressed(CHECK).is_empty(), "{comment}");
        let invalid = scan.told(NoticeKind::InvalidException);
        assert!(invalid.len() == 1 && invalid[0].contains(why), "{comment}: {invalid:?}");
    }
}

#[test]
fn an_annotation_holds_for_its_object_or_one_container() {
    let annotate = |text: &str, line: &str| {
        text.replacen(
            "  namespace: shop",
            &format!("  namespace: shop\n  annotations:\n    {line}"),
            1,
        )
    };
    let whole = annotate(POD, "seawall.dev/ignore.privileged-container: a driver");
    let one = annotate(POD, "seawall.dev/ignore.privileged-container.log: a driver");
    let both = [("annotation", "app", "a driver"), ("annotation", "log", "a driver")];
    assert_eq!(scan(&[("web.yaml", &whole)]).suppressed(CHECK), both);
    assert_eq!(scan(&[("web.yaml", &one)]).suppressed(CHECK), both[1..]);
    let other = POD.replace("name: web", "name: other");
    assert_eq!(scan(&[("a.yaml", &whole), ("b.yaml", &other)]).suppressed(CHECK), both);
    let empty = annotate(POD, "seawall.dev/ignore.privileged-container: ''");
    let scan = scan(&[("web.yaml", &empty)]);
    assert_eq!(scan.told(NoticeKind::InvalidException).len(), 1);
    assert!(scan.suppressed(CHECK).is_empty());
}

#[test]
fn an_annotation_of_a_template_holds_for_its_pods() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  \
                template:\n    metadata:\n      annotations:\n        \
                seawall.dev/ignore.privileged-container: a driver\n    spec:\n      containers:\n      \
                - name: app\n        securityContext: {privileged: true}\n";
    let scan = scan(&[("web.yaml", text)]);
    assert_eq!(scan.suppressed(CHECK), [("annotation", "app", "a driver")]);
}

#[test]
fn exceptions_are_bound_expire_and_go_unused() {
    let config = "exceptions:\n\
                  - {check: privileged-*, container: app, reason: first}\n\
                  - {check: privileged-container, name: other, reason: unused}\n\
                  - {check: privileged-container, container: log, reason: late, owner: net, \
                  expires: 2027-03-14}\n\
                  - {check: privileged-container, path: 'spec.containers[log].*', value: 'true', \
                  reason: path, expires: 2027-03-15}\n";
    let scan = scan_with(&[("web.yaml", POD)], &Given { config, ..Given::default() });
    assert_eq!(scan.suppressed(CHECK), [("config", "app", "first"), ("config", "log", "path")]);
    let expired = scan.told(NoticeKind::ExpiredException);
    assert_eq!(
        expired,
        ["the exception for privileged-container (owner net) expired after 2027-03-14: fix the \
          finding or decide anew"]
    );
    let unused = scan.told(NoticeKind::UnusedException);
    assert_eq!(unused, ["the exception for privileged-container matches no finding; remove it"]);
}

#[test]
fn a_baseline_holds_what_was_there_and_tells_what_is_gone() {
    let first = scan(&[("web.yaml", POD)]);
    let written = Baseline::write(&first.findings);
    let baseline = Baseline::parse("baseline.json", written.clone()).expect("it was written so");
    let given = Given { baseline: Some(&baseline), ..Given::default() };
    let moved = format!("# moved\n\n{POD}");
    let again = scan_with(&[("renamed.yaml", &moved)], &given);
    assert!(!again.findings.is_empty());
    assert!(again.findings.iter().all(|finding| finding.suppressed.is_some()));
    assert!(again.notices.is_empty(), "{:?}", again.notices);
    let fewer = POD.replacen("privileged: true", "privileged: false", 1);
    let fewer = scan_with(&[("web.yaml", &fewer)], &given);
    let gone: Vec<_> =
        fewer.notices.iter().filter(|n| n.kind == NoticeKind::StaleBaseline).collect();
    let of_it = gone
        .iter()
        .find(|n| n.message == "privileged-container of Pod shop/web [app] is gone")
        .unwrap_or_else(|| panic!("{gone:?}"));
    let line = written.lines().nth(of_it.location.start().line as usize - 1);
    assert!(line.is_some_and(|line| line.contains(CHECK) && line.contains("[app]")), "{line:?}");
}

#[test]
fn the_nearest_decision_is_named_and_all_count_as_used() {
    let text = behind("# seawall: ignore[privileged-container] here").replacen(
        "  namespace: shop",
        "  namespace: shop\n  annotations:\n    seawall.dev/ignore.privileged-container: there\n    \
         ignore-check.kube-linter.io/privileged-container: elsewhere",
        1,
    );
    let baseline = Baseline::write(&scan(&[("web.yaml", POD)]).findings);
    let baseline = Baseline::parse("baseline.json", baseline).expect("it was written so");
    let given = Given {
        config: "exceptions: [{check: privileged-container, reason: in the file}]",
        peers: Some(&[]),
        baseline: Some(&baseline),
    };
    let scan = scan_with(&[("web.yaml", &text)], &given);
    let expected = [("comment", "app", "here"), ("annotation", "log", "there")];
    assert_eq!(scan.suppressed(CHECK), expected);
    assert!(scan.told(NoticeKind::UnusedException).is_empty(), "{:?}", scan.notices);
}

#[test]
fn thousands_of_decisions_and_findings_are_matched_by_place() {
    use std::fmt::Write as _;
    let mut text = String::from(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  containers:\n",
    );
    for n in 0..5000 {
        // Writing to a String can't fail.
        let _infallible = write!(
            text,
            "  - name: c{n}\n    securityContext:\n      # seawall: ignore[privileged-container] no \
             {n}\n      privileged: true\n"
        );
    }
    let inventory = support::inventory(&[("web.yaml", &text)]);
    let check = seawall_checks::find(CHECK).expect("there is the check");
    let selection = seawall_checks::Selection::new([(check, check.severity)]);
    let mut findings =
        seawall_checks::run(&inventory, &selection, &seawall_model::Settings::default()).findings;
    let decisions = seawall_config::Decisions {
        exceptions: &[],
        peers: Some(&[]),
        baseline: None,
        today: support::today(),
        ran: &[],
    };
    let began = std::time::Instant::now();
    let notices = decisions.apply(&inventory, &mut findings);
    assert!(notices.is_empty());
    assert_eq!(findings.len(), 5000);
    for (n, finding) in findings.iter().enumerate() {
        let reason = finding.suppressed.as_ref().map(|s| s.reason.clone());
        assert_eq!(reason, Some(format!("no {n}")));
    }
    // A product of the two takes minutes in a debug build.
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
