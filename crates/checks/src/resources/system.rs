//! The namespaces that Kubernetes makes for itself.

/// Whether a namespace belongs to Kubernetes, where quotas and defaults would bound the cluster's
/// own components (`NamespaceSystem` and its neighbours in `pkg/apis/meta/v1/types.go`).
pub(super) fn is_system(namespace: &str) -> bool {
    matches!(namespace, "kube-system" | "kube-public" | "kube-node-lease")
}
