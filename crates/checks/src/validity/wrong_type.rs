//! One value of the wrong type, and the whole object is refused.

use seawall_model::document::{Kind, Node};
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Object, Outcome, Safety, Scope, Severity, Value,
};
use seawall_schema::Expected;

use crate::fix;

use super::problems::{Class, Meant, meant, report};

/// Value has a type that the API server refuses.
pub const CHECK: Check = Check {
    id: "wrong-type",
    title: "Value has a type that the API server refuses",
    severity: Severity::High,
    rationale: "The API server refuses an object with a value of the wrong type, such as a quoted \"true\" where a boolean belongs. The older, laxer object stays in place, and the change that everyone believes deployed is not.",
    remedy: "Write a value of the type that the message names. In YAML, quotes make a string.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:schema-validation"],
    links: &["https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation"],
    scope: Scope::AnyObject(run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The API server refuses the object as it stands; only a boolean or \
             number that was quoted, or a string that was not, is written as it \
             was meant.",
        ),
        edits,
    }),
    cases: include_str!("wrong_type.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(Class::WrongType, object, cx)
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let value = match meant(flaw) {
        Some(Meant::Type(expected)) => retyped(flaw.node, expected),
        _ => None,
    };
    match value {
        Some(value) => fix::here(flaw, value),
        None => Err("what is meant can't be told from the value".into()),
    }
}

/// The value as what belongs there, if quotes alone made it another.
fn retyped(node: Node<'_>, expected: Expected) -> Option<Value> {
    let text = node.text();
    let integer = || text.parse::<i64>().ok().filter(|value| value.to_string() == text);
    match (node.kind(), expected) {
        (Kind::Str, Expected::Bool) => text.parse().ok().map(Value::Bool),
        (Kind::Str, Expected::Int32 | Expected::Int64 | Expected::Number) => {
            integer().map(Value::Int)
        }
        // `yes` and `0644` would read otherwise than they are written.
        (Kind::Int, Expected::String) => integer().map(|_| Value::str(text.to_owned())),
        (Kind::Bool, Expected::String) if matches!(text, "true" | "false") => {
            Some(Value::str(text.to_owned()))
        }
        _ => None,
    }
}
