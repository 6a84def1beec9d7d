//! What Kubernetes makes for itself: in every cluster, in nobody's manifests.
//!
//! An object counts as built in only while it is as Kubernetes makes it. Somebody's label on the
//! namespace `default`, or a subject that somebody adds to `cluster-admin`, makes it theirs.

use seawall_model::ObjectKind;
use seawall_model::document::Node;

/// Whether an object is one that the API server or a controller makes by itself.
pub(super) fn is_built_in(kind: ObjectKind, root: Node<'_>) -> bool {
    let metadata = |key| root.at_path(&["metadata", key]).and_then(Node::as_str).unwrap_or("");
    let (namespace, name) = (metadata("namespace"), metadata("name"));
    match kind {
        // pkg/controlplane/controller/systemnamespaces
        ObjectKind::Namespace => {
            ["default", "kube-system", "kube-public", "kube-node-lease"].contains(&name)
                && is_bare(root, &["kubernetes.io/metadata.name"])
        }
        // pkg/controller/serviceaccount/serviceaccounts_controller.go makes `default`, and
        // k8s.io/controller-manager/pkg/clientbuilder the accounts of the controllers.
        ObjectKind::ServiceAccount => {
            (name == "default" || namespace == "kube-system")
                && is_bare(root, &[])
                && root.get("automountServiceAccountToken").is_none()
        }
        // pkg/controller/certificates/rootcacertpublisher and, in kube-system,
        // pkg/controlplane/controller/clusterauthenticationtrust and legacytokentracking
        ObjectKind::ConfigMap => {
            name == "kube-root-ca.crt"
                || namespace == "kube-system"
                    && [
                        "extension-apiserver-authentication",
                        "kube-apiserver-legacy-service-account-token-tracking",
                    ]
                    .contains(&name)
        }
        // pkg/controlplane/controller/kubernetesservice
        ObjectKind::Service => (namespace, name) == ("default", "kubernetes"),
        // pkg/controlplane/reconcilers, pkg/controller/endpoint, pkg/controller/endpointslice
        ObjectKind::Endpoints => {
            (namespace, name) == ("default", "kubernetes")
                || label(root, "endpoints.kubernetes.io/managed-by") == "endpoint-controller"
                || annotation(root, "endpoints.kubernetes.io/last-change-trigger-time").is_some()
        }
        ObjectKind::EndpointSlice => {
            (namespace, name) == ("default", "kubernetes")
                || label(root, "endpointslice.kubernetes.io/managed-by")
                    == "endpointslice-controller.k8s.io"
        }
        // pkg/apis/scheduling/v1/helpers.go
        ObjectKind::PriorityClass => {
            ["system-cluster-critical", "system-node-critical"].contains(&name)
        }
        // k8s.io/kube-aggregator/pkg/controllers/autoregister
        ObjectKind::APIService => {
            !label(root, "kube-aggregator.kubernetes.io/automanaged").is_empty()
        }
        ObjectKind::ClusterRole | ObjectKind::Role => is_bootstrap_policy(root, name),
        ObjectKind::ClusterRoleBinding | ObjectKind::RoleBinding => {
            is_bootstrap_policy(root, name)
                && root
                    .get("subjects")
                    .into_iter()
                    .flat_map(Node::items)
                    .all(|subject| is_bootstrap_subject(name, subject))
        }
        _ => false,
    }
}

/// `plugin/pkg/auth/authorizer/rbac/bootstrappolicy`: every object has the label, and its name is a
/// user-facing role's or starts with `system:`.
fn is_bootstrap_policy(root: Node<'_>, name: &str) -> bool {
    label(root, "kubernetes.io/bootstrapping") == "rbac-defaults"
        && (name.starts_with("system:")
            || ["cluster-admin", "admin", "edit", "view"].contains(&name))
}

/// Whom the bootstrap policy binds: `system:masters` to `cluster-admin`, everybody to discovery,
/// and otherwise components, their groups and the controllers' accounts.
fn is_bootstrap_subject(binding: &str, subject: Node<'_>) -> bool {
    let text = |key| subject.get(key).and_then(Node::as_str).unwrap_or("");
    let name = text("name");
    match text("kind") {
        "Group" if binding == "cluster-admin" => name == "system:masters",
        "Group" if name == "system:unauthenticated" => binding == "system:public-info-viewer",
        "Group" => {
            ["system:authenticated", "system:serviceaccounts", "system:monitoring"].contains(&name)
        }
        "User" => name.starts_with("system:kube-"),
        "ServiceAccount" => binding != "cluster-admin" && text("namespace") == "kube-system",
        _ => false,
    }
}

/// Whether there are no annotations, and no labels but those.
fn is_bare(root: Node<'_>, labels: &[&str]) -> bool {
    let metadata = |key| root.at_path(&["metadata", key]).into_iter().flat_map(Node::entries);
    metadata("annotations").next().is_none()
        && metadata("labels").all(|(key, _)| labels.contains(&key.text()))
}

fn label<'a>(root: Node<'a>, key: &str) -> &'a str {
    root.at_path(&["metadata", "labels", key]).and_then(Node::as_str).unwrap_or("")
}

fn annotation<'a>(root: Node<'a>, key: &str) -> Option<Node<'a>> {
    root.at_path(&["metadata", "annotations", key])
}
