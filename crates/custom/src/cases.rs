//! Cases of custom checks: objects that a check must find fault with, and others that it must not.
//!
//! They are kept as built-in checks keep theirs, in [`Check::cases`], so that the check's page shows
//! them; `seawall checks --test` tries them.

use std::sync::Arc;

use seawall_checks::{Selection, run};
use seawall_model::document::{Kind, Limits, Node, chunks, read};
use seawall_model::{Check, Entry, Inventory, Settings, Source};
use serde_json::json;

/// One case as `seawall.yaml` has it.
pub(crate) struct Case<'a> {
    pub(crate) name: Option<&'a str>,
    /// Whether the check must fail, and with what in its message.
    pub(crate) fails: bool,
    pub(crate) says: Option<&'a str>,
    pub(crate) object: Node<'a>,
}

/// A case that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Its name, or what it expects and its number.
    pub name: String,
    /// What is not as it should be; `None` where all is.
    pub wrong: Option<String>,
}

/// Tries the cases of a check, in the order of their kind: first those that must fail.
pub fn try_cases(check: &'static Check, settings: &Settings) -> Vec<Tried> {
    let source = Arc::new(Source::new("cases", check.cases.to_owned()));
    let mut tried = Vec::new();
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            for (verdict, list) in document.root().entries() {
                for case in list.items() {
                    let text = |key| case.get(key).and_then(Node::as_str);
                    let manifest = text("manifest").unwrap_or_default();
                    let says = (verdict.text() == "fail").then(|| text("says").unwrap_or_default());
                    let name = text("name").unwrap_or_default().to_owned();
                    tried.push(Tried { name, wrong: wrong(check, manifest, says, settings) });
                }
            }
        }
    }
    tried
}

/// What is wrong with a check's answer; `says` is what its message must hold where it must fail.
fn wrong(
    check: &'static Check,
    manifest: &str,
    says: Option<&str>,
    settings: &Settings,
) -> Option<String> {
    let inventory = match inventory(manifest) {
        Ok(inventory) => inventory,
        Err(why) => return Some(why),
    };
    let results = run(&inventory, &Selection::new([(check, check.severity)]), settings);
    if let Some(unknown) = results.unknown.first() {
        return Some(format!("it can't be told: {}", unknown.reason));
    }
    match (says, &results.findings[..]) {
        (None, []) => None,
        (None, [found, ..]) => Some(format!("it should pass, but: {}", found.message)),
        (Some(_), []) => Some("it should fail, and passes".to_owned()),
        (Some(says), found) if found.iter().any(|found| found.message.contains(says)) => None,
        (Some(says), [found, ..]) => {
            Some(format!("it should say {says:?}, but says: {}", found.message))
        }
    }
}

/// Cases as checks keep them.
pub(crate) fn kept(cases: &[Case<'_>]) -> String {
    let of = |fails: bool| -> Vec<_> {
        let of_kind = cases.iter().filter(|case| case.fails == fails).enumerate();
        of_kind
            .map(|(index, case)| {
                let what = if fails { "fails" } else { "passes" };
                let name =
                    case.name.map_or_else(|| format!("{what}, {}", index + 1), str::to_owned);
                json!({"name": name, "says": case.says, "manifest": text_of(case.object)})
            })
            .collect()
    };
    json!({"fail": of(true), "pass": of(false)}).to_string()
}

/// The text of an object: of a string the string, of a map what is written, moved to the margin.
pub(crate) fn text_of(object: Node<'_>) -> String {
    if object.kind() == Kind::Str {
        return object.text().to_owned();
    }
    let source = object.document().source();
    let span = object.span();
    let line = source.line_start(source.line_of(span.start)).unwrap_or(0);
    let column = (span.start - line) as usize;
    let written = &source.text()[span.start as usize..span.end as usize];
    let moved = |line: &str| {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        line[blanks.min(column)..].to_owned()
    };
    let mut lines = written.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    std::iter::once(first).chain(lines.map(moved)).collect::<Vec<_>>().join("\n")
}

/// The objects of a case.
pub(crate) fn inventory(manifest: &str) -> Result<Inventory, String> {
    let source = Arc::new(Source::new("case", manifest.to_owned()));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        if let Some(error) = reading.error {
            return Err(format!("the case can't be read: {error}"));
        }
        for document in reading.documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    if inventory.is_empty() {
        return Err("the case holds no object".to_owned());
    }
    Ok(inventory)
}
