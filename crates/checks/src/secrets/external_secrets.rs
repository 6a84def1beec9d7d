//! The objects of the External Secrets Operator, and which Secrets controllers make.

use std::collections::HashSet;

use seawall_model::document::Node;
use seawall_model::{Inventory, Object, ObjectKind};

/// The operator's API group.
const GROUP: &str = "external-secrets.io";

/// Whether an object is a SecretStore or ClusterSecretStore.
pub(super) fn is_store(object: Object<'_>) -> bool {
    object.group() == GROUP
        && matches!(object.id().kind.as_str(), "SecretStore" | "ClusterSecretStore")
}

/// The Secret that a controller makes of an object, with the keys that the object names: by
/// External Secrets, Sealed Secrets and cert-manager. The keys are `None` where the object does not
/// tell all of them.
pub(super) fn made_secret(object: Object<'_>) -> Option<(&str, Option<HashSet<&str>>)> {
    let spec = object.spec()?;
    match (object.group(), object.id().kind.as_str()) {
        (GROUP, "ExternalSecret") => {
            let name = spec.at_path(&["target", "name"]).map_or(object.name(), Node::text);
            let whole =
                spec.get("dataFrom").is_some() || spec.at_path(&["target", "template"]).is_some();
            let keys = || spec.get("data").into_iter().flat_map(Node::items);
            let keys = keys().filter_map(|item| item.get("secretKey")).map(Node::text).collect();
            Some((name, (!whole).then_some(keys)))
        }
        ("bitnami.com", "SealedSecret") => {
            let name = spec.at_path(&["template", "metadata", "name"]);
            let keys = spec.get("encryptedData")?.entries().map(|(key, _)| key.text()).collect();
            Some((name.map_or(object.name(), Node::text), Some(keys)))
        }
        ("cert-manager.io", "Certificate") => {
            let keys = HashSet::from(["tls.crt", "tls.key", "ca.crt"]);
            Some((spec.get("secretName")?.text(), Some(keys)))
        }
        _ => None,
    }
}

/// The keys of a Secret of a namespace as far as what was read tells them: of the Secret itself or
/// of the object that it is made of.
pub(super) fn keys_of<'a>(
    inventory: &'a Inventory,
    made: &[(&'a str, Option<HashSet<&'a str>>)],
    namespace: Option<&str>,
    name: &str,
) -> Option<HashSet<&'a str>> {
    let mut keys = HashSet::new();
    let mut known = false;
    for secret in inventory.named(ObjectKind::Secret, namespace, name) {
        known = true;
        for list in ["data", "stringData"] {
            let entries = secret.root().get(list).into_iter().flat_map(Node::entries);
            keys.extend(entries.map(|(key, _)| key.text()));
        }
    }
    for (_, of_object) in made.iter().filter(|(made, _)| *made == name) {
        known = true;
        keys.extend(of_object.as_ref()?);
    }
    known.then_some(keys)
}
