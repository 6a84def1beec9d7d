//! Where one document ends and the next begins.
//!
//! kubectl splits a stream before it parses it: at each line that starts with `---` and holds
//! nothing more than blanks or a comment (`YAMLReader` in `k8s.io/apimachinery/pkg/util/yaml`).
//! Splitting first has two more merits: a broken document cannot hide its neighbours, and a large
//! file is parsed on all cores.

use crate::source::{Source, Span};

/// A piece of a source that is parsed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its range.
    pub span: Span,
    /// Its number among the source's chunks, from 1.
    pub ordinal: u32,
    /// Whether it is to be read as JSON first.
    pub json: bool,
}

/// Splits a source into chunks; pieces of nothing but blanks and comments are left out.
pub fn chunks(source: &Source) -> Vec<Chunk> {
    let text = source.text();
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut push = |start: usize, end: usize| {
        if holds_something(&text[start..end]) {
            let ordinal = chunks.len() as u32 + 1;
            chunks.push(Chunk {
                span: Span { start: start as u32, end: end as u32 },
                ordinal,
                json: text[start..end].trim_start().starts_with('{'),
            });
        }
    };
    let mut start = 0;
    let mut from = 0;
    let finder = memchr::memmem::Finder::new("---");
    while let Some(found) = finder.find(&text.as_bytes()[from..]) {
        let at = from + found;
        let line_end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |i| at + i);
        let at_line_start = at == 0 || text.as_bytes()[at - 1] == b'\n';
        let rest = text[at + 3..line_end].trim();
        if at_line_start && (rest.is_empty() || rest.starts_with('#')) {
            push(start, at);
            start = (line_end + 1).min(text.len());
        }
        from = line_end;
    }
    push(start, text.len());
    chunks
}

/// To YAML 1.1 a line also ends at a lone carriage return and at three characters of Unicode, so a
/// comment does too, and what stands behind it is content.
fn holds_something(text: &str) -> bool {
    text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).any(|line| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#') && line.trim_end() != "..."
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        let source = Source::new("t", text.to_owned());
        chunks(&source)
            .iter()
            .map(|c| text[c.span.start as usize..c.span.end as usize].to_owned())
            .collect()
    }

    #[test]
    fn splits_where_kubectl_splits() {
        assert_eq!(split("a: 1\n---\nb: 2\n"), ["a: 1\n", "b: 2\n"]);
        assert_eq!(split("---\na: 1\n--- # two\r\nb: 2"), ["a: 1\n", "b: 2"]);
        assert_eq!(split("---\n# only words\n---\n\n---\na: 1\n---\n"), ["a: 1\n"]);
        assert_eq!(split("a: |\n  ---\n  x\n"), ["a: |\n  ---\n  x\n"]);
        assert_eq!(split("a: b---\n---c\n"), ["a: b---\n---c\n"]);
        assert_eq!(split(""), Vec::<String>::new());
        assert_eq!(split("---"), Vec::<String>::new());
        assert_eq!(split("# c\ra: 1\n"), ["# c\ra: 1\n"]);
        assert_eq!(split("# c\u{85}a: 1\n"), ["# c\u{85}a: 1\n"]);
    }
}
