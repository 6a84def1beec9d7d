//! The text that a finding points into.
//!
//! A place is kept as a byte range and made a line and a column only when somebody looks at it:
//! most places are never shown.
//!
//! A text that a program rendered from other files is parsed as it is, but people edit the files:
//! such a source has the name of the file and knows for each of its lines where that stands there.
//! Only this module tells the two apart; whoever asks for a position gets that in the file.

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

/// Where a line of a rendered text stands in the file that it was rendered from. Lines and columns
/// count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineOrigin {
    /// The line stands in the file as it is, but for its indentation.
    Same {
        /// The line.
        line: u32,
        /// Columns by which it is indented more there, or less.
        shift: i32,
    },
    /// The line was made of this one, whose text is another: a field of a template.
    Made {
        /// The line.
        line: u32,
        /// The column of its first character that is no blank.
        from: u32,
        /// The column just past its last.
        to: u32,
    },
    /// The line stands nowhere in the file; this is the nearest one above it in the document's
    /// structure that does, or the document's first.
    Near {
        /// The line.
        line: u32,
        /// The column of its first character that is no blank.
        from: u32,
        /// The column just past its last.
        to: u32,
    },
}

/// One text that was read, under the name that the user knows it by.
#[derive(Debug)]
pub struct Source {
    name: Arc<str>,
    text: String,
    /// Whether a byte order mark stood before the text.
    marked: bool,
    /// Of a rendered text, where each line stands in the file of the source's name.
    origins: Option<Box<[LineOrigin]>>,
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
        Source {
            name: name.into(),
            text,
            marked: false,
            origins: None,
            lines: OnceLock::new(),
            characters: OnceLock::new(),
        }
    }

    /// The same text, of which the byte order mark before it was taken away.
    #[must_use]
    pub fn marked(self) -> Self {
        Source { marked: true, ..self }
    }

    /// Whether a byte order mark stood before the text.
    pub fn is_marked(&self) -> bool {
        self.marked
    }

    /// Wraps a text that was rendered from the file `name`, with the origin of each of its lines. A
    /// line past the last origin has that one's.
    pub fn rendered(name: impl Into<Arc<str>>, text: String, origins: Vec<LineOrigin>) -> Self {
        let origins = (!origins.is_empty()).then(|| origins.into_boxed_slice());
        Source { origins, ..Self::new(name, text) }
    }

    /// The name as the user gave it: a path with `/`, or `<stdin>`.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The whole text, without a byte order mark: of a rendered one what was rendered.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = || memchr::memchr_iter(b'\n', self.text.as_bytes());
            let mut starts = Vec::with_capacity(1 + ends().count());
            starts.push(0);
            starts.extend(ends().map(|end| end as u32 + 1));
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

    /// The place of a byte offset, for people: where the text was rendered, that in the file. An
    /// offset past the end is the end, one inside a character is its start.
    pub fn position(&self, offset: u32) -> Position {
        let at = self.position_in_text(offset);
        match self.origin_of_line(at.line) {
            None => at,
            Some(LineOrigin::Same { line, shift }) => {
                Position { line, column: at.column.saturating_add_signed(shift).max(1) }
            }
            Some(LineOrigin::Made { line, from, .. } | LineOrigin::Near { line, from, .. }) => {
                Position { line, column: from }
            }
        }
    }

    /// Where the line of a byte offset stands in the file that the text was rendered from; `None`
    /// where the text is the file.
    pub fn origin(&self, offset: u32) -> Option<LineOrigin> {
        self.origins.as_ref()?;
        self.origin_of_line(self.line_of(offset))
    }

    /// The line of the text that a byte offset is in, from 1.
    pub fn line_of(&self, offset: u32) -> u32 {
        self.lines().partition_point(|&start| start <= offset) as u32
    }

    fn origin_of_line(&self, line: u32) -> Option<LineOrigin> {
        let origins = self.origins.as_ref()?;
        origins.get(line as usize - 1).or(origins.last()).copied()
    }

    /// The place of a byte offset in [`Source::text`], which [`Source::line`] and
    /// [`Source::line_start`] count by.
    pub fn position_in_text(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_of(offset as u32);
        let line_start = self.lines()[line as usize - 1] as usize;
        let column = self.characters_before(offset) - self.characters_before(line_start) + 1;
        Position { line, column }
    }

    /// A line of the text (counted from 1) without its line end; empty past the last line.
    pub fn line(&self, line: u32) -> &str {
        let lines = self.lines();
        let Some(&start) = (line as usize).checked_sub(1).and_then(|i| lines.get(i)) else {
            return "";
        };
        let end = lines.get(line as usize).map_or(self.text.len(), |&next| next as usize - 1);
        let text = &self.text[start as usize..end];
        text.strip_suffix('\r').unwrap_or(text)
    }

    /// The byte offset at which a line of the text (counted from 1) starts, if there is such a line.
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
        match self.origin() {
            Some(LineOrigin::Made { line, to, .. } | LineOrigin::Near { line, to, .. }) => {
                Position { line, column: to }
            }
            Some(LineOrigin::Same { .. }) => self.end_in_file(),
            None => self.source.position(self.span.end),
        }
    }

    /// The end where the first line stands in the file as it is; the last may not.
    fn end_in_file(&self) -> Position {
        let (start, end) = (self.start(), self.source.position(self.span.end));
        let verbatim = matches!(self.source.origin(self.span.end), Some(LineOrigin::Same { .. }));
        if verbatim && end >= start { end } else { start }
    }

    /// The line of the text that the range starts in, for an excerpt, and the byte offset at which
    /// it starts.
    pub fn first_line(&self) -> (&str, u32) {
        let line = self.source.line_of(self.span.start);
        (self.source.line(line), self.source.line_start(line).unwrap_or(0))
    }

    /// Where the first line stands in the file that the text was rendered from; `None` where the
    /// text is the file.
    pub fn origin(&self) -> Option<LineOrigin> {
        self.source.origin(self.span.start)
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
    fn places_of_a_rendered_text_are_those_in_the_file() {
        let origins = vec![
            LineOrigin::Same { line: 10, shift: 2 },
            LineOrigin::Made { line: 12, from: 3, to: 30 },
            LineOrigin::Near { line: 9, from: 1, to: 5 },
        ];
        let text = "a: b\n  c: d\n  e: f\n";
        let source = Arc::new(Source::rendered("t.yaml", text.to_owned(), origins));
        let at = |start, end| {
            let location = Location { source: Arc::clone(&source), span: Span { start, end } };
            (location.start(), location.end())
        };
        let position = |line, column| Position { line, column };
        assert_eq!(at(3, 4), (position(10, 6), position(10, 7)));
        assert_eq!(at(10, 11), (position(12, 3), position(12, 30)));
        assert_eq!(at(14, 15), (position(9, 1), position(9, 5)));
        assert_eq!(at(0, 8), (position(10, 3), position(10, 3)));
        assert_eq!(source.position_in_text(10), position(2, 6));
        assert_eq!(source.position(9999).line, 9);
        assert_eq!(Source::new("x", String::new()).origin(0), None);
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
