//! The fixed input of the golden tests: every kind of thing that a report can say.

use std::sync::Arc;

use seawall_checks::{Control, Decided, Framework};
use seawall_model::{
    Finding, Location, Notice, NoticeKind, Origin, Part, PartOutcome, Source, Span, Suppression,
};

use super::scan::Scan;

static FRAMEWORK: Framework = Framework {
    id: "nsa-cisa",
    title: "Hardening Guidance 1.2",
    controls: &[
        Control { id: "C-0057", title: "Privileged container", decided: Decided::ByChecks },
        Control { id: "C-0013", title: "Non-root containers", decided: Decided::ByChecks },
        Control { id: "C-0034", title: "Service account tokens", decided: Decided::ByChecks },
        Control { id: "C-0044", title: "Host ports", decided: Decided::ByChecks },
        Control {
            id: "C-0069",
            title: "Anonymous access to the kubelet",
            decided: Decided::Elsewhere("it takes the kubelet's configuration"),
        },
    ],
};

const WEB: &str = "\
# The storefront.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      containers:
        - name: app
          image: registry.example.com/web:1.0
          securityContext:
            privileged: yes
        - name: proxy
          securityContext: {privileged: \"true\"}
        - name: debug
          securityContext:
            privileged: true # seawall: ignore[privileged] until the driver is fixed
";

const UNICODE: &str = "\
apiVersion: v1\r
kind: Pod\r
metadata:\r
  name: käse-漢字\r
spec:\r
  securityContext: {runAsUser: 1000}\r
  containers:\r
    - {name: 漢字, securityContext: {privileged: on}}\r
---\r
apiVersion: v1\r
kind: Pod\r
metadata:\r
  name: \"evil\\u001b[31m|`<b>@all\\u202e\"\r
  namespace: \"=cmd()\"\r
spec:\r
  containers:\r
    - name: \"a\\n::error::b{0}\"\r
\x20     securityContext: {privileged: true}\r
";

/// A line that is cut around its mark.
fn long_line() -> String {
    let env: Vec<String> =
        (0..30).map(|n| format!("{{\"name\":\"V{n}\",\"value\":\"{n}\"}}")).collect();
    let env = env.join(",");
    format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"long\"}},\"spec\":\
         {{\"securityContext\":{{\"runAsUser\":1}},\"containers\":[{{\"name\":\"one\",\
         \"env\":[{env}],\"securityContext\":{{\"privileged\":true}},\"args\":[\"{}\"]}}]}}}}",
        "x".repeat(200)
    )
}

/// A scan of it.
pub fn fixed() -> Scan {
    let mut scan = Scan::of([
        ("shop/web.yaml".to_owned(), WEB.to_owned()),
        ("shop/a b,漢字.yaml".to_owned(), UNICODE.to_owned()),
        ("./long.json".to_owned(), long_line()),
    ]);
    let suppress = |finding: &mut Finding, origin, reason: &str| {
        finding.suppressed = Some(Box::new(Suppression { origin, reason: reason.to_owned() }));
    };
    let findings = &mut scan.results.findings;
    let of = |findings: &[Finding], container: &str| {
        findings
            .iter()
            .position(|finding| finding.site.subject.container.as_deref() == Some(container))
            .expect("the input has the container")
    };
    let (debug, one) = (of(findings, "debug"), of(findings, "one"));
    suppress(&mut findings[debug], Origin::Comment, "until the driver is fixed");
    suppress(&mut findings[one], Origin::Baseline, "");
    assert_eq!(scan.results.unknown.len(), 1);
    scan.coverage.other_files = 3;
    let part =
        |file: &str, document, line, outcome| Part { file: file.into(), document, line, outcome };
    let cause = "mapping values are not allowed here \u{1b}]0;x".to_owned();
    scan.coverage.parts.extend([
        part("chart/templates/web.yaml", 0, 0, PartOutcome::Template { engine: "Helm" }),
        part("bad.yaml", 1, 1, PartOutcome::Scanned { objects: 2 }),
        part("bad.yaml", 2, 7, PartOutcome::Unreadable { cause, column: 9 }),
        part(
            "secret.yaml",
            0,
            0,
            PartOutcome::Unreadable { cause: "permission denied".to_owned(), column: 0 },
        ),
        part(
            "values.yaml",
            1,
            1,
            PartOutcome::NotKubernetes { why: "no apiVersion and no kind".to_owned() },
        ),
    ]);
    let config = "exceptions:\n  - check: privileged\n    until: 2020-01-01\n";
    let source = Arc::new(Source::new("seawall.yaml", config.to_owned()));
    let notice = |kind, message: &str, start, end| Notice {
        kind,
        message: message.to_owned(),
        location: Location { source: Arc::clone(&source), span: Span { start, end } },
    };
    scan.notices = vec![
        notice(NoticeKind::ExpiredException, "the exception ended on 2020-01-01", 45, 55),
        notice(NoticeKind::UnusedException, "the exception matches nothing", 23, 33),
    ];
    scan.framework = Some(&FRAMEWORK);
    scan
}
