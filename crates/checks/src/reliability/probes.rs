//! Which containers are asked for probes.

use seawall_model::ObjectKind;
use seawall_model::document::Node;
use seawall_model::workload::{Container, ContainerType};

/// Whether a container is meant to run until it is replaced: one of a pod's main containers, in a
/// pod that is always restarted and does not belong to a job.
pub(super) fn long_running(container: &Container<'_>) -> bool {
    let pod = &container.pod;
    container.container_type == ContainerType::Regular
        && match pod.object.kind() {
            ObjectKind::Deployment
            | ObjectKind::ReplicaSet
            | ObjectKind::ReplicationController
            | ObjectKind::StatefulSet
            | ObjectKind::DaemonSet => true,
            ObjectKind::Pod => {
                pod.field("restartPolicy").and_then(Node::as_str).is_none_or(|p| p == "Always")
            }
            _ => false,
        }
}
