//! No text from a stranger breaks a format, or gets a control character past one.

mod support;

use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use proptest::prelude::*;
use quick_xml::events::Event;
use seawall_model::{
    Coverage, Finding, Fingerprint, Location, Notice, NoticeKind, ObjectId, Origin, Part,
    PartOutcome, Severity, Site, Source, Span, Subject, Suppression, Unknown,
};
use seawall_report::{Format, Options, json};
use support::fixed::fixed;
use support::scan::Scan;

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(json::SCHEMA).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
});

/// A scan in which every text that a stranger can choose is one of these.
fn scan(texts: &[String], text: &str, span: Span) -> Scan {
    let mut scan = fixed();
    let check = scan.results.findings[0].check;
    let mut next = texts.iter().cycle().cloned();
    let mut next = || next.next().expect("there are texts");
    let source = Arc::new(Source::new(next(), text.to_owned()));
    let location = || Location { source: Arc::clone(&source), span };
    let mut subject = || Subject {
        object: Arc::new(ObjectId {
            api_version: next(),
            kind: next(),
            namespace: Some(next()),
            name: next(),
        }),
        container: Some(next().into()),
    };
    let subjects = [subject(), subject(), subject()];
    let [a, b, c] = subjects;
    let mut finding = |subject, severity, suppressed| Finding {
        check,
        severity,
        site: Arc::new(Site::new(subject, &next(), location())),
        detail: next().into(),
        message: next().into(),
        fingerprint: Fingerprint::of(&[&next()]),
        suppressed,
        secret: false,
    };
    let reason = texts[0].clone();
    let suppression = Box::new(Suppression { origin: Origin::Comment, reason });
    let findings =
        vec![finding(a, Severity::Critical, None), finding(b, Severity::Medium, Some(suppression))];
    scan.results.findings = findings;
    scan.results.unknown =
        vec![Unknown { check, subject: c, reason: next(), location: location() }];
    scan.notices =
        vec![Notice { kind: NoticeKind::InvalidException, message: next(), location: location() }];
    scan.coverage = Coverage {
        parts: vec![Part {
            file: next().into(),
            document: 1,
            line: 3,
            outcome: PartOutcome::Unreadable { cause: next(), column: 2 },
        }],
        other_files: 0,
    };
    scan
}

fn rendered(scan: &Scan, format: Format) -> String {
    let times = (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH);
    let options = Options { colour: false, verbose: true, times };
    let mut bytes = Vec::new();
    format.render(&scan.report(), &options, &mut bytes).expect("a Vec takes all");
    String::from_utf8(bytes).expect("reports are UTF-8")
}

fn assert_harmless(report: &str) {
    let harm = report.chars().find(|&c| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    assert_eq!(harm, None, "{report}");
}

/// Letters, and all that means something to a format or a terminal.
fn text() -> impl Strategy<Value = String> {
    let special = proptest::sample::select(vec![
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\0",
        "\u{1b}[2J",
        "\u{7f}",
        "\u{9b}",
        "\u{202e}",
        "\u{2066}",
        "\u{fffe}",
        "\u{ffff}",
        "::error::",
        "::",
        "%0A",
        "%",
        ",",
        ";",
        "\"",
        "'",
        "`",
        "``",
        "|",
        "\\",
        "<",
        ">",
        "&",
        "]]>",
        "<!--",
        "{",
        "}",
        "{0}",
        "](",
        "=",
        "+",
        "-",
        "@",
        "#",
        "漢",
        "ä",
        "🦀",
        " ",
        "/",
        ":",
        "a",
    ]);
    prop_oneof![
        proptest::collection::vec(special, 0..8).prop_map(|parts| parts.concat()),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_format_holds(
        texts in proptest::collection::vec(text(), 1..6),
        source in text(),
        start in 0_u32..40,
        length in 0_u32..40,
    ) {
        let end = source.len() as u32;
        let span = Span { start: start.min(end), end: (start + length).min(end) };
        let scan = scan(&texts, &source, span);

        for format in [Format::Json, Format::Sarif, Format::Gitlab] {
            let report: serde_json::Value =
                serde_json::from_str(&rendered(&scan, format)).expect("the report is JSON");
            if format == Format::Json {
                prop_assert_eq!(
                    report["findings"][0]["message"].as_str(),
                    Some(&*scan.results.findings[0].message)
                );
                prop_assert!(SCHEMA.is_valid(&report));
            }
        }

        let xml = rendered(&scan, Format::Junit);
        assert_harmless(&xml);
        let mut reader = quick_xml::Reader::from_str(&xml);
        let mut cases = 0;
        loop {
            match reader.read_event().expect("the XML is well-formed") {
                Event::Eof => break,
                Event::Start(start) | Event::Empty(start) => {
                    for attribute in start.attributes() {
                        let attribute = attribute.expect("attributes are well-formed");
                        let value = attribute
                            .normalized_value(quick_xml::XmlVersion::Explicit1_0)
                            .expect("entities are known");
                        prop_assert!(value.chars().all(in_xml), "{value:?}");
                    }
                    cases += u32::from(start.name().as_ref() == "testcase");
                }
                _ => {}
            }
        }
        // Two findings, one unknown, one part; and one case each for two checks without a finding.
        prop_assert_eq!(cases, 6);

        let csv = rendered(&scan, Format::Csv);
        assert_harmless(&csv);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows: Vec<_> = reader.records().collect::<Result<_, _>>().expect("the CSV parses");
        prop_assert_eq!(rows.len(), 4);
        for cell in rows.iter().flatten() {
            prop_assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
        }

        let github = rendered(&scan, Format::Github);
        assert_harmless(&github);
        prop_assert_eq!(github.lines().count(), 4);
        for line in github.lines() {
            prop_assert!(line.starts_with("::error file=") || line.starts_with("::warning file="));
        }

        assert_harmless(&rendered(&scan, Format::Text));
        let markdown = rendered(&scan, Format::Markdown);
        assert_harmless(&markdown);
        prop_assert!(markdown.chars().count() <= seawall_report::markdown::MOST);

        let html = rendered(&scan, Format::Html);
        assert_harmless(&html);
        prop_assert_eq!(html.matches("<script>").count(), 1);
        let (_, list) = html.split_once("<div id=\"list\">").expect("a list");
        let (list, _) = list.split_once("<button").expect("its end");
        prop_assert_eq!(list.matches("<li class=\"f").count(), 2);
        prop_assert_eq!(list.matches("<details ").count(), list.matches("</details>").count());
        for tag in list.split('<').skip(1) {
            prop_assert_eq!(tag.matches('>').count(), 1, "{}", tag);
            prop_assert!(TAGS.iter().any(|known| tag.trim_start_matches('/').starts_with(known)));
        }
    }
}

/// The elements of a resource in the HTML page.
const TAGS: [&str; 17] = [
    "details", "summary", "h3", "h4", "span", "b", "div", "ul", "li", "p", "a", "code", "pre", "i",
    "mark", "noscript", "button",
];

/// `Char` of XML 1.0.
fn in_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
