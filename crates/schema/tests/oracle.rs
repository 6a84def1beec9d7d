//! The validator against real API servers.
//!
//! `oracle/1.24.txt` and `oracle/1.36.txt` hold what kube-apiserver 1.24.17 and 1.36.3 said to
//! some 30,000 slightly wrong objects; `oracle/oracle.py` made them and explains the format. Each
//! change is made here again, and the validator has to come to the same verdict:
//!
//! - accepted: nothing is reported;
//! - refused for an unknown field, or because it cannot be decoded: reported as such;
//! - refused by later validation: anything but those two may be reported, or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::{Kind, Limits, Node, chunks, read};
use seawall_schema::{Effect, ProblemKind, Schema};
use serde_json::Value;

/// Accepted by the server although something is missing or unknown that it refuses elsewhere.
const STORED_AS_THEY_ARE: &[(&str, &str)] = &[
    // Templates that are only validated when something is made of them.
    ("PodTemplate/template", "/template/spec"),
    ("StatefulSet/db", "/spec/volumeClaimTemplates/0/spec"),
    ("StatefulSet/db", "/spec/template/spec"),
    // Fields that the server drops while their feature gate is off.
    ("Pod/full", "/spec/containers/0/securityContext/procMount"),
    ("Pod/recent", "/spec/containers/0/lifecycle/stopSignal"),
];

/// JSON schemas in a CustomResourceDefinition that are unions in Go; they are not looked into.
const UNIONS: &[&str] = &["/additionalProperties", "/items"];

#[test]
fn kubernetes_1_24_agrees() {
    agrees("1.24", include_str!("oracle/1.24.txt"));
}

#[test]
fn kubernetes_1_36_agrees() {
    agrees("1.36", include_str!("oracle/1.36.txt"));
}

fn agrees(version: &str, table: &str) {
    let schema = Schema::of(version.parse().expect("a known version"));
    let objects = objects();
    let mut tally: BTreeMap<(char, &str), u32> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in table.lines() {
        let parts: Vec<&str> = line.split(' ').collect();
        let [id, pointer, letters] = parts[..] else { panic!("not a row: {line}") };
        let object = objects.get(id).unwrap_or_else(|| panic!("no object {id}"));
        for (letter, (change, value)) in letters.chars().zip(CHANGES) {
            let Some(changed) = apply(object, pointer, change, value) else {
                assert_eq!(letter, '-', "{line}: {change}");
                continue;
            };
            let seen = verdict(schema, &changed);
            *tally.entry((letter, seen)).or_default() += 1;
            let agree = match letter {
                '.' => seen == "nothing",
                'u' => seen == "unknown",
                't' => seen == "type",
                _ => seen != "unknown" && seen != "type",
            };
            let stored = letter == '.'
                && STORED_AS_THEY_ARE
                    .iter()
                    .any(|(of, below)| *of == id && pointer.starts_with(below));
            let union = letter == 't' && UNIONS.iter().any(|union| pointer.contains(union));
            if !agree && !stored && !union {
                wrong.push(format!("{id} {pointer} {change}: server {letter}, here {seen}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} disagreements:\n{}", wrong.len(), wrong.join("\n"));
    // Of the server's later validation, what the schema alone can know is found.
    for expected in [('r', "missing"), ('e', "value")] {
        assert!(tally.get(&expected).is_some_and(|count| *count > 50), "{version}: {tally:#?}");
    }
}

/// The changes of `oracle.py`, in its order, with the value in JSON.
const CHANGES: [(&str, &str); 13] = [
    ("delete", ""),
    ("null", "null"),
    ("string", r#""x""#),
    ("empty string", r#""""#),
    ("digits in quotes", r#""7""#),
    ("true in quotes", r#""true""#),
    ("boolean", "true"),
    ("integer", "7"),
    ("integer beyond 32 bits", "1000000000000"),
    ("fraction", "1.5"),
    ("empty list", "[]"),
    ("empty map", "{}"),
    ("unknown key in a map", ""),
];

/// The object with one value changed; `None` where the change does not apply.
fn apply(object: &Value, pointer: &str, change: &str, value: &str) -> Option<Value> {
    let mut changed = object.clone();
    if change == "delete" {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer below the root");
        let key = key.replace("~1", "/").replace("~0", "~");
        changed.pointer_mut(parent).expect(pointer).as_object_mut()?.remove(&key).expect(pointer);
        return Some(changed);
    }
    let target = changed.pointer_mut(pointer).expect(pointer);
    if change == "unknown key in a map" {
        target.as_object_mut()?.insert("seawallUnknown".to_owned(), "x".into());
    } else {
        *target = serde_json::from_str(value).expect(value);
    }
    Some(changed)
}

/// The worst that the validator says, in the order in which the server looks.
fn verdict(schema: Schema, object: &Value) -> &'static str {
    let source = Arc::new(Source::new("object.json", object.to_string()));
    let reading = read(&source, chunks(&source)[0], &Limits::default());
    let root = reading.documents[0].root();
    let text = |key| root.get(key).and_then(Node::as_str).expect("objects keep their kind");
    let mut seen = Vec::new();
    schema.validate(text("apiVersion"), text("kind"), root, &mut |problem| {
        if problem.effect() != Effect::Warns {
            seen.push(match problem.kind {
                ProblemKind::WrongType { .. } => "type",
                ProblemKind::UnknownField { .. } => "unknown",
                ProblemKind::MissingField { .. } => "missing",
                ProblemKind::UnknownValue { .. } => "value",
                ProblemKind::Api { .. } => "api",
            });
        }
    });
    ["type", "unknown", "missing", "value", "api"]
        .into_iter()
        .find(|worst| seen.contains(worst))
        .unwrap_or("nothing")
}

/// The objects of `objects.yaml` by kind and name.
fn objects() -> BTreeMap<String, Value> {
    let text = include_str!("oracle/objects.yaml").to_owned();
    let source = Arc::new(Source::new("objects.yaml", text));
    let mut objects = BTreeMap::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        assert!(reading.error.is_none(), "{:?}", reading.error);
        for document in &reading.documents {
            let object = json(document.root());
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let id = format!("{}/{name}", object["kind"].as_str().expect("a kind"));
            assert!(objects.insert(id.clone(), object).is_none(), "{id} stands twice");
        }
    }
    objects
}

fn json(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Bool => node.as_bool().into(),
        Kind::Int => node.as_i64().into(),
        Kind::Float => node.as_f64().into(),
        Kind::Str => node.text().into(),
        Kind::Seq => node.items().map(json).collect(),
        Kind::Map => {
            node.entries().map(|(key, value)| (key.text().to_owned(), json(value))).collect()
        }
    }
}
