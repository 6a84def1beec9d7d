//! What an upgrade takes away.

use seawall_model::{Check, Cx, Fix, Mapping, Object, Outcome, Safety, Scope, Severity};

use super::problems::{Class, moved, report};

/// API version is no longer served.
pub const CHECK: Check = Check {
    id: "removed-api-version",
    title: "API version is no longer served",
    severity: Severity::Medium,
    rationale: "A cluster of the version aimed at does not know the API version and refuses the object. If the object guards something, nothing guards it after the upgrade.",
    remedy: "Write the API version that the message names, and check its fields: some were renamed. Give `--kubernetes-version` when the cluster is older.",
    mapping: Mapping::NONE,
    covers: &[
        "kubeaudit:DeprecatedAPIUsed",
        "trivy:KSV-0107",
        "kube-linter:no-extensions-v1beta",
        "kube-score:stable-version",
    ],
    links: &["https://kubernetes.io/docs/reference/using-api/deprecation-guide/"],
    scope: Scope::AnyObject(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("Newer versions of an API have other defaults and rules."),
        edits: moved,
    }),
    cases: include_str!("removed_api_version.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(Class::RemovedApiVersion, object, cx)
}
