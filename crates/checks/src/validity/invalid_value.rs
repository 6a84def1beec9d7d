//! Enumerations admit what they list.

use seawall_model::{Check, Cx, Mapping, Object, Outcome, Scope, Severity};

use super::problems::{Class, report};

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
    fix: None,
    cases: include_str!("invalid_value.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(Class::InvalidValue, object, cx)
}
