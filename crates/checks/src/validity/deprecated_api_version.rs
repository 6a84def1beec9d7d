//! What a later upgrade will take away.

use seawall_model::{Check, Cx, Fix, Mapping, Object, Outcome, Safety, Scope, Severity};

use super::problems::{Class, moved, report};

/// API version is deprecated.
pub const CHECK: Check = Check {
    id: "deprecated-api-version",
    title: "API version is deprecated",
    severity: Severity::Low,
    rationale: "A deprecated API version is served for some releases more and then refused: an upgrade of the cluster breaks the next deployment.",
    remedy: "Write the API version that the message names, and check its fields: some were renamed.",
    mapping: Mapping::NONE,
    covers: &["kubeaudit:DeprecatedAPIUsed", "trivy:KSV-0107", "kube-score:stable-version"],
    links: &["https://kubernetes.io/docs/reference/using-api/deprecation-guide/"],
    scope: Scope::AnyObject(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("Newer versions of an API have other defaults and rules."),
        edits: moved,
    }),
    cases: include_str!("deprecated_api_version.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(Class::DeprecatedApiVersion, object, cx)
}
