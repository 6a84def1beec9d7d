//! A token in a Secret is valid until the Secret is gone.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// A Secret of type `kubernetes.io/service-account-token`: the token controller fills it with a
/// token without an end.
pub const CHECK: Check = Check {
    id: "long-lived-service-account-token",
    title: "Secret asks for a service account token that never expires",
    severity: Severity::Medium,
    rationale: "Tokens that pods get are bound to the pod and expire within the hour. One in a \
                Secret is valid from anywhere until the Secret is deleted: whoever once read it, \
                from a backup or a pipeline's log, is the account for years.",
    remedy: "Delete the Secret. Let pods use the token that they are given, and get others from \
             `kubectl create token` or the TokenRequest API with the shortest life that does.",
    mapping: Mapping { mitre: &["T1528", "T1552"], ..Mapping::NONE },
    covers: &[],
    links: &[
        "https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets",
    ],
    scope: Scope::Object(&[ObjectKind::Secret], run),
    fix: Err(NoFix::Leaked),
    cases: include_str!("long_lived_service_account_token.yaml"),
};

fn run<'a>(secret: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(secret_type) = secret.root().get("type") else { return Ok(()) };
    if secret_type.string()?.value == "kubernetes.io/service-account-token" {
        let account = secret.annotation("kubernetes.io/service-account.name");
        let account = account.map_or("(no name)", Node::text);
        cx.fail(
            secret_type,
            format!(
                "Secret {} asks for a token of service account {account} that never expires; \
                 delete it and use tokens from the TokenRequest API",
                secret.name()
            ),
        );
    }
    Ok(())
}
