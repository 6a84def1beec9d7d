//! A guard that is misspelt guards nothing.

use seawall_model::{Check, Cx, Fix, Mapping, Object, Outcome, Safety, Scope, Severity};

use super::problems::{Class, renamed, report};

/// Security field is misspelt or misplaced.
pub const CHECK: Check = Check {
    id: "dropped-security-field",
    title: "Security field is misspelt or misplaced",
    severity: Severity::High,
    rationale: "The API server drops a field that it does not know. A misspelt `securityContext`, or a policy whose `spec` is nested one level too deep, is accepted by a lenient client and protects nothing, while everyone who reads the manifest believes that it does.",
    remedy: "Write the field as the API has it, where the API has it; the message says what is likely meant.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &["https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation"],
    scope: Scope::AnyObject(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("The field takes effect, which it never did."),
        edits: renamed,
    }),
    cases: include_str!("dropped_security_field.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(Class::DroppedSecurityField, object, cx)
}
