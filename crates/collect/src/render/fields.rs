//! Where do the fields of a rendered object stand in the file that it was made of?
//!
//! Both are trees, so they are walked side by side: by key, list items by `name` as the API server
//! merges most lists, others in their order where none was added. A field with the same value there
//! has its line there; one that was changed, or added, is near what it stands for or below.
//!
//! Kustomize drops comments, and decisions stand in them (`# seawall: ignore[…]`). Those of fields
//! that were found are put back.

use std::collections::BTreeMap;

use seawall_model::document::{Kind, Node};
use seawall_model::{LineOrigin, Source};

/// A rendered document with the comments of the file that `original` stands in, and the origin of
/// each of its lines there.
pub(super) fn merge(rendered: Node<'_>, original: Node<'_>) -> (String, Vec<LineOrigin>) {
    let text = rendered.document().source().text();
    let mut found =
        Found { lines: vec![near(original); text.split('\n').count()], comments: BTreeMap::new() };
    found.pair(rendered, original);
    let mut merged = String::with_capacity(text.len());
    let mut origins = Vec::with_capacity(found.lines.len());
    for (index, (line, origin)) in text.split('\n').zip(found.lines).enumerate() {
        let indent = &line[..line.len() - line.trim_start().len()];
        for (comment, origin) in found.comments.remove(&index).unwrap_or_default() {
            merged.extend([indent, &comment, "\n"]);
            origins.push(origin);
        }
        merged.extend([line, "\n"]);
        origins.push(origin);
    }
    merged.pop();
    (merged, origins)
}

/// What was found of a rendered document.
struct Found {
    lines: Vec<LineOrigin>,
    /// Comments to stand above a line.
    comments: BTreeMap<usize, Vec<(String, LineOrigin)>>,
}

impl Found {
    fn pair(&mut self, rendered: Node<'_>, original: Node<'_>) {
        match (rendered.kind(), original.kind()) {
            (Kind::Map, Kind::Map) => {
                for (key, value) in rendered.entries() {
                    let found = original.entries().find(|(other, _)| other.text() == key.text());
                    if let Some(other) = found {
                        self.place((key, value), other);
                    }
                }
            }
            (Kind::Seq, Kind::Seq) => {
                let others: Vec<Node<'_>> = original.items().collect();
                let same_number = rendered.items().count() == others.len();
                for (index, item) in rendered.items().enumerate() {
                    let found = match key_of(item) {
                        Some(key) => others.iter().find(|other| key_of(**other) == Some(key)),
                        None => others.get(index).filter(|_| same_number),
                    };
                    if let Some(&other) = found {
                        self.place((item, item), (other, other));
                    }
                }
            }
            _ => {}
        }
    }

    /// Gives the lines of an entry their origins: `(key, value)`, of a list's item twice the item.
    fn place(&mut self, rendered: (Node<'_>, Node<'_>), original: (Node<'_>, Node<'_>)) {
        let ((key, value), (other_key, other)) = (rendered, original);
        let source = key.document().source();
        let at = |offset: u32| source.line_of(offset).saturating_sub(1) as usize;
        let last = at(value.span().end).min(self.lines.len() - 1);
        let first = at(key.span().start).min(last);
        // All that is not found below stands near here.
        self.lines[first..=last].fill(near(other_key));
        let is_scalar = |node: Node<'_>| !matches!(node.kind(), Kind::Map | Kind::Seq);
        if value.kind() != other.kind() || (is_scalar(value) && value.text() != other.text()) {
            return;
        }
        if is_scalar(value) {
            self.lines[first..=last].fill(made(other_key, other));
            same_lines(key, last, other_key, &mut self.lines);
        } else {
            self.lines[first] = made(other_key, other_key);
            same_lines(key, first, other_key, &mut self.lines);
        }
        // Those of an item that is a map are those of its first key.
        if key != value || is_scalar(value) {
            let end = if is_scalar(other) { other } else { other_key };
            self.comments.entry(first).or_insert_with(|| comments(other_key, end.span().end));
        }
        self.pair(value, other);
    }
}

/// The comments of an entry: on the lines right above its key, and behind its value (or, of a list
/// or map, its key), which ends at a byte.
fn comments(key: Node<'_>, end: u32) -> Vec<(String, LineOrigin)> {
    let source: &Source = key.document().source();
    let comment = |line: u32, text: &str| {
        let from = source.line(line).chars().count() - text.chars().count();
        let to = source.line(line).trim_end().chars().count();
        let (from, to) = (from as u32 + 1, to as u32 + 1);
        (text.trim_end().to_owned(), LineOrigin::Made { line, from, to })
    };
    let first = source.line_of(key.span().start);
    let above = (1..first).rev().map(|line| (line, source.line(line).trim_start()));
    let mut comments: Vec<_> = above
        .take_while(|(_, text)| text.starts_with('#'))
        .map(|(line, text)| comment(line, text))
        .collect();
    comments.reverse();
    let last = source.line_of(end);
    let from = end.saturating_sub(source.line_start(last).unwrap_or(end)) as usize;
    let behind = source.line(last).get(from..).unwrap_or_default().trim_start_matches(':');
    if let Some(text) = behind.strip_prefix([' ', '\t']).map(str::trim_start)
        && text.starts_with('#')
    {
        comments.push(comment(last, text));
    }
    comments
}

/// What tells an item from the others of its list.
fn key_of(item: Node<'_>) -> Option<&str> {
    match item.kind() {
        Kind::Map => item.get("name").map(Node::text),
        Kind::Seq => None,
        _ => Some(item.text()),
    }
}

/// Marks the lines from a key to `last` that stand in the other file as they are, but for a comment.
fn same_lines(key: Node<'_>, last: usize, other: Node<'_>, lines: &mut [LineOrigin]) {
    let (source, other_source) = (key.document().source(), other.document().source());
    let first = source.line_of(key.span().start);
    let other_first = other_source.line_of(other.span().start);
    for line in first..=last as u32 + 1 {
        let other_line = other_first + (line - first);
        let (text, other_text) = (source.line(line), other_source.line(other_line));
        let rest = other_text.trim().strip_prefix(text.trim());
        let is_same = |rest: &str| rest.is_empty() || rest.trim_start_matches(' ').starts_with('#');
        if !rest.is_some_and(is_same) {
            break;
        }
        let indent = |text: &str| (text.len() - text.trim_start().len()) as i32;
        let shift = indent(other_text) - indent(text);
        lines[line as usize - 1] = LineOrigin::Same { line: other_line, shift };
    }
}

fn made(key: Node<'_>, value: Node<'_>) -> LineOrigin {
    let source = key.document().source();
    let start = source.position(key.span().start);
    let end = source.position(value.span().end);
    let end = if end.line == start.line { end } else { source.position(key.span().end) };
    LineOrigin::Made { line: start.line, from: start.column, to: end.column.max(start.column) }
}

pub(super) fn near(node: Node<'_>) -> LineOrigin {
    let source = node.document().source();
    let span = node.anchor();
    let (start, end) = (source.position(span.start), source.position(span.end));
    let to = if end.line == start.line { end.column } else { start.column };
    LineOrigin::Near { line: start.line, from: start.column, to }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seawall_model::Source;
    use seawall_model::document::{Document, Limits, chunks, read};

    use super::*;

    fn document(text: &str) -> Document {
        let source = Arc::new(Source::new("t", text.to_owned()));
        let mut reading = read(&source, chunks(&source)[0], &Limits::default());
        reading.documents.pop().expect("it is a document")
    }

    #[test]
    fn finds_fields_by_key_and_name() {
        let original = document(
            "# a comment
kind: Pod
metadata: {name: web}
spec:
    containers:
      - image: a:1 # pinned
        name: app
        securityContext:
            privileged: true
      - name: sidecar
        image: b:1
",
        );
        let rendered = document(
            "kind: Pod
metadata:
  name: dev-web
  namespace: dev
spec:
  containers:
  - image: s:1
    name: added
  - image: a:1
    name: app
    securityContext:
      privileged: true
  - image: b:2
    name: sidecar",
        );
        let (text, origins) = merge(rendered.root(), original.root());
        assert!(text.starts_with("# a comment\nkind: Pod\n"), "{text}");
        assert!(text.contains("  # pinned\n  - image: a:1\n"), "{text}");
        let found: Vec<String> = origins
            .into_iter()
            .map(|origin| match origin {
                LineOrigin::Same { line, shift } => format!("{line}={shift}"),
                LineOrigin::Made { line, from, to } => format!("{line}~{from}-{to}"),
                LineOrigin::Near { line, .. } => format!("{line}?"),
            })
            .collect();
        assert_eq!(
            found,
            [
                "1~1-12", "2=0", "3~1-9", "3?", "3?", "4=0", "5=2", "5?", "5?", "6~20-28", "6=4",
                "7=4", "8=4", "9=6", "11?", "10~9-22",
            ]
        );
    }
}
