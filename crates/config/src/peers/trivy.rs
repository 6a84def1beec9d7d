//! Trivy: `#trivy:ignore:KSV-0017` comments (`pkg/iac/ignore`), which hold for what begins on their
//! line, or stand above it, with all below it; `.trivyignore` and `.trivyignore.yaml`
//! (`pkg/result/ignore.go`); `trivy.yaml`.
//!
//! An id is written as `KSV017`, `KSV-0017` or `AVD-KSV-0017`. An expiry date of Trivy's is the first
//! day on which a suppression no longer holds.

use std::collections::HashMap;
use std::sync::Arc;

use globset::GlobBuilder;
use seawall_model::document::{Kind, Node};
use seawall_model::{Inventory, Origin, Peer, Severity, Source, Span};
use time::Date;

use super::file::{Draft, Rule, Setting};
use super::{Found, Reading, covering_any};
use crate::decision::{Pattern, Scope};
use crate::exception::Field;
use crate::file::parse_date;
use crate::glob;
use crate::marks::Comment;

const PEER: Peer = Peer::Trivy;

/// The files that hold for the folder in which Trivy is started.
pub const IGNORE_FILES: &[&str] = &[".trivyignore", ".trivyignore.yaml", ".trivyignore.yml"];

/// Whether two ids are of the same rule.
pub(super) fn same(a: &str, b: &str) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.eq_ignore_ascii_case(b),
    }
}

/// The number of a rule about Kubernetes.
fn number(id: &str) -> Option<u32> {
    let id = id.to_ascii_uppercase();
    let id = id.strip_prefix("AVD-").unwrap_or(&id);
    let digits = id.strip_prefix("KSV")?;
    digits.strip_prefix('-').unwrap_or(digits).parse().ok()
}

/// What one comment says of one rule.
struct Ignore<'c> {
    id: &'c str,
    expires: Option<Date>,
    reason: &'c str,
}

pub(super) fn comments(inventory: &Inventory, comments: &[&Comment], reading: &mut Reading) {
    let mut by_source: HashMap<*const Source, Vec<(u32, Option<Span>)>> = HashMap::new();
    for comment in comments {
        let lines = by_source.entry(Arc::as_ptr(&comment.source)).or_default();
        lines.push((comment.line, None));
    }
    for document in inventory.documents() {
        if let Some(lines) = by_source.get_mut(&Arc::as_ptr(document.source())) {
            lines.sort_unstable_by_key(|(line, _)| *line);
            lines.dedup_by_key(|(line, _)| *line);
            let root = document.root();
            widen(lines, root, root.span().start, root.span().end);
            blocks(lines, root);
        }
    }
    for comment in comments {
        let lines = &by_source[&Arc::as_ptr(&comment.source)];
        let place = lines.binary_search_by_key(&comment.line, |(line, _)| *line);
        let span = place.ok().and_then(|i| lines[i].1);
        for parsed in parse(comment.words()) {
            let ignore = match parsed {
                Ok(ignore) => ignore,
                Err(why) => {
                    reading.tell(comment.location(), why);
                    continue;
                }
            };
            let Some(span) = span else {
                let why = format!("nothing begins below `trivy:ignore:{}`", ignore.id);
                reading.tell(comment.location(), why);
                continue;
            };
            let checks = match ignore.id {
                "*" => covering_any(PEER),
                id => reading.checks(PEER, id, &comment.location()),
            };
            reading.add(
                checks,
                Found {
                    origin: Origin::Peer(PEER),
                    scope: Scope::Range(Arc::clone(&comment.source), span),
                    bounds: Vec::new(),
                    reason: ignore.reason.to_owned(),
                    expires: ignore.expires,
                    location: comment.location(),
                    what: format!("`trivy:ignore:{}`", ignore.id),
                },
            );
        }
    }
}

/// Finds what begins on the lines: the entries of maps and the items of lists. Depth is bounded by
/// the reader.
fn blocks(lines: &mut [(u32, Option<Span>)], node: Node<'_>) {
    for (key, value) in node.entries() {
        let span = value.span();
        // What an alias stands for begins elsewhere.
        let end = if span.start < key.span().start { key.span().end } else { span.end };
        widen(lines, key, key.span().start, end.max(key.span().end));
        blocks(lines, value);
    }
    for item in node.items() {
        widen(lines, item, item.span().start, item.span().end);
        blocks(lines, item);
    }
}

/// Notes a block, if it begins on one of the lines and is the widest that does.
fn widen(lines: &mut [(u32, Option<Span>)], node: Node<'_>, start: u32, end: u32) {
    let line = node.document().source().position_in_text(start).line;
    if let Ok(i) = lines.binary_search_by_key(&line, |(line, _)| *line) {
        let widest = lines[i].1.is_none_or(|span| span.end - span.start < end - start);
        if widest {
            lines[i].1 = Some(Span { start, end });
        }
    }
}

/// The rules of a comment, from its first `trivy:ignore:` on. What is no rule is the reason.
fn parse(text: &str) -> Vec<Result<Ignore<'_>, String>> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(word) = rest.split_whitespace().next() {
        let Some(rule) = word.trim_start_matches(['#', '/', '*']).strip_prefix("trivy:") else {
            break;
        };
        words.push(rule);
        rest = rest.trim_start()[word.len()..].trim_start();
    }
    words.into_iter().map(|rule| parse_rule(rule, rest)).collect()
}

fn parse_rule<'c>(rule: &'c str, reason: &'c str) -> Result<Ignore<'c>, String> {
    let mut ignore = Ignore { id: "", expires: None, reason };
    let mut sections = rule.split(':');
    while let (Some(key), Some(value)) = (sections.next(), sections.next()) {
        match key {
            "ignore" if value.contains('[') => {
                return Err(format!(
                    "`trivy:{rule}` depends on parameters, which Kubernetes objects do not have"
                ));
            }
            "ignore" => ignore.id = value,
            "exp" => ignore.expires = Some(last_day(value)?),
            other => return Err(format!("`trivy:{rule}`: {other} does not apply to Kubernetes")),
        }
    }
    if ignore.id.is_empty() {
        return Err(format!("`trivy:{rule}` names no rule"));
    }
    Ok(ignore)
}

/// The last day before an expiry date.
fn last_day(text: &str) -> Result<Date, String> {
    let date = text.get(..10).and_then(parse_date);
    date.and_then(Date::previous_day)
        .ok_or_else(|| format!("{text:?} is no date; Trivy writes it like 2027-01-31"))
}

/// Whether an id is of a kind that only other scanners of Trivy's find.
fn is_of_kubernetes(id: &str) -> bool {
    let id = id.to_ascii_uppercase();
    id.strip_prefix("AVD-").unwrap_or(&id).starts_with("KSV")
}

/// Reads a `.trivyignore`. `folder` is where it stands, with a slash at the end, or empty where it
/// holds for all that is scanned.
pub(super) fn ignore_lines(source: &Arc<Source>, folder: &str, draft: &mut Draft) {
    let mut offset = 0;
    let mut remarks: Vec<&str> = Vec::new();
    for line in source.text().split_inclusive('\n') {
        let start = offset + (line.len() - line.trim_start().len()) as u32;
        offset += line.len() as u32;
        let text = line.trim();
        let span = Span { start, end: start + text.len() as u32 };
        if let Some(remark) = text.strip_prefix('#') {
            remarks.push(remark.trim());
            continue;
        }
        let mut fields = text.split_whitespace();
        let Some(id) = fields.next() else {
            remarks.clear();
            continue;
        };
        if !is_of_kubernetes(id) {
            draft.leave_at(span, &format!("{id} is not about the configuration of Kubernetes"));
            continue;
        }
        let expires = match fields.find_map(|field| field.strip_prefix("exp:")).map(last_day) {
            None => None,
            Some(Ok(date)) => Some(date),
            Some(Err(why)) => {
                draft.refuse_at(span, &why);
                continue;
            }
        };
        draft.rules.push(Rule {
            ids: Some(vec![id.to_owned()]),
            bounds: below(folder),
            labels: Vec::new(),
            // A remark above the line is the only reason that the file has room for.
            reason: remarks.join(" "),
            expires,
            location: draft.location(span),
            what: format!("{id} in {}", source.name()),
        });
    }
}

fn below(folder: &str) -> Vec<(Field, Pattern)> {
    let bound = (!folder.is_empty()).then(|| Pattern::any_of(&[folder], true).ok()).flatten();
    bound.map(|pattern| (Field::File, pattern)).into_iter().collect()
}

pub(super) fn is_ignore_yaml(root: Node<'_>) -> bool {
    root.get("misconfigurations")
        .is_some_and(|list| list.kind() == Kind::Seq && list.items().all(|i| i.get("id").is_some()))
}

/// Reads a `.trivyignore.yaml`.
pub(super) fn ignore_yaml(root: Node<'_>, folder: &str, draft: &mut Draft) {
    for (key, value) in root.entries() {
        if key.text() != "misconfigurations" {
            if value.items().next().is_some() {
                draft.leave(key, &format!("{} are not about configuration", key.text()));
            }
            continue;
        }
        for item in value.items() {
            let text = |key: &str| item.get(key).map_or("", Node::text);
            let id = text("id");
            if !is_of_kubernetes(id) {
                draft.leave(item, &format!("{id} is not about the configuration of Kubernetes"));
                continue;
            }
            let expires = match item.get("expired_at").map(|at| last_day(at.text())) {
                None => None,
                Some(Ok(date)) => Some(date),
                Some(Err(why)) => {
                    draft.refuse(item, &why);
                    continue;
                }
            };
            let paths: Vec<&str> =
                item.get("paths").into_iter().flat_map(Node::items).map(Node::text).collect();
            let bounds = if paths.is_empty() {
                below(folder)
            } else {
                match paths_pattern(&paths, folder) {
                    Ok(pattern) => vec![(Field::File, pattern)],
                    Err(error) => {
                        draft.refuse(item, &format!("paths: {error}"));
                        continue;
                    }
                }
            };
            draft.rules.push(Rule {
                ids: Some(vec![id.to_owned()]),
                bounds,
                labels: Vec::new(),
                reason: text("statement").to_owned(),
                expires,
                location: item.location(),
                what: format!("{id} in {}", draft.name()),
            });
        }
    }
}

/// Paths are globs (doublestar) from the folder that is scanned.
fn paths_pattern(paths: &[&str], folder: &str) -> Result<Pattern, globset::Error> {
    let folder = glob::escaped(folder);
    let globs: Vec<String> = paths
        .iter()
        .map(|path| format!("{folder}{}", path.strip_prefix("./").unwrap_or(path)))
        .collect();
    let glob = match &globs[..] {
        [one] => one.clone(),
        many => format!("{{{}}}", many.join(",")),
    };
    Ok(Pattern::Glob(GlobBuilder::new(&glob).literal_separator(true).build()?.compile_matcher()))
}

/// By two keys, as one alone may stand in any file.
pub(super) fn is_config(root: Node<'_>) -> bool {
    const KEYS: [&str; 6] =
        ["exit-code", "ignorefile", "misconfiguration", "scan", "severity", "vulnerability"];
    root.get("apiVersion").is_none()
        && KEYS.iter().filter(|key| root.get(key).is_some()).count() > 1
}

/// Reads a `trivy.yaml`.
pub(super) fn config(root: Node<'_>, draft: &mut Draft) {
    for (key, value) in root.entries() {
        match key.text() {
            "severity" => severities(root, value, draft),
            "exit-code" if root.get("severity").is_some() && value.as_i64() != Some(0) => {}
            "exit-code" => draft.leave(
                key,
                "exit-code: findings give exit code 1 from `fail-on` up, which is high by itself",
            ),
            "ignorefile" => draft.leave(
                key,
                &format!("ignorefile: name {} as a target of the import", value.text()),
            ),
            other => draft.leave(key, &format!("{other} has no counterpart")),
        }
    }
}

/// A severity that is shown, with all above it, is one at which to fail, where Trivy fails at all.
fn severities(root: Node<'_>, value: Node<'_>, draft: &mut Draft) {
    const LEVELS: [(&str, Severity); 4] = [
        ("CRITICAL", Severity::Critical),
        ("HIGH", Severity::High),
        ("MEDIUM", Severity::Medium),
        ("LOW", Severity::Low),
    ];
    let fails = root.get("exit-code").and_then(Node::as_i64).is_some_and(|code| code != 0);
    if !fails {
        return draft.leave(value, "severity: what is shown can't be cut, only what fails");
    }
    let named: Vec<String> = if value.kind() == Kind::Seq {
        value.items().map(|item| item.text().to_ascii_uppercase()).collect()
    } else {
        value.text().split(',').map(|text| text.trim().to_ascii_uppercase()).collect()
    };
    let has = |name: &str| named.iter().any(|named| named == name);
    let from_above = LEVELS.iter().take_while(|(name, _)| has(name)).count();
    let all = LEVELS.iter().filter(|(name, _)| has(name)).count();
    if from_above == all && from_above > 0 {
        draft.set(value, Setting::FailOn(LEVELS[from_above - 1].1));
    } else {
        draft.leave(value, "severity: not a level with all above it, which is what fail-on is");
    }
}
