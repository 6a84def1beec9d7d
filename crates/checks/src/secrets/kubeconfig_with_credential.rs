//! A kubeconfig with a credential is the cluster's key in a file.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::base64;
use super::search::of_kubeconfig;
use super::values::{Value, judge};

/// Kubeconfigs with a token, a client key or a password: as an entry of a ConfigMap or a Secret,
/// or as a file among the manifests.
pub const CHECK: Check = Check {
    id: "kubeconfig-with-credential",
    title: "Kubeconfig carries a credential",
    severity: Severity::High,
    rationale: "Whoever reads it is its user before the API server, from anywhere, until the \
                credential is revoked: client certificates can't be, and tokens of service \
                accounts that stand in a Secret never expire.",
    remedy: "Revoke the credential. In the cluster, use the pod's service account; outside, let \
             the kubeconfig get a short-lived token with `exec`.",
    mapping: Mapping { nsa: &["C-0012"], cis: &[], pss: None, mitre: &["T1552", "T1552.001"] },
    covers: &["kubescape:C-0012"],
    links: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins",
    ],
    scope: Scope::Object(&[ObjectKind::ConfigMap, ObjectKind::Secret, ObjectKind::Custom], run),
    fix: Err(NoFix::Leaked),
    cases: include_str!("kubeconfig_with_credential.yaml"),
};

const INSTEAD: &str = "revoke it and use a service account or short-lived tokens";

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if object.kind() == ObjectKind::Custom {
        return of_file(object, cx);
    }
    for list in ["data", "stringData", "binaryData"] {
        let Some(entries) = object.root().get(list) else { continue };
        let encoded = list == "binaryData" || (list, object.kind()) == ("data", ObjectKind::Secret);
        for (key, value) in entries.map()? {
            let text = value.text();
            let found = if encoded {
                // What is no base64 or no text is no kubeconfig.
                base64::decode(text)
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .and_then(|text| of_kubeconfig(&text))
            } else {
                of_kubeconfig(text)
            };
            if let Some(credential) = found {
                let place = format!(
                    "the kubeconfig in entry {} of {} {}",
                    key.text(),
                    object.id().kind,
                    object.name()
                );
                credential.report(value, &place, INSTEAD, cx);
            }
        }
    }
    Ok(())
}

/// `kind: Config` of `v1`, which is no object of the API server.
fn of_file<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if (object.id().api_version.as_str(), object.id().kind.as_str()) != ("v1", "Config") {
        cx.not_applicable();
        return Ok(());
    }
    let Some(users) = object.root().get("users") else { return Ok(()) };
    for user in users.list()? {
        for field in ["token", "client-key-data", "password"] {
            let Some(value) = user.at_path(&["user", field]) else { continue };
            if judge(value.text()) != Value::Nothing {
                let name = user.get("name").map_or("(no name)", Node::text);
                cx.fail_secret(
                    value,
                    "",
                    format!(
                        "the kubeconfig holds {field} of user {name} ({} characters); {INSTEAD}",
                        value.text().chars().count()
                    ),
                    false,
                );
            }
        }
    }
    Ok(())
}
