//! Replacements of byte ranges, applied together.

use std::cmp::Reverse;

use seawall_model::Span;

use crate::Refused;

/// Replacements that are not applied yet.
#[derive(Default)]
pub(crate) struct Splices {
    all: Vec<Splice>,
}

struct Splice {
    start: usize,
    end: usize,
    /// Of insertions at the same place, that of the higher number goes first: the deeper one.
    order: u32,
    text: String,
}

impl Splices {
    /// Replaces a range.
    pub(crate) fn put(&mut self, span: Span, text: String, order: u32) {
        self.replace(span.start as usize, span.end as usize, text, order);
    }

    /// Replaces a range.
    pub(crate) fn replace(&mut self, start: usize, end: usize, text: String, order: u32) {
        self.all.push(Splice { start, end, order, text });
    }

    /// Removes a range.
    pub(crate) fn cut(&mut self, start: usize, end: usize) {
        self.replace(start, end, String::new(), 0);
    }

    /// Inserts at a place.
    pub(crate) fn insert(&mut self, at: usize, text: String, order: u32) {
        self.replace(at, at, text, order);
    }

    /// The text with all replacements.
    pub(crate) fn apply(mut self, text: &str) -> Result<String, Refused> {
        self.all.sort_by_key(|splice| (splice.start, splice.end, Reverse(splice.order)));
        let added: usize = self.all.iter().map(|splice| splice.text.len()).sum();
        let mut result = String::with_capacity(text.len() + added);
        let mut at = 0;
        for splice in &self.all {
            if splice.start < at {
                return Err(Refused::Conflict);
            }
            result.push_str(&text[at..splice.start]);
            result.push_str(&splice.text);
            at = splice.end;
        }
        result.push_str(&text[at..]);
        Ok(result)
    }
}
