//! A source line with a part of it marked.
//!
//! `annotate-snippets` lays out any number of labels over any number of lines, where here it is
//! always one: it takes 210 ms on a core for 75,000 excerpts, five times the whole text report.

use unicode_width::UnicodeWidthChar;

use crate::escape::{is_plain, is_unsafe};

/// Bytes of a line that are shown; longer lines are cut around the mark.
const MOST: usize = 120;

/// Bytes kept before the mark of a line that is cut.
const BEFORE: usize = 40;

/// A line and its mark, made safe to show.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// The line or a part of it, with `…` where it is cut.
    pub(crate) line: String,
    /// Columns before the mark.
    pub(crate) indent: usize,
    /// Columns of the mark; at least one.
    pub(crate) width: usize,
}

/// Marks the bytes from `start` to `end` (which may lie past the line's end) of a line.
pub(crate) fn excerpt(line: &str, start: usize, end: usize) -> Excerpt {
    let trimmed = line.trim_end();
    let start = trimmed.floor_char_boundary(start);
    let end = trimmed.ceil_char_boundary(end.min(trimmed.len())).max(start);
    if trimmed.len() <= MOST && is_plain(trimmed) {
        return Excerpt { line: trimmed.to_owned(), indent: start, width: (end - start).max(1) };
    }
    let (from, to) = window(trimmed, start, end);
    let mut shown = String::with_capacity(MOST + 16);
    let mut columns = 0;
    let (mut indent, mut width) = (0, 0);
    if from > 0 {
        shown.push('…');
        columns += 1;
    }
    for (offset, c) in trimmed[from..to].char_indices() {
        let offset = from + offset;
        if offset == start {
            indent = columns;
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
        }
    }
    if start >= to {
        indent = columns;
    }
    if to < trimmed.len() {
        shown.push('…');
    }
    Excerpt { line: shown, indent, width: width.max(1) }
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
        let Excerpt { line, indent, width } = excerpt("  privileged: true  ", 14, 18);
        assert_eq!((line.as_str(), indent, width), ("  privileged: true", 14, 4));
    }

    #[test]
    fn marks_at_least_one_column_also_past_the_end() {
        assert_eq!(excerpt("a:", 2, 2), Excerpt { line: "a:".into(), indent: 2, width: 1 });
        assert_eq!(excerpt("a: bc", 3, 99), Excerpt { line: "a: bc".into(), indent: 3, width: 2 });
        assert_eq!(excerpt("", 7, 9), Excerpt { line: String::new(), indent: 0, width: 1 });
        assert_eq!(excerpt("ä:", 3, 3), Excerpt { line: "ä:".into(), indent: 2, width: 1 });
    }

    #[test]
    fn counts_columns_as_terminals_do() {
        let Excerpt { line, indent, width } = excerpt("漢: \u{202e}ä\tx", 5, 10);
        assert_eq!(line, "漢: \\u{202e}ä    x");
        assert_eq!((indent, width), (4, "\\u{202e}ä".chars().count()));
    }

    #[test]
    fn cuts_long_lines_around_the_mark() {
        let long = format!("{}MARK{}", "ä".repeat(400), "b".repeat(400));
        let at = 800;
        let Excerpt { line, indent, width } = excerpt(&long, at, at + 4);
        assert!(line.starts_with("…ä") && line.ends_with("b…"), "{line}");
        let marked: String = line.chars().skip(indent).take(width).collect();
        assert_eq!(marked, "MARK");
        let huge = excerpt(&"x".repeat(100_000), 50_000, 90_000);
        assert!(huge.line.len() < 2 * MOST && huge.indent + huge.width < 2 * MOST);
    }
}
