//! One value of the wrong type, and the whole object is refused.

use seawall_model::{Check, Cx, Mapping, Object, Outcome, Scope, Severity};

use super::problems::{Class, report};

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
    fix: None,
    cases: include_str!("wrong_type.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(Class::WrongType, object, cx)
}
