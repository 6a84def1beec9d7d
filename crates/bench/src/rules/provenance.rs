//! Whether admission checks where images come from.

use seawall_model::document::Node;
use seawall_model::{Inventory, Object, ObjectKind};

use crate::apiserver::Admission;
use crate::component::{Component, Instance};
use crate::context::Cx;
use crate::evidence::host::Unread;
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;

/// Programs that verify images at admission, by a word in the names of their webhooks.
const VERIFIERS: &[&str] = &[
    "sigstore",
    "policy.sigstore.dev",
    "connaisseur",
    "ratify",
    "portieris",
    "cosigned",
    "notary",
];

/// Admission checks where images come from.
pub fn checked(cx: &Cx<'_>) -> Outcome {
    for instance in cx.components.instances(Component::ApiServer) {
        let admission = Admission::of(instance);
        if admission.has("ImagePolicyWebhook") {
            return match allows_by_default(cx, instance) {
                Err(why) => unread(&why),
                Ok(true) => Outcome::fail(
                    "ImagePolicyWebhook lets images in when its webhook can't be asked: \
                     defaultAllow is true",
                ),
                Ok(false) => Outcome::pass("the plugin ImagePolicyWebhook is on"),
            }
            .with(admission.evidence);
        }
    }
    match cx.input.inventory.and_then(verifier) {
        Some((name, evidence)) => Outcome::pass(format!("{name} verifies images")).with([evidence]),
        None => Outcome::manual(
            "ImagePolicyWebhook is not seen, and no webhook that is known to verify images: does \
             anything verify their signatures at admission?",
        ),
    }
}

/// Whether ImagePolicyWebhook lets images in that it can't ask about: by its configuration, which
/// stands in the file of admission, or in one that this names.
fn allows_by_default(cx: &Cx<'_>, instance: &Instance) -> Result<bool, Unread> {
    let flag = "admission-control-config-file";
    let path = instance.arguments.last(flag).filter(|path| !path.is_empty());
    let path = path.ok_or_else(|| Unread::new(format!("--{flag}"), "it is not set"))?;
    let document = cx.configuration(instance, path)?;
    let mut plugins = document.root().get("plugins").into_iter().flat_map(Node::items);
    let own = plugins
        .find(|plugin| plugin.get("name").is_some_and(|name| name.text() == "ImagePolicyWebhook"));
    let own = own.ok_or_else(|| Unread::new(path, "it has no ImagePolicyWebhook"))?;
    let of = |root: Node<'_>| {
        let node = root.at_path(&["imagePolicy", "defaultAllow"]);
        node.and_then(Node::as_bool).unwrap_or(false)
    };
    match (own.get("configuration"), own.get("path").map(Node::text)) {
        (Some(configuration), _) => Ok(of(configuration)),
        (None, Some(other)) if !other.is_empty() => {
            let base = path.rsplit_once('/').map_or("", |(base, _)| base);
            let other =
                if other.starts_with('/') { other.to_owned() } else { format!("{base}/{other}") };
            Ok(of(cx.configuration(instance, &other)?.root()))
        }
        _ => Err(Unread::new(path, "ImagePolicyWebhook has no configuration in it")),
    }
}

/// What is known to verify images, and to refuse them.
fn verifier(inventory: &Inventory) -> Option<(String, Evidence)> {
    let webhooks = inventory.of_kind(ObjectKind::ValidatingWebhookConfiguration);
    let webhooks = webhooks.chain(inventory.of_kind(ObjectKind::MutatingWebhookConfiguration));
    let refuses = |hook: &Object<'_>| {
        let hooks = hook.root().get("webhooks").into_iter().flat_map(Node::items);
        hooks.filter_map(|hook| hook.get("failurePolicy")).all(|policy| policy.text() != "Ignore")
    };
    let mut webhooks = webhooks
        .filter(|hook| VERIFIERS.iter().any(|word| hook.name().contains(word)) && refuses(hook));
    // Kyverno's policies say so themselves, and whether they only report.
    let mut policies = inventory.of_kind(ObjectKind::Custom).filter(|object| {
        let root = object.root();
        let values = |keys: &[&str]| -> Vec<&str> {
            let named = root
                .descendants()
                .filter(|n| n.key().is_some_and(|key| keys.contains(&key.text())));
            named.flat_map(|node| node.items().chain([node]).map(Node::text)).collect()
        };
        let has = |key: &str| {
            root.descendants().any(|node| node.key().is_some_and(|known| known.text() == key))
        };
        match (object.group(), object.id().kind.as_str()) {
            ("policies.kyverno.io", "ImageValidatingPolicy") => {
                let actions = values(&["validationActions"]);
                actions.contains(&"Deny") || !has("validationActions")
            }
            ("kyverno.io", _) => {
                let actions = values(&["validationFailureAction", "failureAction"]);
                let enforces = actions.iter().any(|action| action.eq_ignore_ascii_case("enforce"));
                has("verifyImages") && enforces
            }
            _ => false,
        }
    });
    let object = webhooks.next().or_else(|| policies.next())?;
    let name = object.name().to_owned();
    let id = object.id();
    Some((name.clone(), Evidence::new(id.kind.clone(), name, OriginKind::Object, id.to_string())))
}
