//! Labels and annotations of objects and of their pods, for those who read decisions from them.

use seawall_model::document::Node;
use seawall_model::workload::{Pod, pods_of};
use seawall_model::{Inventory, Object};

use crate::marks::Marks;

/// One label or annotation.
pub(crate) struct Entry<'a> {
    pub(crate) object: Object<'a>,
    /// The pods that the object declares.
    pub(crate) pods: &'a [Pod<'a>],
    pub(crate) of: Of,
    pub(crate) is_label: bool,
    pub(crate) key: Node<'a>,
    pub(crate) value: Node<'a>,
}

/// Whose metadata an entry stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The object's, which has pods of another.
    Object,
    /// The pods' that the object declares.
    Pods,
    /// The object's, which is a pod or has none.
    Both,
}

impl Entry<'_> {
    /// The text behind a prefix of the key.
    pub(crate) fn after(&self, prefix: &str) -> Option<&str> {
        self.key.text().strip_prefix(prefix)
    }

    /// Whether it stands in the object's own metadata.
    pub(crate) fn is_of_object(&self) -> bool {
        self.of != Of::Pods
    }
}

/// Calls `read` for each label and annotation in texts that may hold a decision.
pub(crate) fn each(inventory: &Inventory, marks: &Marks, mut read: impl FnMut(&Entry<'_>)) {
    if marks.none_keyed() {
        return;
    }
    for object in inventory.objects() {
        if !marks.keyed(object.root().document().source()) {
            continue;
        }
        let own = object.metadata();
        let pods = pods_of(object);
        let of_pods: Vec<Node<'_>> = pods.iter().filter_map(|pod| pod.metadata).collect();
        let mut seen: Vec<Node<'_>> = Vec::new();
        for (metadata, from_pod) in
            own.map(|own| (own, false)).into_iter().chain(of_pods.iter().map(|node| (*node, true)))
        {
            // A pod's metadata is the object's own; pods of a custom resource may share theirs.
            if seen.contains(&metadata) {
                continue;
            }
            seen.push(metadata);
            let of = match from_pod {
                true => Of::Pods,
                false if pods.is_empty() || of_pods.contains(&metadata) => Of::Both,
                false => Of::Object,
            };
            for (list, is_label) in [("labels", true), ("annotations", false)] {
                for (key, value) in metadata.get(list).into_iter().flat_map(Node::entries) {
                    read(&Entry { object, pods: &pods, of, is_label, key, value });
                }
            }
        }
    }
}
