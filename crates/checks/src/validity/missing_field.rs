//! What is required and not there makes the object void.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::problems::{Class, report};

/// Required field is missing.
pub const CHECK: Check = Check {
    id: "missing-field",
    title: "Required field is missing",
    severity: Severity::Medium,
    rationale: "The API server refuses an object that lacks a required field: it is not deployed, and what stood before stays.",
    remedy: "Add the field that the message names.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:schema-validation"],
    links: &["https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation"],
    scope: Scope::AnyObject(run),
    fix: Err(NoFix::Intent),
    cases: include_str!("missing_field.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(Class::MissingField, object, cx)
}
