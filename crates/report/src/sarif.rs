//! SARIF 2.1.0 (OASIS), for code scanning services and editors.
//!
//! Findings are results. What could not be read or decided, and exceptions that need a look, are
//! notifications of the invocation: a result of kind `open` would be shown as an alert by services
//! that do not know kinds.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use seawall_model::{
    Check, Finding, Level, NoticeKind, Origin, PartOutcome, Severity, Suppression,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::place::{Place, in_repository};
use crate::text::subject;
use crate::{Report, batch};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The base of relative paths, by the name that code scanning services know.
const ROOT: &str = "%SRCROOT%";

/// Writes the SARIF log, one result a line.
///
/// # Errors
///
/// Fails where `out` fails.
pub fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let rules = Rules::of(report);
    write!(out, "{{\n\"$schema\":\"{SCHEMA}\",\n\"version\":\"2.1.0\",\n\"runs\":[{{\n")?;
    write!(out, "\"columnKind\":\"unicodeCodePoints\",\n\"originalUriBaseIds\":")?;
    put(&json!({ROOT: {"description": {"text": "The directory that was scanned from."}}}), out)?;
    out.write_all(b",\n\"tool\":{\"driver\":{\"name\":\"Seawall\",\"semanticVersion\":")?;
    put(&report.version, out)?;
    out.write_all(b",\n\"notifications\":")?;
    put(
        &NOTIFICATIONS.map(|(id, text)| json!({"id": id, "shortDescription": {"text": text}})),
        out,
    )?;
    out.write_all(b",\n\"rules\":[")?;
    batch::write_all(&rules.list, out, |index, (check, severity), to| {
        to.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        put(&rule(check, *severity), to)
    })?;
    out.write_all(b"]}},\n\"invocations\":[")?;
    put(&invocation(report, &rules), out)?;
    out.write_all(b"],\n\"results\":[")?;
    batch::write_all(report.findings, out, |index, finding, to| {
        to.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        put(&ResultView::of(finding, &rules), to)
    })?;
    out.write_all(b"]\n}]\n}\n")
}

fn put(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

/// The checks that ran or found something, with the severity that holds here.
struct Rules {
    list: Vec<(&'static Check, Severity)>,
    index: HashMap<&'static str, usize>,
}

impl Rules {
    fn of(report: &Report<'_>) -> Self {
        let mut rules = Rules { list: Vec::new(), index: HashMap::new() };
        for (check, _) in report.tallies {
            rules.slot(check);
        }
        for unknown in report.unknown {
            rules.slot(unknown.check);
        }
        let mut configured: HashMap<usize, Severity> = HashMap::new();
        for finding in report.findings {
            let worst = configured.entry(rules.slot(finding.check)).or_insert(finding.severity);
            *worst = finding.severity.max(*worst);
        }
        for (slot, severity) in configured {
            rules.list[slot].1 = severity;
        }
        rules
    }

    fn slot(&mut self, check: &'static Check) -> usize {
        *self.index.entry(check.id).or_insert_with(|| {
            self.list.push((check, check.severity));
            self.list.len() - 1
        })
    }
}

fn rule(check: &Check, severity: Severity) -> Value {
    let mapping = check.mapping;
    let mut tags = vec!["security".to_owned(), "kubernetes".to_owned()];
    let mut tag = |framework: &str, ids: &[&str]| {
        tags.extend(ids.iter().map(|id| format!("{framework}/{id}")));
    };
    tag("nsa-cisa", mapping.nsa);
    tag("cis", mapping.cis);
    tag("pss", mapping.pss.map(Level::name).as_slice());
    tag("mitre", mapping.mitre);
    let mut properties = json!({"tags": tags, "severity": severity.name()});
    if let Some(score) = security_severity(severity) {
        properties["security-severity"] = score.into();
    }
    json!({
        "id": check.id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.rationale},
        "help": {
            "text": format!("{}\n\n{}", check.rationale, check.remedy),
            "markdown": seawall_checks::page(check),
        },
        "defaultConfiguration": {"level": level(severity)},
        "properties": properties,
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The middle of the range that GitHub's code scanning shows by our name: over 9.0 is critical,
/// from 7.0 high, from 4.0 medium, from 0.1 low. Below there is none.
fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

const UNREADABLE: &str = "unreadable";
const TEMPLATE: &str = "template";
const UNDECIDED: &str = "undecided";

const NOTIFICATIONS: [(&str, &str); 8] = [
    (UNREADABLE, "A file or document could not be read"),
    (TEMPLATE, "A template must be rendered before it can be scanned"),
    (UNDECIDED, "A check could not decide"),
    ("expired-exception", "An exception is past its date"),
    ("unused-exception", "An exception matches nothing"),
    ("invalid-exception", "An exception does not hold"),
    ("stale-baseline", "A finding of the baseline is gone"),
    ("peer-suppression", "A suppression written for another tool is not taken as it stands"),
];

fn invocation(report: &Report<'_>, rules: &Rules) -> Value {
    let unread = report.coverage.unread().map(|part| {
        let (id, level, column) = match part.outcome {
            PartOutcome::Unreadable { column, .. } => (UNREADABLE, "error", column),
            _ => (TEMPLATE, "warning", 0),
        };
        let mut physical = json!({"artifactLocation": artifact(&part.file)});
        if part.line > 0 {
            physical["region"] = json!({"startLine": part.line});
            if column > 0 {
                physical["region"]["startColumn"] = column.into();
            }
        }
        json!({
            "descriptor": {"id": id},
            "level": level,
            "message": {"text": message(&part.outcome.to_string())},
            "locations": [{"physicalLocation": physical}],
        })
    });
    let undecided = report.unknown.iter().map(|unknown| {
        let text = format!("{}: {}", subject(&unknown.subject), unknown.reason);
        json!({
            "descriptor": {"id": UNDECIDED},
            "associatedRule": {"id": unknown.check.id, "index": rules.index[unknown.check.id]},
            "level": "warning",
            "message": {"text": message(&text)},
            "locations": [{"physicalLocation": Physical::of(Place::of(&unknown.location))}],
        })
    });
    let notices = report.notices.iter().map(|notice| {
        json!({
            "descriptor": {"id": notice.kind.name()},
            "level": match notice.kind {
                NoticeKind::ExpiredException | NoticeKind::InvalidException => "warning",
                NoticeKind::UnusedException
                | NoticeKind::StaleBaseline
                | NoticeKind::PeerSuppression => "note",
            },
            "message": {"text": message(&notice.message)},
            "locations": [{"physicalLocation": Physical::of(Place::of(&notice.location))}],
        })
    });
    json!({
        "executionSuccessful": true,
        "toolExecutionNotifications": unread.chain(undecided).collect::<Vec<_>>(),
        "toolConfigurationNotifications": notices.collect::<Vec<_>>(),
    })
}

/// A message string: braces are doubled, for one brace begins a placeholder (§3.11.5), and what
/// looks like a link is kept from being one (§3.11.6).
fn message(text: &str) -> Cow<'_, str> {
    if !text.contains(['{', '}']) && !text.contains("](") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('{', "{{").replace('}', "}}").replace("](", "\\]("))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultView<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'a str,
    message: Text<'a>,
    locations: [LocationView<'a>; 1],
    partial_fingerprints: Fingerprints,
    /// Present in all results, empty where nothing is suppressed (§3.27.23).
    suppressions: Vec<SuppressionView<'a>>,
    properties: Properties<'a>,
}

/// The fingerprint under our own versioned name, and under the one name that GitHub's code
/// scanning looks at.
#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "seawall/v1")]
    seawall: String,
    #[serde(rename = "primaryLocationLineHash")]
    github: String,
}

#[derive(Serialize)]
struct Text<'a> {
    text: Cow<'a, str>,
}

#[derive(Serialize)]
struct Properties<'a> {
    severity: &'a str,
    path: Cow<'a, str>,
}

#[derive(Serialize)]
struct SuppressionView<'a> {
    kind: &'a str,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'a str>,
}

impl<'a> SuppressionView<'a> {
    fn of(suppression: &'a Suppression) -> Self {
        SuppressionView {
            kind: match suppression.origin {
                Origin::Comment | Origin::Annotation | Origin::Peer(_) => "inSource",
                Origin::Config | Origin::Baseline | Origin::PeerFile(_) => "external",
            },
            status: "accepted",
            justification: (!suppression.reason.is_empty()).then_some(&*suppression.reason),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LocationView<'a> {
    physical_location: Physical,
    logical_locations: [Logical<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'a> {
    name: &'a str,
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

impl Physical {
    fn of(place: Place<'_>) -> Self {
        Physical {
            artifact_location: artifact(place.file),
            region: Region {
                start_line: place.start.line,
                start_column: place.start.column,
                end_line: place.end.line,
                end_column: place.end.column,
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

/// A path as a URI (RFC 3986): an absolute one by itself, others against the root.
fn artifact(file: &str) -> Artifact {
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let encode = |path| utf8_percent_encode(path, KEPT);
    let absolute = |uri| Artifact { uri, uri_base_id: None };
    match file.as_bytes() {
        [b'/', ..] => absolute(format!("file://{}", encode(file))),
        [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => {
            absolute(format!("file:///{}:{}", char::from(*drive), encode(&file[2..])))
        }
        _ => Artifact { uri: encode(in_repository(file)).to_string(), uri_base_id: Some(ROOT) },
    }
}

impl<'a> ResultView<'a> {
    fn of(finding: &'a Finding, rules: &Rules) -> Self {
        let fingerprint = finding.fingerprint.to_string();
        let object = &finding.site.subject.object;
        let container = finding.site.subject.container.as_deref();
        ResultView {
            rule_id: finding.check.id,
            rule_index: rules.index[finding.check.id],
            level: level(finding.severity),
            message: Text { text: message(&finding.message) },
            locations: [LocationView {
                physical_location: Physical::of(Place::of_finding(finding)),
                logical_locations: [Logical {
                    name: container.unwrap_or(&object.name),
                    fully_qualified_name: subject(&finding.site.subject),
                    kind: if container.is_some() { "container" } else { "resource" },
                }],
            }],
            partial_fingerprints: Fingerprints {
                github: fingerprint.clone(),
                seawall: fingerprint,
            },
            suppressions: finding.suppressed.iter().map(|by| SuppressionView::of(by)).collect(),
            properties: Properties { severity: finding.severity.name(), path: finding.path() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        let uri = |file| artifact(file).uri;
        assert_eq!(uri("a/b c#1?%.yaml"), "a/b%20c%231%3F%25.yaml");
        assert_eq!(uri("./ä.yaml"), "%C3%A4.yaml");
        assert_eq!(uri("../x:y.yaml"), "../x%3Ay.yaml");
        assert_eq!(uri("/srv/a.yaml"), "file:///srv/a.yaml");
        assert_eq!(uri("C:/a b.yaml"), "file:///C:/a%20b.yaml");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
        assert_eq!(artifact("/srv/a.yaml").uri_base_id, None);
    }

    #[test]
    fn messages_hold_no_placeholder_and_no_link() {
        assert_eq!(message("emptyDir: {} in {0}"), "emptyDir: {{}} in {{0}}");
        assert_eq!(message("[x](1)"), "[x\\](1)");
        assert!(matches!(message("spec.containers[app]"), Cow::Borrowed(_)));
    }
}
