//! kube-bench's JUnit XML: a suite for each controls file, a case for each check with its JSON as
//! output.
//!
//! Warnings are skipped cases there, as they are here; `seawall bench run -o junit` counts what could
//! not be told as an error.

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use super::check::State;
use super::go;
use super::json::CheckView;
use super::run::{CheckResult, ControlsResult, Run, Summary};

/// Writes a run.
///
/// # Errors
///
/// Where `out` fails.
pub fn write_junit(run: &Run, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    out.write_all(b"<testsuites>\n")?;
    for controls in &run.controls {
        suite(controls, out)?;
    }
    out.write_all(b"\n</testsuites>\n")
}

type Xml<'o> = Writer<&'o mut dyn std::io::Write>;

fn suite(controls: &ControlsResult, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let summary = Summary::of(controls.results());
    let tests = summary.pass + summary.fail + summary.warn + summary.info;
    let mut xml = Writer::new_with_indent(out, b' ', 4);
    let start = BytesStart::new("testsuite").with_attributes([
        ("name", visible(&controls.text).as_str()),
        ("tests", &tests.to_string()),
        ("failures", &summary.fail.to_string()),
        ("errors", "0"),
        ("time", "0"),
    ]);
    xml.write_event(Event::Start(start))?;
    for group in &controls.groups {
        for result in &group.checks {
            case(&group.text, result, &mut xml)?;
        }
    }
    xml.write_event(Event::End(BytesEnd::new("testsuite")))
}

fn case(group: &str, result: &CheckResult, xml: &mut Xml<'_>) -> std::io::Result<()> {
    let CheckResult { check, judged } = result;
    let start = BytesStart::new("testcase").with_attributes([
        ("name", visible(&format!("{} {}", check.id, check.text)).as_str()),
        ("classname", &visible(group)),
        ("time", "0"),
    ]);
    xml.write_event(Event::Start(start))?;
    match judged.state {
        State::Fail => {
            let failure = BytesStart::new("failure").with_attributes([("type", "")]);
            element(xml, failure, &check.remediation)?;
        }
        State::Warn | State::Info => element(xml, BytesStart::new("skipped"), "")?,
        State::Pass => {}
    }
    let json = go::json(&CheckView::of(result)).map_err(std::io::Error::other)?;
    element(xml, BytesStart::new("system-out"), &json)?;
    xml.write_event(Event::End(BytesEnd::new("testcase")))
}

fn element(xml: &mut Xml<'_>, start: BytesStart<'_>, text: &str) -> std::io::Result<()> {
    let end = start.to_end().into_owned();
    xml.write_event(Event::Start(start))?;
    xml.write_event(Event::Text(BytesText::new(&visible(text))))?;
    xml.write_event(Event::End(end))
}

/// A text without the characters that XML can't hold; each becomes the replacement character.
fn visible(text: &str) -> String {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if allowed(c) { c } else { '\u{fffd}' }).collect()
}
