//! Reads `swagger.json`: the types reachable from kinds that can be created.

use crate::digest::{Digest, Field};
use crate::enums::Enums;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Kinds that are parts of requests and answers, never objects of a cluster.
const NOT_OBJECTS: &[&str] = &["DeleteOptions", "WatchEvent", "Status"];

/// Adds what one release serves to the digest.
pub fn read(kubernetes: &Path, minor: u8, enums: &Enums, digest: &mut Digest) -> Result<()> {
    let text = std::fs::read_to_string(kubernetes.join("api/openapi-spec/swagger.json"))?;
    let swagger: Value = serde_json::from_str(&text)?;
    let definitions = swagger["definitions"].as_object().context("no definitions")?;
    digest.versions.insert(minor);

    let mut waiting = Vec::new();
    for (name, definition) in definitions {
        for gvk in definition["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            let part = |key: &str| gvk[key].as_str().with_context(|| format!("{name}: no {key}"));
            let (group, version, kind) = (part("group")?, part("version")?, part("kind")?);
            // Lists come in pieces: a reader splits them into their items.
            if NOT_OBJECTS.contains(&kind) || is_list(definition) {
                continue;
            }
            let api =
                if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
            digest.add_kind(api, kind.to_owned(), minor, short(name)?);
            waiting.push(name.as_str());
        }
    }
    let mut seen: BTreeSet<&str> = waiting.iter().copied().collect();
    while let Some(name) = waiting.pop() {
        let definition = &definitions[name];
        let required: BTreeSet<&str> = definition["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        digest.add_type(short(name)?, minor);
        for (field, property) in definition["properties"].as_object().into_iter().flatten() {
            let shape = shape(definitions, property, &mut |target| {
                if seen.insert(target) {
                    waiting.push(target);
                }
            })
            .with_context(|| format!("{name}.{field}"))?;
            let described = Field { shape, required: required.contains(field.as_str()) };
            let values = enums.of(name, field).unwrap_or_default();
            digest.add_field(short(name)?, field, minor, described, values);
        }
    }
    Ok(())
}

fn is_list(definition: &Value) -> bool {
    definition["properties"]["metadata"]["$ref"].as_str()
        == Some("#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta")
}

/// A definition's name without the part that all names of its origin share.
fn short(name: &str) -> Result<&str> {
    [
        "io.k8s.apimachinery.pkg.apis.",
        "io.k8s.apimachinery.pkg.",
        "io.k8s.apiextensions-apiserver.pkg.apis.",
        "io.k8s.kube-aggregator.pkg.apis.",
        "io.k8s.api.",
    ]
    .iter()
    .find_map(|prefix| name.strip_prefix(prefix))
    .with_context(|| format!("a definition of unknown origin: {name}"))
}

/// The shape of a value, in the words of the digest.
fn shape<'v>(
    definitions: &'v serde_json::Map<String, Value>,
    property: &'v Value,
    refer: &mut impl FnMut(&'v str),
) -> Result<String> {
    if let Some(reference) = property["$ref"].as_str() {
        let target = reference.strip_prefix("#/definitions/").context("a foreign reference")?;
        let name = short(target)?;
        return Ok(match name {
            "util.intstr.IntOrString" => "int-or-string".to_owned(),
            "api.resource.Quantity" => "quantity".to_owned(),
            "meta.v1.Time" => "time".to_owned(),
            "meta.v1.MicroTime" => "microtime".to_owned(),
            // Raw JSON: the decoder takes whatever stands there.
            "runtime.RawExtension" | "meta.v1.FieldsV1" => "any".to_owned(),
            _ => {
                let definition = &definitions[target];
                match (definition["type"].as_str(), definition["properties"].is_object()) {
                    // JSON, and the JSONSchemaPropsOr... unions.
                    (None, false) => "any".to_owned(),
                    (Some("object") | None, _) => {
                        refer(target);
                        name.to_owned()
                    }
                    (other, _) => bail!("{target} of type {other:?}"),
                }
            }
        });
    }
    Ok(match (property["type"].as_str(), property["format"].as_str()) {
        (Some("string"), None) => "string".to_owned(),
        (Some("string"), Some("byte")) => "bytes".to_owned(),
        (Some("integer"), Some("int32")) => "int32".to_owned(),
        (Some("integer"), Some("int64")) => "int64".to_owned(),
        (Some("number"), Some("double")) => "number".to_owned(),
        (Some("boolean"), None) => "bool".to_owned(),
        (Some("array"), None) => format!("[]{}", shape(definitions, &property["items"], refer)?),
        (Some("object"), None) => match &property["additionalProperties"] {
            Value::Null => "any".to_owned(),
            values => format!("map:{}", shape(definitions, values, refer)?),
        },
        other => bail!("a property of type {other:?}"),
    })
}
