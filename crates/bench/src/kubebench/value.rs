//! What an audit printed, read as JSON or else as YAML, as kube-bench's `path` tests see it.
//!
//! Which of the two it was matters: Go's JSON has only floats for numbers, and a map that came from
//! YAML can't be printed.

use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::{Document, Kind, Limits, Node, chunks, read};
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

/// A value of JSON or YAML.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// No value at all, which is less than null.
    Nothing,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Seq(Vec<Value>),
    Map(Vec<(String, Value)>, Syntax),
}

/// Which language a map was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    Json,
    Yaml,
}

impl Value {
    /// Reads a text as kube-bench's `unmarshal` does: as JSON, else the first document as YAML.
    pub(crate) fn read(text: &str) -> Result<Value, String> {
        if let Ok(value) = serde_json::from_str(text) {
            return Ok(Value::of_json(value));
        }
        Ok(first_document("the output", text.to_owned())
            .map_err(|(cause, line)| format!("line {line}: {cause}"))?
            .map_or(Value::Null, |document| Value::of_yaml(document.root())))
    }

    fn of_json(value: serde_json::Value) -> Value {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(value),
            serde_json::Value::Number(number) => {
                Value::Float(number.as_f64().unwrap_or(f64::INFINITY))
            }
            serde_json::Value::String(text) => Value::Str(text),
            serde_json::Value::Array(items) => {
                Value::Seq(items.into_iter().map(Value::of_json).collect())
            }
            serde_json::Value::Object(entries) => {
                let entries = entries.into_iter().map(|(key, value)| (key, Value::of_json(value)));
                Value::Map(entries.collect(), Syntax::Json)
            }
        }
    }

    /// Recursion is as deep as the document, which its reader bounds.
    fn of_yaml(node: Node<'_>) -> Value {
        match node.kind() {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(node.as_bool().unwrap_or_default()),
            Kind::Int => match node.as_i64() {
                Some(value) => Value::Int(value),
                None => Value::Str(node.text().to_owned()),
            },
            Kind::Float => match node.as_f64() {
                Some(value) => Value::Float(value),
                None => Value::Str(node.text().to_owned()),
            },
            Kind::Str => Value::Str(node.text().to_owned()),
            Kind::Seq => Value::Seq(node.items().map(Value::of_yaml).collect()),
            Kind::Map => {
                let entries = node.entries();
                let entries = entries.map(|(k, v)| (k.text().to_owned(), Value::of_yaml(v)));
                Value::Map(entries.collect(), Syntax::Yaml)
            }
        }
    }

    /// The value of a key in a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(entries, _) => entries.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The items of a list, the values of a map.
    pub(crate) fn children(&self) -> Vec<&Value> {
        match self {
            Value::Seq(items) => items.iter().collect(),
            Value::Map(entries, _) => entries.iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether Go's `encoding/json` refuses it: a map with keys of any type.
    pub(crate) fn holds_yaml_map(&self) -> bool {
        match self {
            Value::Map(_, Syntax::Yaml) => true,
            Value::Map(entries, Syntax::Json) => entries.iter().any(|(_, v)| v.holds_yaml_map()),
            Value::Seq(items) => items.iter().any(Value::holds_yaml_map),
            _ => false,
        }
    }
}

impl Serialize for Value {
    /// As `encoding/json` does: keys sorted, whole floats without a fraction.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Nothing | Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e18 => {
                serializer.serialize_i64(*value as i64)
            }
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Str(text) => serializer.serialize_str(text),
            Value::Seq(items) => serializer.collect_seq(items),
            Value::Map(entries, _) => {
                let mut sorted: Vec<_> = entries.iter().collect();
                sorted.sort_by(|a, b| a.0.cmp(&b.0));
                let mut map = serializer.serialize_map(Some(sorted.len()))?;
                for (key, value) in sorted {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// The first YAML document of a text, if it holds any; else what is wrong, and in which line.
///
/// go-yaml takes quoted text whose further lines are indented less than what it belongs to, and
/// kube-bench's configurations have such; the reader does not. Blanks at the start of such lines mean
/// nothing, so they are put in, and every line keeps its number.
pub(crate) fn first_document(name: &str, text: String) -> Result<Option<Document>, (String, u32)> {
    let mut text = text;
    let mut budget = REREAD.max(text.len());
    let mut reached = None;
    loop {
        let source = Arc::new(Source::new(name, text));
        let Some(mut chunk) = chunks(&source).into_iter().next() else { return Ok(None) };
        // A controls file is YAML whatever it begins with.
        chunk.json = false;
        let reading = read(&source, chunk, &Limits::default());
        let Some(error) = reading.error else { return Ok(reading.documents.into_iter().next()) };
        let left = budget.checked_sub(source.text().len());
        match (left, indented(source.text(), error.offset as usize)) {
            // Where indenting did not help, it never will.
            (Some(left), Some(better))
                if error.cause.contains("indentation in quoted")
                    && Some(error.offset) > reached =>
            {
                reached = Some(error.offset);
                budget = left;
                text = better;
            }
            _ => return Err((error.cause, source.position(error.offset).line)),
        }
    }
}

/// Most bytes that are read again for quoted text that had to be indented.
const REREAD: usize = 64 << 20;

/// The text with the further lines of the quoted text at `start` indented as far as that; none where
/// there is no quoted text of several lines.
fn indented(text: &str, start: usize) -> Option<String> {
    let quote = *text.as_bytes().get(start).filter(|byte| matches!(byte, b'"' | b'\''))?;
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let indentation = " ".repeat(text[line..start].chars().count() + 1);
    let mut out = text[..=start].to_owned();
    let mut rest = &text[start + 1..];
    let mut lines = 0;
    while let Some(at) = rest.find([char::from(quote), '\\', '\n']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (taken, behind) = match from.as_bytes() {
            [b'\n', ..] => {
                lines += 1;
                out.push('\n');
                out.push_str(&indentation);
                ("", &from[1..])
            }
            [b'\\', b'"' | b'\\', ..] if quote == b'"' => from.split_at(2),
            [b'\\', ..] => from.split_at(1),
            [b'\'', b'\'', ..] if quote == b'\'' => from.split_at(2),
            _ => {
                out.push_str(from);
                return (lines > 0).then_some(out);
            }
        };
        out.push_str(taken);
        rest = behind;
    }
    None
}
