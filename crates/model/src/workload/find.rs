//! Where the kinds of Kubernetes, and of others, keep their pods.

use super::Pod;
use crate::document::{Kind, Node};
use crate::object::{Object, ObjectKind};

/// The pods that an object declares: one for the workload kinds, any number for custom resources.
pub fn pods_of(object: Object<'_>) -> Vec<Pod<'_>> {
    let template = |path: &[&str]| -> Vec<Pod<'_>> {
        object
            .root()
            .at_path(path)
            .and_then(|template| Some((template.get("metadata"), template.get("spec")?)))
            .map(|(metadata, spec)| Pod::new(object, metadata, spec))
            .into_iter()
            .collect()
    };
    match object.kind() {
        ObjectKind::Pod => object
            .spec()
            .map(|spec| Pod::new(object, object.metadata(), spec))
            .into_iter()
            .collect(),
        ObjectKind::PodTemplate => template(&["template"]),
        ObjectKind::Deployment
        | ObjectKind::ReplicaSet
        | ObjectKind::ReplicationController
        | ObjectKind::StatefulSet
        | ObjectKind::DaemonSet
        | ObjectKind::Job => template(&["spec", "template"]),
        ObjectKind::CronJob => template(&["spec", "jobTemplate", "spec", "template"]),
        ObjectKind::Custom if !describes_patterns(object.group()) => {
            let mut pods = Vec::new();
            search(object, object.root(), object.metadata(), &mut pods);
            pods
        }
        _ => Vec::new(),
    }
}

/// Policy engines write pod specs as patterns (`image: "*:latest"`), which are no pods.
fn describes_patterns(group: &str) -> bool {
    ["kyverno.io", "gatekeeper.sh", "kubewarden.io", "wgpolicyk8s.io"].iter().any(|suffix| {
        group.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// Looks for maps that read as pod specs: with a list of containers that have images, or with the
/// single `container` of an Argo template. Depth is bounded by the reader.
fn search<'a>(
    object: Object<'a>,
    node: Node<'a>,
    metadata: Option<Node<'a>>,
    pods: &mut Vec<Pod<'a>>,
) {
    match node.kind() {
        Kind::Map if is_pod_spec(node) => pods.push(Pod::new(object, metadata, node)),
        Kind::Map => {
            let own = node.get("metadata");
            for (key, value) in node.entries() {
                let metadata = if key.text() == "spec" { own } else { value.get("metadata") };
                search(object, value, metadata, pods);
            }
        }
        Kind::Seq => {
            for item in node.items() {
                search(object, item, item.get("metadata"), pods);
            }
        }
        _ => {}
    }
}

fn is_pod_spec(node: Node<'_>) -> bool {
    let has_image = |container: Node<'_>| {
        container.get("image").and_then(Node::as_str).is_some()
            && (container.get("name").is_some() || container.get("command").is_some())
    };
    node.get("containers").is_some_and(|containers| containers.items().any(has_image))
        || node.get("container").is_some_and(has_image)
}
