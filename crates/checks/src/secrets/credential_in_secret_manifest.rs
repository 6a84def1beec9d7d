//! Base64 hides nothing.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity, Undecided,
};

use super::base64;
use super::search::{Credential, in_entry, of_kubeconfig, shown};
use super::values::looks_random;

/// Credentials in `data` and `stringData` of a Secret that was read with its values: from files,
/// for the values of Secrets in a cluster are never read. Certificates, names and addresses are
/// none. Kubeconfigs have a check of their own.
pub const CHECK: Check = Check {
    id: "credential-in-secret-manifest",
    title: "Manifest of a Secret holds its value",
    severity: Severity::High,
    rationale: "`data` is base64, which anybody decodes. Whoever may read the repository, a clone \
                of it, a backup or a build log has the credential, and it stays in the history \
                after the file is mended. Rights on Secrets in the cluster do not matter any more.",
    remedy: "Make the credential invalid and issue a new one. Commit a reference instead: an \
             ExternalSecret, a SealedSecret, or a file that SOPS has encrypted.",
    mapping: Mapping {
        nsa: &["C-0012"],
        cis: &["5.4.2"],
        pss: None,
        mitre: &["T1552", "T1552.001"],
    },
    covers: &["kubescape:C-0208"],
    links: &["https://kubernetes.io/docs/concepts/security/secrets-good-practices/"],
    scope: Scope::Object(&[ObjectKind::Secret], run),
    fix: Err(NoFix::Leaked),
    cases: include_str!("credential_in_secret_manifest.yaml"),
};

const INSTEAD: &str = "renew it and commit a reference, such as an ExternalSecret";

fn run<'a>(secret: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if let Some(data) = secret.root().field("stringData")? {
        for (key, value) in data.map()? {
            search(secret, key, value, value.text(), cx);
        }
    }
    let Some(data) = secret.root().field("data")? else { return Ok(()) };
    for (key, value) in data.map()? {
        match base64::decode(value.text()).map(String::from_utf8) {
            Some(Ok(text)) => search(secret, key, value, &text, cx),
            Some(Err(bytes)) => {
                let length = bytes.as_bytes().len();
                let what = format!("{} in binary", key.text());
                Credential {
                    what: what.into(),
                    shown: format!("{length} bytes"),
                    placeholder: false,
                }
                .report(value, &place(secret, key), INSTEAD, cx);
            }
            // Filled in or encrypted by a tool before it is applied.
            None if ["${", "{{", "ENC[", "<", "$("]
                .iter()
                .any(|mark| value.text().contains(mark)) => {}
            None => cx.undecided(Undecided {
                node: value,
                why: format!("{} of the Secret is no base64", key.text()).into(),
            }),
        }
    }
    Ok(())
}

fn place(secret: Object<'_>, key: Node<'_>) -> String {
    format!("entry {} of the manifest of Secret {}", key.text(), secret.name())
}

fn search<'a>(secret: Object<'a>, key: Node<'a>, value: Node<'a>, text: &str, cx: &mut Cx<'a>) {
    if of_kubeconfig(text).is_some() {
        return;
    }
    let mut found = match in_entry(key.text(), text) {
        Ok(found) => found,
        Err(why) => return cx.undecided(Undecided { node: value, why: why.into() }),
    };
    if found.is_empty() && looks_random(text.trim()) && !text.contains("://") {
        let what = key.text().to_owned().into();
        found.push(Credential { what, shown: shown(text.trim(), false), placeholder: false });
    }
    for credential in found {
        credential.report(value, &place(secret, key), INSTEAD, cx);
    }
}
