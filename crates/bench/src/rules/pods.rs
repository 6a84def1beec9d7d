//! What is asked of pods and no check decides.

use seawall_model::document::Node;
use seawall_model::workload::{Pod, pods_of};

use crate::context::{Cx, either};
use crate::evidence::document;
use crate::objects::gap;
use crate::outcome::{Evidence, OriginKind, Outcome};

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
    Ok((found, count, gap(inventory, false)))
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
