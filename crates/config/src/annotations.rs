//! Exceptions in annotations: `seawall.dev/ignore.<check-id>: reason`, for what lives in a cluster.
//!
//! On the object or on its pod template. `seawall.dev/ignore.<check-id>.<container>` holds for one
//! container.

use std::sync::Arc;

use seawall_model::document::{Document, Node};
use seawall_model::workload::pods_of;
use seawall_model::{Finding, Inventory, Location, ObjectId};

use crate::comments::Invalid;
use crate::file::unknown_check;

const PREFIX: &str = "seawall.dev/ignore.";

/// One check accepted by one annotation.
#[derive(Debug)]
pub(crate) struct Annotation {
    check: String,
    container: Option<String>,
    object: Arc<ObjectId>,
    pub(crate) reason: String,
    pub(crate) location: Location,
}

impl Annotation {
    pub(crate) fn matches(&self, finding: &Finding) -> bool {
        finding.check.id == self.check
            && Arc::ptr_eq(&finding.subject.object, &self.object)
            && self
                .container
                .as_ref()
                .is_none_or(|name| finding.subject.container.as_deref() == Some(name))
    }

    pub(crate) fn check(&self) -> &str {
        &self.check
    }
}

/// The annotations of all objects.
pub(crate) fn find(inventory: &Inventory) -> (Vec<Annotation>, Vec<Invalid>) {
    let mut annotations = Vec::new();
    let mut invalid = Vec::new();
    let speaks_of_it = |document: &Document| {
        memchr::memmem::find(document.source().text().as_bytes(), PREFIX.as_bytes()).is_some()
    };
    if !inventory.documents().iter().any(speaks_of_it) {
        return (annotations, invalid);
    }
    for object in inventory.objects() {
        let own = object.metadata();
        let templates = pods_of(object).into_iter().filter_map(|pod| pod.metadata);
        let mut seen: Option<Node<'_>> = None;
        for metadata in own.into_iter().chain(templates) {
            // A pod's metadata is the object's own.
            if seen.replace(metadata) == Some(metadata) {
                continue;
            }
            for (key, value) in metadata.get("annotations").into_iter().flat_map(Node::entries) {
                let Some(name) = key.text().strip_prefix(PREFIX) else { continue };
                let (check, container) = match name.split_once('.') {
                    Some((check, container)) => (check, Some(container.to_owned())),
                    None => (name, None),
                };
                let location = key.location();
                if seawall_checks::find(check).is_none() {
                    invalid.push((location, unknown_check(check)));
                } else if value.text().trim().is_empty() {
                    let why = format!("`{}` gives no reason; make it the value", key.text());
                    invalid.push((location, why));
                } else {
                    annotations.push(Annotation {
                        check: check.to_owned(),
                        container,
                        object: Arc::clone(object.id()),
                        reason: value.text().trim().to_owned(),
                        location,
                    });
                }
            }
        }
    }
    (annotations, invalid)
}
