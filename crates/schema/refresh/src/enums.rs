//! Reads the enumerations out of `zz_generated.openapi.go`.
//!
//! openapi-gen writes one line for each thing that matters here, so that lines
//! are enough and no Go parser is needed: `func schema_..._Type(`, then
//! `"field": {`, then `Enum: []interface{}{"A", "B"}`.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// The values of a field's enumeration, by the Go function that describes the
/// type and the field's name.
#[derive(Default)]
pub struct Enums(BTreeMap<(String, String), Vec<String>>);

impl Enums {
    /// The values of a field of an OpenAPI definition.
    ///
    /// The function is named after the last parts of the Go package, the
    /// definition after the whole of it: one ends as the other does.
    pub fn of(&self, definition: &str, field: &str) -> Option<&[String]> {
        let full = definition.replacen("io.k8s.", "k8sio_", 1).replace('.', "_").replace('-', "");
        (0..=full.len()).filter(|&at| at == 0 || full[..at].ends_with('_')).find_map(|at| {
            self.0.get(&(full[at..].to_owned(), field.to_owned())).map(Vec::as_slice)
        })
    }
}

/// Reads the enumerations of a release; none before 1.24, where the file is
/// not published.
pub fn read(kubernetes: &Path) -> Result<Enums> {
    let path = kubernetes.join("pkg/generated/openapi/zz_generated.openapi.go");
    if !path.exists() {
        return Ok(Enums::default());
    }
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut enums = Enums::default();
    let (mut function, mut field) = ("", "");
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(rest) = line.strip_prefix("func schema_") {
            function = rest.split('(').next().unwrap_or_default();
        } else if let Some(name) =
            trimmed.strip_prefix('"').and_then(|rest| rest.strip_suffix("\": {"))
        {
            field = name;
        } else if let Some(list) = trimmed.strip_prefix("Enum:") {
            let (_, list) = list.split_once("{}{").context("an enumeration without values")?;
            let list = list.split_once('}').context("an enumeration over several lines")?.0;
            let values: Vec<String> = serde_json::from_str(&format!("[{list}]"))
                .with_context(|| format!("{function}.{field}: {list}"))?;
            enums.0.insert((function.to_owned(), field.to_owned()), values);
        }
    }
    Ok(enums)
}
