//! What is asked about the cluster's policies and no check decides.

use seawall_model::document::Node;
use seawall_model::workload::{Pod, pods_of};
use seawall_model::{Inventory, ObjectKind};

use crate::apiserver::Admission;
use crate::component::Component;
use crate::context::{Cx, either};
use crate::distribution::File;
use crate::evidence::document;
use crate::evidence::host::{FileKind, Host, Unread};
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;

/// Network plugins by a word in the names of their files and workloads, and whether they enforce
/// NetworkPolicies. The first that is found counts: Calico and the like stand before what they
/// build upon.
const PLUGINS: &[(&str, bool)] = &[
    ("calico", true),
    ("canal", true),
    ("cilium", true),
    ("antrea", true),
    ("ovn", true),
    ("kube-router", true),
    ("weave", true),
    ("romana", true),
    ("kindnet", true),
    ("flannel", false),
    ("bridge", false),
    ("ptp", false),
    ("macvlan", false),
    ("ipvlan", false),
];

/// The network plugin enforces NetworkPolicies.
pub fn network_plugin(cx: &Cx<'_>) -> Outcome {
    let mut seen: Vec<(String, Evidence)> = Vec::new();
    if let Some(inventory) = cx.input.inventory {
        for set in inventory.of_kind(ObjectKind::DaemonSet) {
            let name = set.name().to_owned();
            let evidence =
                Evidence::new("DaemonSet", name.clone(), OriginKind::Object, set.id().to_string());
            seen.push((name, evidence));
        }
    }
    if let Some(host) = cx.input.host {
        for directory in cx.files(File::Cni).unwrap_or_default() {
            let files = match cx.below(&directory) {
                Ok(files) => files,
                Err(outcome) => return outcome,
            };
            let files = files.into_iter().filter(|(_, found)| found.kind == FileKind::File);
            for (path, _) in files {
                match types(host, &path) {
                    Ok(types) => seen.extend(types.into_iter().map(|name| {
                        let evidence = Evidence::new(
                            "network plugin",
                            name.clone(),
                            OriginKind::File,
                            path.clone(),
                        );
                        (name, evidence)
                    })),
                    Err(why) => return unread(&why),
                }
            }
        }
    }
    for (word, enforces) in PLUGINS {
        if let Some((_, evidence)) = seen.iter().find(|(name, _)| name.contains(word)) {
            let evidence = evidence.clone();
            // k3s enforces policies itself, beside flannel, unless told otherwise.
            if *word == "flannel" && cx.platform == crate::distribution::Platform::K3s {
                return Outcome::manual(
                    "k3s enforces NetworkPolicies itself: is it started without \
                     --disable-network-policy?",
                )
                .with([evidence]);
            }
            return if *enforces {
                Outcome::pass(format!("{word} enforces NetworkPolicies"))
            } else {
                Outcome::fail(format!("{word} does not enforce NetworkPolicies"))
            }
            .with([evidence]);
        }
    }
    if seen.is_empty() && cx.input.inventory.is_none() {
        return either(
            cx.files(File::Cni).map(|_| Outcome::unknown("no network plugin was found")),
        );
    }
    Outcome::manual("Which network plugin runs, and does it enforce NetworkPolicies?")
}

/// The names and types of plugins in a configuration of CNI, with the file's own name.
fn types(host: &Host, path: &str) -> Result<Vec<String>, Unread> {
    let mut found = vec![path.rsplit('/').next().unwrap_or(path).to_owned()];
    if ![".conf", ".conflist", ".json"].iter().any(|end| path.ends_with(end)) {
        return Ok(found);
    }
    let Some(document) = document::of_file(host, path)? else { return Ok(found) };
    let names = document
        .root()
        .descendants()
        .filter(|node| node.key().is_some_and(|key| matches!(key.text(), "type" | "name")));
    found.extend(names.map(|node| node.text().to_owned()));
    Ok(found)
}

/// The pods of all workloads, with what of the inventory could not be read.
fn pods<T>(
    cx: &Cx<'_>,
    look: impl Fn(&Pod<'_>) -> Option<T>,
) -> Result<(Vec<T>, usize, Option<String>), Outcome> {
    let (inventory, _) = cx.objects()?;
    let mut found = Vec::new();
    let mut count = 0;
    for object in inventory.objects() {
        for pod in pods_of(object).iter() {
            count += 1;
            found.extend(look(pod));
        }
    }
    let unread = inventory.coverage().unread().next();
    let unread = unread.map(|part| format!("{}: {}", part.file, part.outcome));
    Ok((found, count, unread))
}

/// Whether pods have users of their own: where they don't, a person must say whether they could.
pub fn user_namespaces(cx: &Cx<'_>) -> Outcome {
    let shares = |pod: &Pod<'_>| {
        let own = pod.spec.get("hostUsers").and_then(Node::as_bool) == Some(false);
        (!own).then(|| pod.object.id().to_string())
    };
    either(pods(cx, shares).map(|(sharing, count, unread)| match (sharing.len(), unread) {
        _ if count == 0 => Outcome::unknown("no pod was read"),
        (0, Some(why)) => Outcome::unknown(format!("not everything was read: {why}")),
        (0, None) => Outcome::pass(format!("all {count} pods have users of their own")),
        (some, _) => Outcome::manual(format!(
            "{some} of {count} pods share the node's users, the first of them {}: could they set \
             hostUsers: false?",
            sharing[0]
        )),
    }))
}

/// No container mounts a volume so that what it mounts below is mounted on the node as well.
pub fn mount_propagation(cx: &Cx<'_>) -> Outcome {
    let shared = |pod: &Pod<'_>| {
        let mounts = pod.spec.descendants().filter(|node| {
            node.key().is_some_and(|key| key.text() == "mountPropagation")
                && node.text() == "Bidirectional"
        });
        mounts.map(document::place).next().map(|place| (pod.object.id().to_string(), place))
    };
    either(pods(cx, shared).map(|(shared, count, unread)| match (shared.is_empty(), unread) {
        _ if count == 0 => Outcome::unknown("no pod was read"),
        (true, Some(why)) => Outcome::unknown(format!("not everything was read: {why}")),
        (true, None) => Outcome::pass(format!("none of {count} pods shares a mount")),
        (false, _) => {
            let names: Vec<&str> = shared.iter().map(|(name, _)| name.as_str()).collect();
            let evidence = shared.iter().map(|(name, place)| {
                let value = format!("{name}: Bidirectional");
                Evidence::new("mountPropagation", value, OriginKind::Object, place.clone())
            });
            Outcome::fail(format!("mounts are shared with the node by {}", names.join(", ")))
                .with(evidence)
        }
    }))
}

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
pub fn image_provenance(cx: &Cx<'_>) -> Outcome {
    for instance in cx.components.instances(Component::ApiServer) {
        let admission = Admission::of(instance);
        if admission.has("ImagePolicyWebhook") {
            return Outcome::pass("the plugin ImagePolicyWebhook is on").with(admission.evidence);
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

fn verifier(inventory: &Inventory) -> Option<(String, Evidence)> {
    let webhooks = inventory.of_kind(ObjectKind::ValidatingWebhookConfiguration);
    let webhooks = webhooks.chain(inventory.of_kind(ObjectKind::MutatingWebhookConfiguration));
    let mut webhooks =
        webhooks.filter(|hook| VERIFIERS.iter().any(|word| hook.name().contains(word)));
    // Kyverno's policies say so themselves.
    let mut policies = inventory.of_kind(ObjectKind::Custom).filter(|object| {
        matches!(object.group(), "kyverno.io" | "policies.kyverno.io")
            && (object.id().kind == "ImageValidatingPolicy"
                || object
                    .root()
                    .descendants()
                    .any(|node| node.key().is_some_and(|key| key.text() == "verifyImages")))
    });
    let object = webhooks.next().or_else(|| policies.next())?;
    let name = object.name().to_owned();
    let id = object.id();
    Some((name.clone(), Evidence::new(id.kind.clone(), name, OriginKind::Object, id.to_string())))
}
