//! Who speaks for what a controller made: a Deployment for its ReplicaSets and their pods, a
//! CronJob for its jobs.
//!
//! The controller of an object is the owner reference with `controller: true`
//! (`k8s.io/apimachinery/pkg/apis/meta/v1.GetControllerOf`). An owner that was read and has the same
//! [`posture`](super::posture) speaks for it. For an owner that was not read, or is a custom
//! resource, one of its pods of each posture speaks for the others.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use seawall_model::document::Node;
use seawall_model::{ObjectKind, Source};

/// Something that a controller made.
pub(super) struct Owned {
    pub(super) kind: ObjectKind,
    pub(super) source: Arc<Source>,
    owner: Box<str>,
    /// `None` where nothing runs by it.
    posture: Option<u64>,
}

impl Owned {
    /// An object with a controller that may speak for it.
    pub(super) fn new(kind: ObjectKind, root: Node<'_>, posture: Option<u64>) -> Option<Owned> {
        posture?;
        let owners = root.at_path(&["metadata", "ownerReferences"])?;
        let owner = owners
            .items()
            .find(|owner| owner.get("controller").and_then(Node::as_bool) == Some(true))?;
        // The pod of a file on a node: the kubelet's mirror of it is all that the API shows.
        if owner.get("kind").and_then(Node::as_str) == Some("Node") {
            return None;
        }
        // An old ReplicaSet is kept for rollbacks, at no replicas.
        let idle = kind == ObjectKind::ReplicaSet
            && root.at_path(&["spec", "replicas"]).and_then(Node::as_i64) == Some(0);
        Some(Owned {
            kind,
            source: Arc::clone(root.document().source()),
            owner: owner.get("uid")?.as_str()?.into(),
            posture: posture.filter(|_| !idle),
        })
    }
}

/// The owners that were read, and those who were chosen to speak for others.
#[derive(Default)]
pub(super) struct Folding {
    postures: HashMap<Box<str>, u64>,
    chosen: HashSet<(Box<str>, Option<u64>)>,
}

impl Folding {
    /// An object with a pod template was read.
    pub(super) fn note(&mut self, uid: Box<str>, posture: u64) {
        self.postures.insert(uid, posture);
    }

    /// Whether somebody speaks for the object; to be asked once for each, in the objects' order.
    pub(super) fn folds(&mut self, owned: &Owned) -> bool {
        match (self.postures.get(&owned.owner), owned.posture) {
            (Some(_), None) => true,
            (Some(owner), Some(own)) if *owner == own => true,
            _ => !self.chosen.insert((owned.owner.clone(), owned.posture)),
        }
    }
}
