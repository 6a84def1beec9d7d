//! A fast path for the plain YAML that makes up nearly all manifests.
//!
//! Block maps and lists, scalars on one line, literal blocks, and brackets on one line, in ASCII.
//! At the first thing that is anything else (an anchor, a tag, a folded scalar, a tab, an error) it
//! gives up, and the whole document is read by the full parser. It never decides differently: the
//! same builder makes the same nodes with the same places, which tests and a fuzz target hold
//! against the full parser.

use std::sync::Arc;

use super::build::{Builder, Text};
use super::{Chunk, Document, Kind, Limits, scalar, yaml};
use crate::source::{Source, Span};

/// Reads a chunk that is plain; `None` where it is not.
pub(super) fn read(source: &Arc<Source>, chunk: Chunk, limits: &Limits) -> Option<Vec<Document>> {
    let text = &source.text()[chunk.span.start as usize..chunk.span.end as usize];
    if !text.bytes().all(|b| matches!(b, b'\n' | b' '..=b'~')) {
        return None;
    }
    let mut reader = Reader {
        bytes: text.as_bytes(),
        text,
        base: chunk.span.start,
        builder: Builder::new(source, limits, text.len()),
        open: Vec::new(),
        pending: false,
        guard: None,
        scratch: String::new(),
    };
    reader.document()?;
    Some(reader.builder.into_documents())
}

struct Open {
    indent: usize,
    kind: Kind,
}

struct Reader<'s> {
    bytes: &'s [u8],
    text: &'s str,
    base: u32,
    builder: Builder<'s>,
    /// The open block collections, outermost first.
    open: Vec<Open>,
    /// The last key still waits for its value.
    pending: bool,
    /// A line deeper than this would continue the last scalar.
    guard: Option<usize>,
    scratch: String,
}

impl Reader<'_> {
    fn document(&mut self) -> Option<()> {
        let mut at = 0;
        while at < self.bytes.len() {
            let start = self.skip_spaces(at);
            match self.bytes.get(start) {
                None | Some(b'\n') => at = start + 1,
                Some(b'#') => at = self.line_end(start) + 1,
                Some(_) => at = self.line(at, start)?,
            }
        }
        while !self.open.is_empty() {
            self.close()?;
        }
        self.builder.finish_document();
        Some(())
    }

    fn skip_spaces(&self, mut at: usize) -> usize {
        while self.bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        at
    }

    fn line_end(&self, at: usize) -> usize {
        memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |i| at + i)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { start: self.base + start as u32, end: self.base + end as u32 }
    }

    /// `- ` at `at`; a dash alone is left to the full parser.
    fn is_dash(&self, at: usize) -> bool {
        self.bytes[at] == b'-' && self.bytes.get(at + 1) == Some(&b' ')
    }

    /// Reads the line whose content starts at `at`; gives the start of what follows.
    fn line(&mut self, line: usize, mut at: usize) -> Option<usize> {
        let indent = at - line;
        let rest = &self.bytes[at..];
        if indent == 0 && (rest.starts_with(b"---") || rest.starts_with(b"...")) {
            return None;
        }
        if self.guard.take().is_some_and(|guard| indent > guard) {
            return None;
        }
        let dash = self.is_dash(at);
        self.close_down_to(indent, dash)?;
        let mut column = indent;
        while self.is_dash(at) {
            if !self.continues(Kind::Seq, column) {
                self.open(Kind::Seq, column, at)?;
            }
            let item = self.skip_spaces(at + 1);
            column += item - at;
            at = item;
            if matches!(self.bytes.get(at), None | Some(b'\n' | b'#')) {
                return None;
            }
            self.pending = true;
        }
        match self.key(at) {
            Some((key_end, colon)) => {
                if !self.continues(Kind::Map, column) {
                    self.open(Kind::Map, column, at)?;
                }
                self.emit_key(at, key_end)?;
                let value = self.skip_spaces(colon + 1);
                match self.bytes.get(value) {
                    None | Some(b'\n') => {
                        self.pending = true;
                        Some(value + 1)
                    }
                    Some(b'#') if value > colon + 1 => {
                        self.pending = true;
                        Some(self.line_end(value) + 1)
                    }
                    Some(_) => self.value(value, column),
                }
            }
            // Only an item is a value without a key.
            None if self.pending => {
                self.pending = false;
                let parent = self.open.last()?.indent;
                self.value(at, parent)
            }
            None => None,
        }
    }

    /// Whether the innermost collection is of a kind and column and waits for its next part.
    fn continues(&self, kind: Kind, column: usize) -> bool {
        !self.pending
            && self.open.last().is_some_and(|open| open.kind == kind && open.indent == column)
    }

    fn open(&mut self, kind: Kind, indent: usize, at: usize) -> Option<()> {
        let fits = match self.open.last() {
            None => self.builder.is_untouched(),
            Some(parent) => {
                self.pending
                    && (indent > parent.indent
                        || (indent == parent.indent
                            && kind == Kind::Seq
                            && parent.kind == Kind::Map))
            }
        };
        if !fits {
            return None;
        }
        self.pending = false;
        self.builder.open(kind, self.span(at, at), false, 0).ok()?;
        self.open.push(Open { indent, kind });
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        self.value_or_null()?;
        self.open.pop();
        self.builder.close(0).ok()
    }

    /// Ends what a line at `indent` ends.
    fn close_down_to(&mut self, indent: usize, dash: bool) -> Option<()> {
        while let Some(top) = self.open.last() {
            if top.indent > indent {
                self.close()?;
            } else if top.indent == indent {
                match (top.kind, dash) {
                    (Kind::Seq, false) => self.close()?,
                    // A list at its key's own column.
                    (Kind::Map, true) if self.pending => break,
                    (Kind::Map, true) => return None,
                    (Kind::Map, false) => {
                        self.value_or_null()?;
                        break;
                    }
                    _ => break,
                }
            } else {
                break;
            }
        }
        Some(())
    }

    /// A key without a value has the value null.
    fn value_or_null(&mut self) -> Option<()> {
        if std::mem::take(&mut self.pending) {
            self.builder.null_value().ok()?;
        }
        Some(())
    }

    /// A key at `at`: its end, and the place of its colon.
    fn key(&self, at: usize) -> Option<(usize, usize)> {
        let end = match self.bytes[at] {
            quote @ (b'"' | b'\'') => self.quoted(at, quote)?,
            first if is_word_start(first) => {
                let mut end = at + 1;
                while self.bytes.get(end).is_some_and(|&b| is_word(b)) {
                    end += 1;
                }
                end
            }
            _ => return None,
        };
        let colon = self.bytes.get(end) == Some(&b':')
            && matches!(self.bytes.get(end + 1), None | Some(b' ' | b'\n'));
        // The full parser refuses keys of more than 1,024 characters.
        (colon && end - at < 256).then_some((end, end))
    }

    fn emit_key(&mut self, at: usize, end: usize) -> Option<()> {
        let quoted = matches!(self.bytes[at], b'"' | b'\'');
        let inner = if quoted { (at + 1, end - 1) } else { (at, end) };
        let value = &self.text[inner.0..inner.1];
        let text = Text::Verbatim(self.span(inner.0, inner.1));
        let span = self.span(at, end);
        let kind = if quoted { Kind::Str } else { scalar::resolve(value) };
        yaml::key(&mut self.builder, span, value, text, kind, false, 0).ok()
    }

    /// One past the closing quote of a quoted scalar on one line without escapes.
    fn quoted(&self, at: usize, quote: u8) -> Option<usize> {
        let mut end = at + 1;
        loop {
            match *self.bytes.get(end)? {
                b'\n' | b'\\' if quote == b'"' => return None,
                b'\n' => return None,
                b if b == quote => break,
                _ => end += 1,
            }
        }
        // A doubled single quote is an escape.
        (self.bytes.get(end + 1) != Some(&quote)).then_some(end + 1)
    }

    /// Reads the value at `at` of a collection at column `parent`; gives the start of what follows.
    fn value(&mut self, at: usize, parent: usize) -> Option<usize> {
        let end = match self.bytes[at] {
            quote @ (b'"' | b'\'') => {
                let end = self.quoted(at, quote)?;
                self.emit_quoted(at, end)?;
                end
            }
            b'[' | b'{' => self.flow(at)?,
            b'|' => return self.literal(at, parent),
            b'-' if !matches!(self.bytes.get(at + 1), None | Some(b' ' | b'\n')) => {
                self.plain(at)?
            }
            b'-' | b'?' | b':' | b',' | b']' | b'}' | b'#' | b'&' | b'*' | b'!' | b'>' | b'%'
            | b'@' | b'`' => return None,
            _ => self.plain(at)?,
        };
        self.guard = Some(parent);
        let rest = self.skip_spaces(end);
        match self.bytes.get(rest) {
            None | Some(b'\n') => Some(rest + 1),
            Some(b'#') if rest > end => Some(self.line_end(rest) + 1),
            Some(_) => None,
        }
    }

    fn emit_quoted(&mut self, at: usize, end: usize) -> Option<()> {
        let text = Text::Verbatim(self.span(at + 1, end - 1));
        self.builder.scalar(self.span(at, end), text, Kind::Str, false, 0).ok()
    }

    /// A plain scalar to the end of its line.
    fn plain(&mut self, at: usize) -> Option<usize> {
        let line_end = self.line_end(at);
        let line = &self.bytes[at..line_end];
        let mut length = line.len();
        for i in memchr::memchr2_iter(b':', b'#', line) {
            if line[i] == b':' && matches!(line.get(i + 1), None | Some(b' ')) {
                return None;
            }
            if line[i] == b'#' && i > 0 && line[i - 1] == b' ' {
                length = i;
                break;
            }
        }
        let value = self.text[at..at + length].trim_end_matches(' ');
        let end = at + value.len();
        self.emit_plain(at, end)?;
        Some(end)
    }

    fn emit_plain(&mut self, at: usize, end: usize) -> Option<()> {
        let value = &self.text[at..end];
        let kind = scalar::resolve(value);
        if kind == Kind::Float && scalar::is_not_finite(value) {
            return None;
        }
        let span = self.span(at, end);
        self.builder.scalar(span, Text::Verbatim(span), kind, true, 0).ok()
    }

    /// A literal block, `|` or `|-`, whose indent its first line shows.
    fn literal(&mut self, at: usize, parent: usize) -> Option<usize> {
        let strip = self.bytes.get(at + 1) == Some(&b'-');
        let header_end = at + 1 + usize::from(strip);
        let rest = self.skip_spaces(header_end);
        if self.bytes.get(rest) != Some(&b'\n') {
            return None;
        }
        let first = rest + 1;
        let start = self.skip_spaces(first);
        let indent = start - first;
        if indent <= parent || matches!(self.bytes.get(start), None | Some(b'\n')) {
            return None;
        }
        self.scratch.clear();
        let mut line = first;
        let mut end = start;
        let mut blank = 0;
        while line < self.bytes.len() {
            let content = self.skip_spaces(line);
            let line_end = self.line_end(line);
            if content == line_end {
                // White space beyond the indent is content.
                if content - line > indent {
                    return None;
                }
                blank += 1;
            } else if content - line < indent {
                if content - line > parent {
                    return None;
                }
                break;
            } else {
                self.scratch.extend(std::iter::repeat_n('\n', blank));
                blank = 0;
                self.scratch.push_str(&self.text[line + indent..line_end]);
                self.scratch.push('\n');
                end = line + self.text[line..line_end].trim_end_matches(' ').len();
            }
            line = (line_end + 1).min(self.bytes.len());
        }
        if strip {
            self.scratch.pop();
        }
        let span = self.span(start, end);
        self.builder.scalar(span, Text::Decoded(&self.scratch), Kind::Str, false, 0).ok()?;
        Some(line)
    }

    /// Brackets that close on their line; gives the place behind them.
    fn flow(&mut self, at: usize) -> Option<usize> {
        let map = self.bytes[at] == b'{';
        let (kind, close) = if map { (Kind::Map, b'}') } else { (Kind::Seq, b']') };
        self.builder.open(kind, self.span(at, at), true, 0).ok()?;
        let mut next = self.skip_spaces(at + 1);
        let mut first = true;
        while *self.bytes.get(next)? != close {
            if !first {
                if self.bytes[next] != b',' {
                    return None;
                }
                next = self.skip_spaces(next + 1);
            }
            first = false;
            if map {
                let end = match *self.bytes.get(next)? {
                    quote @ (b'"' | b'\'') => self.quoted(next, quote)?,
                    _ => self.word(next)?,
                };
                if self.bytes.get(end) != Some(&b':') || self.bytes.get(end + 1) != Some(&b' ') {
                    return None;
                }
                self.emit_key(next, end)?;
                next = self.skip_spaces(end + 1);
            }
            let end = match *self.bytes.get(next)? {
                quote @ (b'"' | b'\'') => {
                    let end = self.quoted(next, quote)?;
                    self.emit_quoted(next, end)?;
                    end
                }
                // Depth is bounded by the builder.
                b'[' | b'{' => self.flow(next)?,
                _ => {
                    let end = self.word(next)?;
                    self.emit_plain(next, end)?;
                    end
                }
            };
            next = self.skip_spaces(end);
            if !matches!(self.bytes.get(next), Some(b',' | b'}' | b']')) {
                return None;
            }
        }
        self.builder.close(self.span(next, next + 1).end).ok()?;
        Some(next + 1)
    }

    /// The end of a word in brackets.
    fn word(&self, at: usize) -> Option<usize> {
        let mut end = at;
        if self.bytes[end] == b'-' {
            end += 1;
        }
        if !self.bytes.get(end).is_some_and(|&b| is_word_start(b)) {
            return None;
        }
        while self.bytes.get(end).is_some_and(|&b| is_word(b)) {
            end += 1;
        }
        Some(end)
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'.')
}

fn is_word(byte: u8) -> bool {
    is_word_start(byte) || matches!(byte, b'-' | b'+')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::{Node, Reading, chunks};

    fn nodes(reading: &Reading) -> Vec<String> {
        let show = |node: Node<'_>| {
            format!(
                "{:?} {:?} {:?} next {} plain {} flow {} key {}",
                node.kind(),
                node.text(),
                node.span(),
                node.data().next,
                node.is_plain(),
                node.is_flow(),
                node.key().is_some()
            )
        };
        let documents = reading.documents.iter();
        documents
            .flat_map(|d| d.nodes().map(show).chain([format!("{:?}", d.duplicates())]))
            .collect()
    }

    /// Reads both ways; whether the fast path took it.
    fn compare(text: &str) -> bool {
        let source = Arc::new(Source::new("t", text.to_owned()));
        let mut fast = false;
        for chunk in chunks(&source) {
            if let Some(documents) = read(&source, chunk, &Limits::default()) {
                fast = true;
                let full = yaml::read(&source, chunk, &Limits::default());
                assert!(full.error.is_none(), "{text:?}: {:?}", full.error);
                let reading = Reading { documents, error: None };
                assert_eq!(nodes(&reading), nodes(&full), "{text:?}");
            }
        }
        fast
    }

    #[test]
    fn takes_what_manifests_are_made_of() {
        for text in [
            "a: 1\n",
            "a: 1",
            "a:\nb:\n  c:\n",
            "a:\n- b\n- c: d\n  e: f\n- - g\n  - h\ni: j\n",
            "a:\n  - b: {c: d, e: [f, 'g', \"h i\"]} # comment\n    j: []\n  - k\n# end\nl: {}\n",
            "a: |\n  b\n\n   c \n  # d\n\ne: |-\n  f\n  g\n\n",
            "a: |\n  b",
            "  a: yes\n  b: 0644\n  c: ~\n  d: 'x # y'\n",
            "\"a b\": http://x.y:80/z#w  # c\nb: -1\nc: --flag=a,b\n",
            "- a: 1\n  a: 2\n- b\n",
            "yes: 1\n0x10: 2\n1.5: 3\n",
            "a: [1, 2.5, -3, true, null]\n",
            "a: { b: 1 }\nc: [ d ]\ne:\n- []\n- [ ]\n",
        ] {
            assert!(compare(text), "not taken: {text:?}");
        }
    }

    #[test]
    fn leaves_the_rest_to_the_full_parser() {
        for text in [
            "a: &x 1\nb: *x\n",
            "a: !!str 1\n",
            "a: >\n  b\n",
            "a: b\n  c\n",
            "a: \"b\n  c\"\n",
            "a:\tb\n",
            "? a\n: b\n",
            "a: b: c\n",
            "a: [b,\n c]\n",
            "a: 'it''s'\n",
            "<<: {a: 1}\n",
            "a: |2\n   b\n",
            "a: |+\n  b\n",
            "-\n  a: 1\n",
            "a: .inf\n",
            "a\n",
            "a: \u{e4}\n",
            "a: 1\n b: 2\n",
            "  a: 1\nb: 2\n",
            "a: 1\n- b\n",
            "null: 1\n",
        ] {
            assert!(!compare(text), "taken: {text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// Lines put together of what YAML is made of: most are errors, many are odd, some plain.
        #[test]
        fn decides_as_the_full_parser(lines in prop::collection::vec(
            ("( {0,5})", prop::collection::vec(prop::sample::select(PIECES), 0..5)), 1..8)
        ) {
            let text: String = lines
                .iter()
                .map(|(indent, pieces)| format!("{indent}{}\n", pieces.concat()))
                .collect();
            compare(&text);
            compare(text.trim_end());
        }
    }

    const PIECES: &[&str] = &[
        "a", "b", "a: ", "b: ", "c:", "- ", "-", " ", "  ", "#", " # x", "|", "|-", "\"q\"", "'s'",
        "{}", "[]", "{a: b}", "[a, b]", "{", "}", "[", "]", ",", "1", "yes", "~", "null", ":",
        ": ", "a: |", "- a: ", "- - ", "\"k\": ", "0x1: ", "x y", "---", "...", "&a ", "*a",
        "a: 1", "'", "\"", "%", "-1", "--- ", "=", "<<: ", ".5", "?", "? ", "!", ">",
    ];
}
