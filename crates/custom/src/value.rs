//! Manifests as CEL values.
//!
//! Lists and maps are the evaluator's own, for those alone are equal to lists and maps that an
//! expression writes out. Text is borrowed from the manifest. A key whose value is null is absent,
//! as it is to the API server.

use std::collections::HashMap;

use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString,
};
use cel::common::value::Val;
use seawall_model::document::{Kind, Node};

/// Nodes, keys included, of the largest value that is evaluated.
pub(crate) const MOST_NODES: usize = 200_000;

/// Bytes of text in the largest value that is evaluated; etcd refuses objects over 1.5 MiB.
pub(crate) const MOST_BYTES: usize = 4 << 20;

/// Makes a CEL value of a manifest's.
///
/// # Errors
///
/// With the reason where it is larger than [`MOST_NODES`] and [`MOST_BYTES`] allow.
pub(crate) fn of(node: Node<'_>) -> Result<Box<dyn Val + '_>, String> {
    let mut bytes = 0;
    for (count, node) in node.descendants().enumerate() {
        bytes += node.text().len();
        if count >= MOST_NODES || bytes > MOST_BYTES {
            return Err(format!(
                "it is larger than custom checks look at ({MOST_NODES} values, {} MiB of text)",
                MOST_BYTES >> 20
            ));
        }
    }
    Ok(convert(node))
}

/// As deep as the document, whose depth the reader bounds.
fn convert(node: Node<'_>) -> Box<dyn Val + '_> {
    match node.kind() {
        Kind::Null => Box::new(CelNull),
        Kind::Bool => Box::new(CelBool::from(node.as_bool() == Some(true))),
        Kind::Int => match node.as_i64() {
            Some(number) => Box::new(CelInt::from(number)),
            None => Box::new(CelDouble::from(node.as_f64().unwrap_or(f64::NAN))),
        },
        Kind::Float => Box::new(CelDouble::from(node.as_f64().unwrap_or(f64::NAN))),
        Kind::Str => Box::new(CelString::from(node.text())),
        Kind::Seq => Box::new(CelList::from(node.items().map(convert).collect::<Vec<_>>())),
        Kind::Map => {
            let entries = node.entries().filter(|(_, value)| !value.is_null());
            let entries: HashMap<CelMapKey<'_>, Box<dyn Val + '_>> = entries
                .map(|(key, value)| (CelMapKey::String(key.text().into()), convert(value)))
                .collect();
            Box::new(CelMap::from(entries))
        }
    }
}
