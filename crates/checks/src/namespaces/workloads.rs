//! Which kinds are workloads, and which namespaces are Kubernetes' own.

use seawall_model::ObjectKind;

/// The kinds that make pods.
pub(super) const WORKLOADS: &[ObjectKind] = &[
    ObjectKind::Pod,
    ObjectKind::PodTemplate,
    ObjectKind::Deployment,
    ObjectKind::ReplicaSet,
    ObjectKind::ReplicationController,
    ObjectKind::StatefulSet,
    ObjectKind::DaemonSet,
    ObjectKind::Job,
    ObjectKind::CronJob,
];

/// The namespaces that Kubernetes makes for itself.
pub(crate) const SYSTEM_NAMESPACES: &[&str] = &["kube-system", "kube-public", "kube-node-lease"];
