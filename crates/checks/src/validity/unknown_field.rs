//! What the API does not know, it drops.

use seawall_model::{Check, Cx, Fix, Mapping, Object, Outcome, Safety, Scope, Severity};

use super::problems::{Class, renamed, report};

/// Field is unknown to the API.
pub const CHECK: Check = Check {
    id: "unknown-field",
    title: "Field is unknown to the API",
    severity: Severity::Medium,
    rationale: "The API server drops a field that it does not know, so the object does less than its manifest says. kubectl refuses such objects since 1.25; older ones, and other clients, let them through.",
    remedy: "Write the field as the API of your version has it, or remove it.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:schema-validation"],
    links: &["https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation"],
    scope: Scope::AnyObject(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("The field takes effect, which it never did."),
        edits: renamed,
    }),
    cases: include_str!("unknown_field.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(Class::UnknownField, object, cx)
}
