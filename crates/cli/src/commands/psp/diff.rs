//! What a policy changes in a workload, as a patch of its text where that can be, and else as a
//! list of fields.

use std::io::{self, Write};

use seawall_model::document::Node;
use seawall_model::workload;
use seawall_model::{Edit, Value};
use seawall_patch::patch;
use seawall_podsecurity::psp::Changed;

use crate::fixing::diff;

/// A value as JSON.
pub(super) fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Str(text) => text.as_ref().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries.iter().map(|(k, v)| (k.to_string(), json(v))).collect(),
    }
}

/// The text of a workload's file with the changes in it, or why there is none.
pub(super) fn patched(view: &workload::Pod<'_>, changes: &[Changed]) -> Result<String, String> {
    let edits: Option<Vec<Edit<'_>>> = changes.iter().map(|change| change.edit(view)).collect();
    let edits = edits.ok_or("the workload has no place for a field")?;
    let source = view.object.root().document().source();
    patch(source, &edits).map_err(|why| why.to_string())
}

/// Writes the changes: JSON, such as a bundle's, has no lines worth showing.
pub(super) fn write(
    view: &workload::Pod<'_>,
    changes: &[Changed],
    out: &mut dyn Write,
) -> io::Result<()> {
    let root: Node<'_> = view.object.root();
    let source = root.document().source();
    if !root.is_flow()
        && let Ok(text) = patched(view, changes)
    {
        return diff::write(out, source.name(), source.text(), &text);
    }
    for Changed { place, value } in changes {
        writeln!(out, "    + {place}: {}", json(value))?;
    }
    Ok(())
}
