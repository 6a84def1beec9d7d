//! Configuration files in YAML or JSON, with the place of every value.

use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::{Document, Kind, Limits, Node, chunks, read};

use super::host::{Host, Unread};

/// A file's first document; none where there is no file, or nothing in it.
///
/// # Errors
///
/// Where the file can't be read, or is malformed; with line and column.
pub fn of_file(host: &Host, path: &str) -> Result<Option<Document>, Unread> {
    match host.read(path)? {
        Some(text) => Ok(all(path, text)?.into_iter().next()),
        None => Ok(None),
    }
}

/// All documents of a text.
///
/// # Errors
///
/// Where the text is malformed; with line and column.
pub fn all(name: &str, text: String) -> Result<Vec<Document>, Unread> {
    let source = Arc::new(Source::new(name, text));
    let limits = Limits::default();
    let mut documents = Vec::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &limits);
        documents.extend(reading.documents);
        if let Some(error) = reading.error {
            let at = source.position(error.offset);
            return Err(Unread::new(
                name,
                &format!("line {}, column {}: {}", at.line, at.column, error.cause),
            ));
        }
    }
    Ok(documents)
}

/// Where a value stands: `path:line`.
pub fn place(node: Node<'_>) -> String {
    let source = node.document().source();
    format!("{}:{}", source.name(), source.position(node.span().start).line)
}

/// A value as text: a scalar itself, a list its items with commas.
pub fn text(node: Node<'_>) -> String {
    match node.kind() {
        Kind::Seq => node.items().map(text).collect::<Vec<_>>().join(","),
        Kind::Map => node
            .entries()
            .map(|(key, value)| format!("{}={}", key.text(), text(value)))
            .collect::<Vec<_>>()
            .join(","),
        Kind::Bool => node.as_bool().map_or_else(|| node.text().to_owned(), |b| b.to_string()),
        Kind::Int => node.as_i64().map_or_else(|| node.text().to_owned(), |n| n.to_string()),
        _ => node.text().to_owned(),
    }
}
