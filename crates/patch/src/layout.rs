//! How a document is laid out: lines, indentation, quotes.

use std::cell::OnceCell;
use std::ops::Range;

use seawall_model::Span;
use seawall_model::document::{Document, Kind, Node};

use crate::render::Style;

/// A document's text and the habits of its author.
pub(crate) struct Layout<'a> {
    text: &'a str,
    document: &'a Document,
    steps: OnceCell<(usize, usize)>,
}

/// How many lists and maps are looked at to learn how they are indented.
const SAMPLE: usize = 2000;

impl<'a> Layout<'a> {
    pub(crate) fn new(document: &'a Document) -> Self {
        Layout { text: document.source().text(), document, steps: OnceCell::new() }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// A piece of the text.
    pub(crate) fn written(&self, span: Span) -> &'a str {
        &self.text[span.start as usize..span.end as usize]
    }

    /// Where the line of a place starts.
    pub(crate) fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line of a place ends, before its line end.
    pub(crate) fn line_end(&self, at: usize) -> usize {
        match self.text[at..].find('\n') {
            None => self.text.len(),
            Some(length) => {
                let end = at + length;
                if end > at && self.text.as_bytes()[end - 1] == b'\r' { end - 1 } else { end }
            }
        }
    }

    /// Where the next line starts; the end of the text after the last.
    pub(crate) fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |length| at + length + 1)
    }

    /// The line end in use at a place: that of its line, or of the line before the last.
    pub(crate) fn eol(&self, at: usize) -> &'static str {
        let next = self.text[at..].find('\n').map(|length| at + length);
        let newline = next.or_else(|| self.text[..at].rfind('\n'));
        match newline {
            Some(newline) if self.text[..newline].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// The text of the line before a place.
    pub(crate) fn before(&self, at: usize) -> &'a str {
        &self.text[self.line_start(at)..at]
    }

    /// Whether a place is the first on its line.
    pub(crate) fn is_first(&self, at: usize) -> bool {
        let before = self.text[..at].trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with('\n')
    }

    /// Blanks that bring a new line to the column of a place.
    pub(crate) fn prefix(&self, at: usize) -> String {
        self.before(at).chars().map(|c| if c == '\t' { c } else { ' ' }).collect()
    }

    /// Blanks at the start of the line of a place.
    pub(crate) fn indentation(&self, at: usize) -> &'a str {
        let line = &self.text[self.line_start(at)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// The next place from `at` on that is neither blank nor in a comment.
    pub(crate) fn skip(&self, mut at: usize) -> usize {
        loop {
            let rest = &self.text[at..];
            at += rest.len() - rest.trim_start().len();
            if !self.text[at..].starts_with('#') {
                return at;
            }
            at = self.next_line(at);
        }
    }

    /// The dash of the list item that starts at a place.
    pub(crate) fn dash(&self, item: usize) -> Option<usize> {
        let before = self.text[..item].trim_end().strip_suffix('-')?;
        let apart = before.len() + 1 < item;
        let alone = before.is_empty() || before.ends_with([' ', '\t', '\n', '-']);
        (apart && alone).then_some(before.len())
    }

    /// The colon behind a key.
    pub(crate) fn colon(&self, key: Node<'_>) -> Option<usize> {
        let end = key.span().end as usize;
        let rest = &self.text[end..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        rest[blanks..].starts_with(':').then_some(end + blanks)
    }

    /// The alias on the line behind a key's colon, if the value is one.
    pub(crate) fn alias(&self, key: Node<'_>) -> Option<Range<usize>> {
        let colon = self.colon(key)?;
        let rest = &self.text[colon + 1..];
        let start = colon + 1 + rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let name = self.text[start..].strip_prefix('*')?;
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}');
        Some(start..start + 1 + name.find(ends).unwrap_or(name.len()))
    }

    /// Where a value behind a key ends in the text: of an alias, the alias.
    pub(crate) fn value_end(&self, key: Node<'_>, value: Node<'_>) -> usize {
        self.alias(key).map_or(value.span().end as usize, |alias| alias.end)
    }

    /// Where something new goes behind a block list or map whose entries stand at `column`.
    pub(crate) fn behind(&self, node: Node<'_>, column: usize) -> usize {
        let mut at = self.line_end(node.span().end as usize);
        if column == 0 {
            return at;
        }
        loop {
            let next = self.next_line(at);
            let line = &self.text[next..self.line_end(next)];
            let indented = line.len() - line.trim_start_matches([' ', '\t']).len();
            if !line[indented..].starts_with('#') || indented < column {
                return at;
            }
            at = self.line_end(next);
        }
    }

    /// By how much a map is indented below its key.
    pub(crate) fn map_step(&self) -> usize {
        self.steps().0
    }

    /// By how much the dashes of a list are indented below its key.
    pub(crate) fn list_step(&self) -> usize {
        self.steps().1
    }

    fn steps(&self) -> (usize, usize) {
        *self.steps.get_or_init(|| {
            let (mut maps, mut lists) = (Vec::new(), Vec::new());
            let blocks = self
                .document
                .nodes()
                .filter(|node| matches!(node.kind(), Kind::Map | Kind::Seq) && !node.is_flow());
            for node in blocks.take(SAMPLE) {
                let Some(key) = node.key() else { continue };
                let start = node.span().start as usize;
                let start = match node.kind() {
                    Kind::Seq => self.dash(start),
                    _ => Some(start),
                };
                let Some(start) = start else { continue };
                let (own, of_key) =
                    (self.before(start).len(), self.before(key.span().start as usize).len());
                let Some(step) = own.checked_sub(of_key) else { continue };
                if node.kind() == Kind::Seq {
                    lists.push(step);
                } else if step > 0 {
                    maps.push(step);
                }
            }
            let map = most(&maps).unwrap_or(2);
            (map, most(&lists).unwrap_or(map))
        })
    }

    /// Whether the document is JSON in manner: brackets and double quotes from the root on.
    fn is_json(&self) -> bool {
        self.document.root().is_flow() && self.first_key().is_some_and(|key| self.quotes(key))
    }

    fn first_key(&self) -> Option<Node<'a>> {
        self.document.root().descendants().find_map(Node::key)
    }

    fn quotes(&self, key: Node<'_>) -> bool {
        self.written(key.span()).starts_with('"')
    }

    /// One step of indentation, where each entry of a JSON document has its own line.
    pub(crate) fn json_step(&self) -> Option<&'a str> {
        let key = self.first_key().filter(|_| self.is_json())?.span().start as usize;
        let root = self.indentation(self.document.root().span().start as usize);
        self.before(key)
            .strip_prefix(root)
            .filter(|step| !step.is_empty() && step.trim().is_empty())
    }

    /// How values are written inside `node`, which is in brackets.
    pub(crate) fn style(&self, node: Node<'_>) -> Style {
        let own = node.descendants().skip(1).find_map(Node::key);
        let quoted = own.map_or(self.is_json(), |key| self.quotes(key));
        let model = own.map(Node::span).or(self.first_key().map(Node::span));
        let after = |at: u32| self.text[at as usize..].strip_prefix(':');
        let close = quoted
            && model
                .and_then(|key| after(key.end))
                .is_some_and(|rest| !rest.starts_with([' ', '\n', '\r']));
        Style {
            quoted,
            colon: if close { ":" } else { ": " },
            comma: if close { "," } else { ", " },
        }
    }
}

/// The most frequent number, the smallest of several.
fn most(steps: &[usize]) -> Option<usize> {
    let count = |step: usize| steps.iter().filter(|other| **other == step).count();
    let mut distinct = steps.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.into_iter().rev().max_by_key(|step| count(*step))
}
