//! Reads manifests.

use std::sync::Arc;

use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Inventory, Source};

/// The objects of a text.
pub fn inventory(text: &str) -> Inventory {
    let source = Arc::new(Source::new("manifest.yaml", text.to_owned()));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        assert!(reading.error.is_none(), "{:?} in {text}", reading.error);
        for document in reading.documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    inventory
}
