//! A source line with a part of it marked.
//!
//! `annotate-snippets` lays out any number of labels over any number of lines, where here it is
//! always one: it takes 210 ms on a core for 75,000 excerpts, five times the whole text report.

use std::borrow::Cow;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::escape::{is_plain, is_unsafe};

/// Bytes of a line that are shown; longer lines are cut around the mark.
const MOST: usize = 120;

/// Bytes kept before the mark of a line that is cut.
const BEFORE: usize = 40;

/// A line and its mark, made safe to show.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excerpt<'a> {
    /// The line or a part of it, with `…` where it is cut.
    pub(crate) line: Cow<'a, str>,
    /// Columns before the mark.
    pub(crate) indent: usize,
    /// Columns of the mark; at least one.
    pub(crate) width: usize,
    /// Bytes of `line` that are marked; empty where the mark lies past the line's end.
    pub(crate) mark: Range<usize>,
}

/// Marks the bytes from `start` to `end` (which may lie past the line's end) of a line.
pub(crate) fn excerpt(line: &str, start: usize, end: usize) -> Excerpt<'_> {
    let trimmed = line.trim_end();
    let start = trimmed.floor_char_boundary(start);
    let end = trimmed.ceil_char_boundary(end.min(trimmed.len())).max(start);
    if trimmed.len() <= MOST && is_plain(trimmed) {
        let (line, width, mark) = (trimmed.into(), (end - start).max(1), start..end);
        return Excerpt { line, indent: start, width, mark };
    }
    let (from, to) = window(trimmed, start, end);
    let mut shown = String::with_capacity(MOST + 16);
    let mut columns = 0;
    let (mut indent, mut width) = (0, 0);
    let mut mark = 0..0;
    if from > 0 {
        shown.push('…');
        columns += 1;
    }
    for (offset, c) in trimmed[from..to].char_indices() {
        let offset = from + offset;
        if offset == start {
            indent = columns;
            mark = shown.len()..shown.len();
        }
        let before = columns;
        match c {
            '\t' => {
                shown.push_str("    ");
                columns += 4;
            }
            c if is_unsafe(c) => {
                let escaped = c.escape_default();
                columns += escaped.len();
                shown.extend(escaped);
            }
            c => {
                shown.push(c);
                columns += c.width().unwrap_or(0);
            }
        }
        if (start..end).contains(&offset) {
            width += columns - before;
            mark.end = shown.len();
        }
    }
    if start >= to {
        indent = columns;
        mark = shown.len()..shown.len();
    }
    if to < trimmed.len() {
        shown.push('…');
    }
    Excerpt { line: shown.into(), indent, width: width.max(1), mark }
}

/// The bytes of a line that are shown.
fn window(line: &str, start: usize, end: usize) -> (usize, usize) {
    if line.len() <= MOST {
        return (0, line.len());
    }
    let from = if end <= MOST { 0 } else { line.floor_char_boundary(start.saturating_sub(BEFORE)) };
    (from, line.floor_char_boundary(from + MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_a_field() {
        let Excerpt { line, indent, width, mark } = excerpt("  privileged: true  ", 14, 18);
        assert_eq!((&*line, indent, width), ("  privileged: true", 14, 4));
        assert_eq!(&line[mark], "true");
    }

    #[test]
    fn marks_at_least_one_column_also_past_the_end() {
        let marked = |line: &'static str, indent, width, mark| Excerpt {
            line: line.into(),
            indent,
            width,
            mark,
        };
        assert_eq!(excerpt("a:", 2, 2), marked("a:", 2, 1, 2..2));
        assert_eq!(excerpt("a: bc", 3, 99), marked("a: bc", 3, 2, 3..5));
        assert_eq!(excerpt("", 7, 9), marked("", 0, 1, 0..0));
        assert_eq!(excerpt("ä:", 3, 3), marked("ä:", 2, 1, 3..3));
    }

    #[test]
    fn counts_columns_as_terminals_do() {
        let Excerpt { line, indent, width, mark } = excerpt("漢: \u{202e}ä\tx", 5, 10);
        assert_eq!(line, "漢: \\u{202e}ä    x");
        assert_eq!((indent, width), (4, "\\u{202e}ä".chars().count()));
        assert_eq!(&line[mark], "\\u{202e}ä");
    }

    #[test]
    fn cuts_long_lines_around_the_mark() {
        let long = format!("{}MARK{}", "ä".repeat(400), "b".repeat(400));
        let at = 800;
        let Excerpt { line, indent, width, mark } = excerpt(&long, at, at + 4);
        assert!(line.starts_with("…ä") && line.ends_with("b…"), "{line}");
        let marked: String = line.chars().skip(indent).take(width).collect();
        assert_eq!(marked, "MARK");
        assert_eq!(&line[mark], "MARK");
        let line = "x".repeat(100_000);
        let huge = excerpt(&line, 50_000, 90_000);
        assert!(huge.line.len() < 2 * MOST && huge.indent + huge.width < 2 * MOST);
    }
}
