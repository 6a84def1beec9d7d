//! Enumerations admit what they list.

use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Object, Outcome, Safety, Scope, Severity, Value,
};

use crate::fix;

use super::problems::{Class, Meant, meant, report};

/// Value is none that the API takes.
pub const CHECK: Check = Check {
    id: "invalid-value",
    title: "Value is none that the API takes",
    severity: Severity::Medium,
    rationale: "The API server refuses an object with a value outside the field's list, or of a kind or version that it does not know: the object is not deployed, and what stood before stays.",
    remedy: "Write one of the values that the message lists.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:schema-validation"],
    links: &["https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation"],
    scope: Scope::AnyObject(run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The API server refuses the object as it stands; only a value that is one of the list \
             in other letters is written as the list has it.",
        ),
        edits,
    }),
    cases: include_str!("invalid_value.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(Class::InvalidValue, object, cx)
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    match meant(flaw) {
        Some(Meant::Value(value)) => fix::here(flaw, Value::str(value)),
        _ => Err("which value is meant is not known".into()),
    }
}
