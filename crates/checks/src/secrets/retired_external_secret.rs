//! A controller that nobody mends any more holds every secret of the cluster.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// Objects of kubernetes-external-secrets, of the group `kubernetes-client.io`.
pub const CHECK: Check = Check {
    id: "retired-external-secret",
    title: "ExternalSecret is one of a retired project",
    severity: Severity::Medium,
    rationale: "kubernetes-external-secrets was archived in 2022. Its controller reads every \
                credential that the cluster uses and may write Secrets everywhere, and nobody \
                mends what is found wrong with it or its libraries.",
    remedy: "Move to the External Secrets Operator, `external-secrets.io/v1`.",
    mapping: Mapping { mitre: &["T1552"], ..Mapping::NONE },
    covers: &[],
    links: &["https://github.com/external-secrets/kubernetes-external-secrets"],
    scope: Scope::Object(&[ObjectKind::Custom], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("retired_external_secret.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let retired =
        matches!(object.group(), "kubernetes-client.io" | "kubernetes-external-secrets.io");
    if retired && object.id().kind == "ExternalSecret" {
        let node = object.root().get("apiVersion").unwrap_or(object.root());
        cx.fail(
            node,
            format!(
                "ExternalSecret {} is of {}, whose controller was archived in 2022; write \
                 external-secrets.io/v1",
                object.name(),
                object.id().api_version
            ),
        );
    }
    Ok(())
}
