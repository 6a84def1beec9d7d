//! The text that a finding points into.
//!
//! A place is kept as a byte range and made a line and a column only when somebody looks at it:
//! most places are never shown.

use std::sync::{Arc, OnceLock};

/// A half-open range of bytes in a [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A place for people: both counts start at 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One text that was read, under the name that the user knows it by.
#[derive(Debug)]
pub struct Source {
    name: Arc<str>,
    text: String,
    /// Byte offset of the start of each line; made when first asked for.
    lines: OnceLock<Vec<u32>>,
    /// Of a text that is not ASCII, the characters before every [`BLOCK`]th byte: a line may be the
    /// whole file, and columns must not be counted from its start each time.
    characters: OnceLock<Option<Vec<u32>>>,
}

/// Bytes between two counts of characters.
const BLOCK: usize = 4096;

impl Source {
    /// Wraps a text. Texts of 4 GiB and more do not occur: the readers refuse them.
    pub fn new(name: impl Into<Arc<str>>, text: String) -> Self {
        Source { name: name.into(), text, lines: OnceLock::new(), characters: OnceLock::new() }
    }

    /// The name as the user gave it: a path with `/`, or `<stdin>`.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The whole text, without a byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let mut starts = vec![0];
            starts.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|i| i as u32 + 1));
            starts
        })
    }

    fn characters_before(&self, offset: usize) -> u32 {
        let count = |from: usize, to: usize| {
            // Continuation bytes are not characters of their own.
            self.text.as_bytes()[from..to].iter().filter(|b| **b & 0xc0 != 0x80).count() as u32
        };
        let blocks = self.characters.get_or_init(|| {
            (!self.text.is_ascii()).then(|| {
                let mut total = 0;
                let starts = (0..self.text.len()).step_by(BLOCK);
                starts
                    .map(|start| {
                        let before = total;
                        total += count(start, (start + BLOCK).min(self.text.len()));
                        before
                    })
                    .collect()
            })
        });
        match blocks {
            None => offset as u32,
            Some(blocks) => match blocks.get(offset / BLOCK) {
                Some(before) => before + count(offset / BLOCK * BLOCK, offset),
                // At the end of a text of whole blocks.
                None => count(0, offset),
            },
        }
    }

    /// The place of a byte offset; an offset past the end is the end, one inside a character is
    /// its start.
    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let lines = self.lines();
        let line = lines.partition_point(|&start| start as usize <= offset) - 1;
        let column =
            self.characters_before(offset) - self.characters_before(lines[line] as usize) + 1;
        Position { line: line as u32 + 1, column }
    }

    /// The text of a line (counted from 1) without its line end; empty past the last line.
    pub fn line(&self, line: u32) -> &str {
        let lines = self.lines();
        let Some(&start) = (line as usize).checked_sub(1).and_then(|i| lines.get(i)) else {
            return "";
        };
        let end = lines.get(line as usize).map_or(self.text.len(), |&next| next as usize - 1);
        let text = &self.text[start as usize..end];
        text.strip_suffix('\r').unwrap_or(text)
    }

    /// The byte offset at which a line (counted from 1) starts, if there is such a line.
    pub fn line_start(&self, line: u32) -> Option<u32> {
        (line as usize).checked_sub(1).and_then(|i| self.lines().get(i)).copied()
    }
}

/// A range in a source: where a finding, an error or an exception stands.
#[derive(Clone, Debug)]
pub struct Location {
    /// The text.
    pub source: Arc<Source>,
    /// The range in it.
    pub span: Span,
}

impl Location {
    /// Line and column of the first character.
    pub fn start(&self) -> Position {
        self.source.position(self.span.start)
    }

    /// Line and column just past the last character.
    pub fn end(&self) -> Position {
        self.source.position(self.span.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_survive_odd_offsets() {
        let source = Source::new("a.yaml", "a: ä\r\nb: 2\n".to_owned());
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(5), Position { line: 1, column: 5 });
        assert_eq!(source.position(4), Position { line: 1, column: 4 });
        assert_eq!(source.position(7), Position { line: 2, column: 1 });
        assert_eq!(source.position(9999), Position { line: 3, column: 1 });
        assert_eq!(source.line(1), "a: ä");
        assert_eq!(source.line(2), "b: 2");
        assert_eq!(source.line(3), "");
        assert_eq!(source.line(0), "");
        assert_eq!(source.line(9), "");
    }

    #[test]
    fn columns_of_a_long_line_are_those_counted_one_by_one() {
        let text = "aä€😀".repeat(3000);
        let source = Source::new("long.json", text.clone());
        for (column, (offset, _)) in text.char_indices().enumerate().step_by(97) {
            let position = Position { line: 1, column: column as u32 + 1 };
            assert_eq!(source.position(offset as u32), position);
        }
        let end = Position { line: 1, column: 12_001 };
        assert_eq!(source.position(text.len() as u32), end);
        let whole_blocks = Source::new("blocks", "ää".repeat(BLOCK / 2));
        let end = Position { line: 1, column: BLOCK as u32 + 1 };
        assert_eq!(whole_blocks.position(2 * BLOCK as u32), end);
    }
}
