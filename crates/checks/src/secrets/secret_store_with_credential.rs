//! The key of the safe does not hang on its door.

use seawall_model::document::{Kind, Node};
use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity, Undecided,
};

use super::external_secrets::is_store;
use super::search::in_entry;

/// Credentials in a SecretStore or ClusterSecretStore by their format or name, and values of the
/// provider `fake`.
pub const CHECK: Check = Check {
    id: "secret-store-with-credential",
    title: "SecretStore holds a credential itself",
    severity: Severity::High,
    rationale: "The credential of a store opens all that the store serves. In the object it stands \
                in the repository and before everyone who may look at custom resources, which are \
                not encrypted in etcd unless that is asked for.",
    remedy: "Make the credential invalid and issue a new one. Use the identity of the operator's \
             service account, or a reference to a Secret (`secretRef`).",
    mapping: Mapping { nsa: &["C-0012"], cis: &["5.4.2"], pss: None, mitre: &["T1552"] },
    covers: &[],
    links: &["https://external-secrets.io/latest/api/secretstore/"],
    scope: Scope::Object(&[ObjectKind::Custom], run),
    fix: Err(NoFix::Leaked),
    cases: include_str!("secret_store_with_credential.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if !is_store(object) {
        cx.not_applicable();
        return Ok(());
    }
    let Some(spec) = object.spec() else { return Ok(()) };
    let fakes = spec.at_path(&["provider", "fake", "data"]).into_iter().flat_map(Node::items);
    for value in fakes.filter_map(|item| item.get("value")) {
        cx.fail_secret(
            value,
            "",
            format!(
                "{} {} holds a value in plain for the provider fake, which is for tests",
                object.id().kind,
                object.name()
            ),
            false,
        );
    }
    for value in spec.descendants().filter(|node| node.kind() == Kind::Str) {
        // A reference's `key` and `name` say where a credential is.
        let Some(key) = value.key().map(Node::text) else { continue };
        if matches!(key, "key" | "name" | "namespace" | "value") {
            continue;
        }
        match in_entry(key, value.text()) {
            Ok(found) => {
                let place = format!("{key} of {} {}", object.id().kind, object.name());
                for credential in found {
                    credential.report(value, &place, "renew it and refer to a Secret", cx);
                }
            }
            Err(why) => cx.undecided(Undecided { node: value, why: why.into() }),
        }
    }
    Ok(())
}
