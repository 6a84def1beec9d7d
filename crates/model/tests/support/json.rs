//! The value of a node as `serde_json` has it.

use seawall_model::document::{Kind, Node};
use serde_json::{Map, Number, Value};

/// A document's value as JSON. A number without a value makes a string that agrees with nothing.
pub fn to_json(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Bool => node.as_bool().map_or("<no value>".into(), Value::Bool),
        Kind::Int => match node.as_i64() {
            Some(value) => value.into(),
            None => float(node),
        },
        Kind::Float => float(node),
        Kind::Str => node.text().into(),
        Kind::Seq => node.items().map(to_json).collect(),
        Kind::Map => {
            let entries = node.entries().map(|(k, v)| (k.text().to_owned(), to_json(v)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}

fn float(node: Node<'_>) -> Value {
    match node.as_f64().and_then(Number::from_f64) {
        Some(number) => Value::Number(number),
        None => Value::String(format!("<no value: {}>", node.text())),
    }
}

/// Equality of JSON values with numbers compared as numbers: `1.0` is `1`, and the last digit
/// is left to `serde_json`, whose reading of floats is not exact.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a == b,
            _ => a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= a.abs() * 1e-15),
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
