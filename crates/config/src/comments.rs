//! Exceptions in comments: `# seawall: ignore[check-id] reason`.
//!
//! On the line of what it accepts, or on a line of its own above it. Several checks are separated
//! by commas; several comments above one line all hold for it.

use std::collections::HashMap;
use std::sync::Arc;

use seawall_model::document::{Document, Kind};
use seawall_model::{Finding, Location, Source, Span};

use crate::file::unknown_check;

const MARK: &str = "seawall: ignore";

/// One check accepted by one comment.
#[derive(Debug)]
pub(crate) struct Comment {
    pub(crate) check: String,
    pub(crate) reason: String,
    pub(crate) location: Location,
    /// The line of the text that it holds for, from 1.
    line: u32,
    source: Arc<Source>,
}

impl Comment {
    pub(crate) fn matches(&self, finding: &Finding) -> bool {
        finding.check.id == self.check
            && Arc::ptr_eq(&finding.location.source, &self.source)
            && self.source.line_of(finding.location.span.start) == self.line
    }
}

/// A comment that can't hold, and why.
pub(crate) type Invalid = (Location, String);

/// The comments of all documents' sources.
pub(crate) fn find(documents: &[Document]) -> (Vec<Comment>, Vec<Invalid>) {
    let mut comments = Vec::new();
    let mut invalid = Vec::new();
    let mut sources: Vec<(&Arc<Source>, Vec<&Document>)> = Vec::new();
    let mut places: HashMap<*const Source, usize> = HashMap::new();
    for document in documents {
        let source = document.source();
        let place = *places.entry(Arc::as_ptr(source)).or_insert_with(|| {
            sources.push((source, Vec::new()));
            sources.len() - 1
        });
        sources[place].1.push(document);
    }
    for (source, documents) in sources {
        for at in memchr::memmem::find_iter(source.text().as_bytes(), MARK) {
            in_source(source, &documents, at, &mut comments, &mut invalid);
        }
    }
    (comments, invalid)
}

fn in_source(
    source: &Arc<Source>,
    documents: &[&Document],
    at: usize,
    comments: &mut Vec<Comment>,
    invalid: &mut Vec<Invalid>,
) {
    let text = source.text();
    let line_start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let before = &text[line_start..at];
    let Some(hash) = before.trim_end().strip_suffix('#').map(str::len) else { return };
    let starts_a_comment = hash == 0 || before[..hash].ends_with([' ', '\t']);
    let hash = (line_start + hash) as u32;
    if !starts_a_comment || documents.iter().any(|document| in_scalar(document, hash)) {
        return;
    }
    let line_end = text[at..].find('\n').map_or(text.len(), |i| at + i);
    let location =
        Location { source: Arc::clone(source), span: Span { start: hash, end: line_end as u32 } };
    let rest = text[at + MARK.len()..line_end].trim_end();
    let parsed = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let Some((checks, reason)) = parsed else {
        let why = "write `# seawall: ignore[check-id] reason`".to_owned();
        invalid.push((location, why));
        return;
    };
    let reason = reason.trim().trim_start_matches(['-', ':', '–', '—']).trim();
    if reason.is_empty() {
        let why = format!("`ignore[{checks}]` gives no reason; write one behind the bracket");
        invalid.push((location, why));
        return;
    }
    let own_line = before[..hash as usize - line_start].trim().is_empty();
    let mut line = source.line_of(hash);
    if own_line {
        line += 1;
        // Past further comments: they stand above the same line.
        while source.line(line).trim_start().starts_with('#') {
            line += 1;
        }
    }
    for check in checks.split(',').map(str::trim) {
        if seawall_checks::find(check).is_none() {
            invalid.push((location.clone(), unknown_check(check)));
            continue;
        }
        comments.push(Comment {
            check: check.to_owned(),
            reason: reason.to_owned(),
            location: location.clone(),
            line,
            source: Arc::clone(source),
        });
    }
}

/// Whether an offset lies within a scalar: a `#` in a block of text is no comment.
fn in_scalar(document: &Document, offset: u32) -> bool {
    document.nodes().any(|node| {
        let span = node.span();
        !matches!(node.kind(), Kind::Map | Kind::Seq) && span.start <= offset && offset < span.end
    })
}
