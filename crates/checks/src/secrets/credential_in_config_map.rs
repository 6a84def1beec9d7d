//! ConfigMaps are for what everyone may read.

use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity, Undecided,
};

use super::search::{in_entry, of_kubeconfig};

/// Credentials in the entries of a ConfigMap, by their format, by the entry's name, or by the name
/// of a setting in the entry. Kubeconfigs have a check of their own.
pub const CHECK: Check = Check {
    id: "credential-in-config-map",
    title: "ConfigMap holds a credential",
    severity: Severity::High,
    rationale: "ConfigMaps are meant to be read: the built-in role `view` shows them, they are \
                not encrypted in etcd where Secrets are, and no tool takes care to hide what is in \
                them. A password there is a password on the notice board.",
    remedy: "Make the credential invalid and issue a new one. Keep it in a Secret that an external \
             store fills, mount it beside the settings, and leave a reference in the ConfigMap.",
    mapping: Mapping { nsa: &["C-0012"], cis: &[], pss: None, mitre: &["T1552", "T1552.001"] },
    covers: &["kubescape:C-0012", "trivy:KSV-0109", "polaris:sensitiveConfigmapContent"],
    links: &["https://kubernetes.io/docs/concepts/configuration/configmap/"],
    scope: Scope::Object(&[ObjectKind::ConfigMap], run),
    fix: Err(NoFix::Leaked),
    cases: include_str!("credential_in_config_map.yaml"),
};

fn run<'a>(config_map: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(data) = config_map.root().field("data")? else { return Ok(()) };
    for (key, value) in data.map()? {
        let text = value.text();
        if of_kubeconfig(text).is_some() {
            continue;
        }
        match in_entry(key.text(), text) {
            Ok(found) => {
                let place = format!("entry {} of ConfigMap {}", key.text(), config_map.name());
                for credential in found {
                    credential.report(value, &place, "renew it and keep it in a Secret", cx);
                }
            }
            Err(why) => cx.undecided(Undecided { node: value, why: why.into() }),
        }
    }
    Ok(())
}
