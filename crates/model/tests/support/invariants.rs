//! What holds of every reading, whatever the text: the same laws for the property tests and for
//! the fuzz targets.

use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::{Document, Kind, Limits, Node, Reading, chunks, read};
use serde_json::Value;

use crate::json::{same, to_json};

/// Reads a text and holds every law to the result.
pub fn check(text: &str, limits: &Limits) {
    for reading in readings(text, limits) {
        for document in &reading.documents {
            check_tree(document, limits);
            check_json(document, limits);
        }
    }
}

/// Every reading of a text, its chunks in order, in the text, and apart from each other.
fn readings(text: &str, limits: &Limits) -> Vec<Reading> {
    let source = Arc::new(Source::new("text", text.to_owned()));
    let mut end = 0;
    let mut readings = Vec::new();
    for (index, chunk) in chunks(&source).into_iter().enumerate() {
        assert!(end <= chunk.span.start && chunk.span.start <= chunk.span.end, "{chunk:?}");
        assert_eq!(chunk.ordinal as usize, index + 1);
        end = chunk.span.end;
        let reading = read(&source, chunk, limits);
        let slow = read(&source, chunk, &Limits { fast_path: false, ..*limits });
        assert_eq!(nodes(&reading), nodes(&slow), "the fast path decides otherwise: {text:?}");
        if let Some(error) = &reading.error {
            assert!(error.offset <= chunk.span.end, "an error outside its chunk: {error:?}");
            assert!(!error.cause.is_empty());
            source.position(error.offset);
        }
        for node in reading.documents.iter().flat_map(Document::nodes) {
            let span = node.span();
            assert!(
                chunk.span.start <= span.start && span.end <= chunk.span.end,
                "{node:?} outside its chunk"
            );
        }
        readings.push(reading);
    }
    assert!(end as usize <= text.len());
    readings
}

/// All that a reading shows of itself.
fn nodes(reading: &Reading) -> Vec<String> {
    let documents = reading.documents.iter();
    documents
        .flat_map(|document| {
            let node = |node: Node<'_>| {
                format!(
                    "{:?} {:?} {:?} {:?} plain {} flow {} key {}",
                    node.kind(),
                    node.text(),
                    node.span(),
                    node.anchor(),
                    node.is_plain(),
                    node.is_flow(),
                    node.key().is_some()
                )
            };
            document.nodes().map(node).chain([format!("{:?}", document.duplicates())])
        })
        .chain([format!("{:?}", reading.error)])
        .collect()
}

/// Places lie in the text, the tree holds together, and its size is bounded.
fn check_tree(document: &Document, limits: &Limits) {
    let text = document.source().text();
    let copies = (text.len() * limits.alias_nodes_per_byte).min(limits.alias_nodes);
    let most = text.len() + copies + 2;
    assert!(document.len() <= most, "{} nodes from {} bytes", document.len(), text.len());
    let mut seen = 0;
    walk(document.root(), 1, limits, &mut seen);
    assert_eq!(seen, document.len(), "nodes that no list or map holds");
    for node in document.nodes() {
        for span in [node.span(), node.anchor()] {
            assert!(span.start <= span.end && span.end as usize <= text.len(), "{node:?} {span:?}");
            assert!(text.is_char_boundary(span.start as usize), "{node:?}");
            assert!(text.is_char_boundary(span.end as usize), "{node:?}");
        }
        match node.kind() {
            Kind::Bool => assert!(node.as_bool().is_some(), "{node:?}"),
            Kind::Int | Kind::Float => {
                assert!(node.as_f64().is_some_and(f64::is_finite), "{node:?}");
            }
            Kind::Null | Kind::Str | Kind::Seq | Kind::Map => {}
        }
    }
    for duplicate in document.duplicates() {
        assert_ne!(duplicate.dropped, duplicate.kept);
    }
}

fn walk(node: Node<'_>, depth: usize, limits: &Limits, seen: &mut usize) {
    assert!(depth <= limits.depth + 1, "deeper than the limit");
    *seen += 1;
    let mut keys = std::collections::HashSet::new();
    for (key, value) in node.entries() {
        assert_eq!(key.kind(), Kind::Str, "a key is a string");
        assert!(keys.insert(key.text()), "{key:?} stands twice");
        assert!(value.key() == Some(key), "{value:?} does not know its key");
        *seen += 1;
        walk(value, depth + 1, limits, seen);
    }
    for item in node.items() {
        assert!(item.key().is_none(), "{item:?} is an item and has no key");
        walk(item, depth + 1, limits, seen);
    }
}

/// A document written as JSON reads as the same value, through the JSON reader and the YAML one.
fn check_json(document: &Document, limits: &Limits) {
    let value = to_json(document.root());
    if !value.is_object() {
        return;
    }
    let json = value.to_string();
    // The size differs, so what was within the limits need not stay within them.
    let wide = Limits { document_bytes: usize::MAX, ..*limits };
    let again = read_one(&json, &wide);
    assert!(same(&value, &again), "{value}\nas JSON\n{again}");
    let as_yaml = format!("# not JSON\n{json}");
    if json.bytes().all(|byte| (b' '..0x7f).contains(&byte)) && !json.contains("\\u") {
        let again = read_one(&as_yaml, &wide);
        assert!(same(&value, &again), "{value}\nas YAML\n{again}");
    }
}

fn read_one(text: &str, limits: &Limits) -> Value {
    let readings = readings(text, limits);
    let [Reading { documents, error: None }] = readings.as_slice() else {
        panic!("not one reading without an error: {readings:?} of {text}");
    };
    let [document] = documents.as_slice() else {
        panic!("not one document in {text}");
    };
    to_json(document.root())
}
