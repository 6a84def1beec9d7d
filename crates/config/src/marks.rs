//! Which texts speak of suppressions at all, and which of them are comments.
//!
//! Most texts hold none, and may be large: each is looked through once for all the words at the
//! same time, and only what holds one is looked into.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use seawall_model::document::{Document, Kind};
use seawall_model::{Location, Source, Span};

/// Words that stand in comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// `seawall: ignore`
    Own,
    /// `checkov:skip=`, or under Checkov's other names.
    Checkov,
    /// `trivy:ignore:`
    Trivy,
}

const COMMENTS: [(&str, Word); 5] = [
    ("seawall: ignore", Word::Own),
    ("checkov:skip=", Word::Checkov),
    ("bridgecrew:skip=", Word::Checkov),
    ("cortex:skip=", Word::Checkov),
    ("trivy:ignore:", Word::Trivy),
];

/// Parts of the names of labels and annotations. They end before the slash, which JSON may escape.
const KEYS: [&str; 9] = [
    "seawall.dev",
    "kubeaudit.io",
    "audit.kubernetes.io",
    "kube-linter.io",
    "checkov.io",
    "bridgecrew.io",
    "cortex.io",
    "kube-score",
    "polaris.fairwinds.com",
];

/// A comment with one of the words in it. Of several words the first is taken.
#[derive(Debug)]
pub(crate) struct Comment {
    pub(crate) word: Word,
    pub(crate) source: Arc<Source>,
    /// From the `#` to the end of the line.
    pub(crate) span: Span,
    /// Where the word begins.
    pub(crate) at: u32,
    /// The line that it speaks of, from 1: its own, or where it stands alone, the next that is no
    /// comment.
    pub(crate) line: u32,
    /// Whether it stands alone on its line.
    pub(crate) alone: bool,
}

impl Comment {
    /// From the `#` on.
    pub(crate) fn text(&self) -> &str {
        &self.source.text()[self.span.start as usize..self.span.end as usize]
    }

    /// From the word on.
    pub(crate) fn words(&self) -> &str {
        self.source.text()[self.at as usize..self.span.end as usize].trim_end()
    }

    pub(crate) fn location(&self) -> Location {
        Location { source: Arc::clone(&self.source), span: self.span }
    }
}

/// What the texts hold.
#[derive(Default)]
pub(crate) struct Marks {
    /// Comments, in the order of the texts.
    pub(crate) comments: Vec<Comment>,
    /// The texts that hold a part of a label's or annotation's name.
    keyed: HashSet<*const Source>,
}

/// The most bytes from the start of its line to a word, and from there to the line's end: a longer
/// line is data, not written by hand.
const LONGEST: usize = 1 << 12;

impl Marks {
    /// Looks through the texts of all documents; with `peers` also for other tools' words.
    pub(crate) fn find(documents: &[Document], peers: bool) -> Marks {
        let mut marks = Marks::default();
        let words: Vec<&str> = COMMENTS.iter().map(|(word, _)| *word).chain(KEYS).collect();
        // Leftmost-first is what the vectorised search gives: eight times as fast as the default.
        // The words are few and fixed; a test builds this too.
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(words)
            .expect("a handful of words make an automaton");
        let mut places: HashMap<*const Source, Range<usize>> = HashMap::new();
        for (i, document) in documents.iter().enumerate() {
            let place = places.entry(Arc::as_ptr(document.source())).or_insert(i..i);
            place.end = i + 1;
        }
        let mut seen = HashSet::new();
        for document in documents {
            let source = document.source();
            if !seen.insert(Arc::as_ptr(source)) {
                continue;
            }
            let mut found = Vec::new();
            for hit in finder.find_iter(source.text()) {
                match COMMENTS.get(hit.pattern().as_usize()) {
                    None => {
                        let own = hit.pattern().as_usize() == COMMENTS.len();
                        if own || peers {
                            marks.keyed.insert(Arc::as_ptr(source));
                        }
                    }
                    Some((_, word)) if *word == Word::Own || peers => {
                        found.push((*word, hit.start()));
                    }
                    Some(_) => {}
                }
            }
            if !found.is_empty() {
                let documents = &documents[places[&Arc::as_ptr(source)].clone()];
                marks.comments_of(source, documents, &found);
            }
        }
        marks
    }

    /// Whether a text holds a part of a label's or annotation's name.
    pub(crate) fn keyed(&self, source: &Arc<Source>) -> bool {
        self.keyed.contains(&Arc::as_ptr(source))
    }

    /// Whether no text does.
    pub(crate) fn none_keyed(&self) -> bool {
        self.keyed.is_empty()
    }

    fn comments_of(
        &mut self,
        source: &Arc<Source>,
        documents: &[Document],
        found: &[(Word, usize)],
    ) {
        let text = source.text();
        // All that may be the `#` of a comment, and the word and line that it is for.
        let mut hashes: Vec<u32> = Vec::new();
        let mut lines: Vec<(Word, usize, usize, Range<usize>)> = Vec::new();
        for &(word, at) in found {
            let Some(start) = line_start(text, at) else { continue };
            if lines.last().is_some_and(|last| last.2 == start) {
                continue;
            }
            let first = hashes.len();
            let before = &text.as_bytes()[start..at];
            for hash in memchr::memchr_iter(b'#', before) {
                if hash == 0 || matches!(before[hash - 1], b' ' | b'\t') {
                    hashes.push((start + hash) as u32);
                }
            }
            lines.push((word, at, start, first..hashes.len()));
        }
        let data = in_scalars(source, documents, &hashes);
        // Where the comments above a line end, so that a long run of them is walked once.
        let mut run: (u32, u32) = (0, 0);
        for (word, at, start, of_line) in lines {
            let Some(hash) = of_line.clone().find(|i| !data[*i]).map(|i| hashes[i]) else {
                continue;
            };
            let rest = &text.as_bytes()[at..];
            let end = memchr::memchr(b'\n', rest).map_or(text.len(), |i| at + i);
            let alone = text[start..hash as usize].trim().is_empty();
            let mut line = source.position_in_text(hash).line;
            if alone {
                if !(run.0 <= line && line < run.1) {
                    run = (line, line + 1);
                    while source.line(run.1).trim_start().starts_with('#') {
                        run.1 += 1;
                    }
                }
                line = run.1;
            }
            self.comments.push(Comment {
                word,
                source: Arc::clone(source),
                span: Span { start: hash, end: end as u32 },
                at: at as u32,
                line,
                alone,
            });
        }
    }
}

fn line_start(text: &str, at: usize) -> Option<usize> {
    let from = at.saturating_sub(LONGEST);
    match memchr::memrchr(b'\n', &text.as_bytes()[from..at]) {
        Some(i) => Some(from + i + 1),
        None if from == 0 => Some(0),
        None => None,
    }
}

/// Which of the offsets, which ascend, lie within a scalar: a `#` in a block of text is no comment.
fn in_scalars(source: &Arc<Source>, documents: &[Document], offsets: &[u32]) -> Vec<bool> {
    let mut within = vec![false; offsets.len()];
    for document in documents.iter().filter(|document| Arc::ptr_eq(document.source(), source)) {
        for node in document.nodes() {
            // A plain scalar ends where a comment begins.
            if matches!(node.kind(), Kind::Map | Kind::Seq) || node.is_plain() {
                continue;
            }
            let span = node.span();
            let first = offsets.partition_point(|offset| *offset < span.start);
            let last = offsets.partition_point(|offset| *offset < span.end);
            within[first..last.max(first)].fill(true);
        }
    }
    within
}
