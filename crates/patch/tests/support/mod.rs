//! Texts and their documents.

use std::sync::Arc;

use seawall_model::Edit;
use seawall_model::Source;
use seawall_model::document::{Document, Limits, chunks, read};
use seawall_patch::{Refused, patch};

/// A text with its documents.
pub struct Text {
    pub source: Arc<Source>,
    pub documents: Vec<Document>,
}

impl Text {
    pub fn new(text: &str) -> Self {
        let source = Arc::new(Source::new("t.yaml", text.to_owned()));
        let mut documents = Vec::new();
        for chunk in chunks(&source) {
            let reading = read(&source, chunk, &Limits::default());
            assert!(reading.error.is_none(), "{:?} in {text:?}", reading.error);
            documents.extend(reading.documents);
        }
        Text { source, documents }
    }

    pub fn patched(&self, edits: &[Edit<'_>]) -> Result<String, Refused> {
        patch(&self.source, edits)
    }
}
