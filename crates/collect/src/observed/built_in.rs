//! What Kubernetes makes for itself: in every cluster, in nobody's manifests.
//!
//! An object counts as built in only while it is as Kubernetes makes it. Somebody's label on the
//! namespace `default`, or a subject that somebody adds to `cluster-admin`, makes it theirs.

use seawall_model::ObjectKind;
use seawall_model::document::Node;
use seawall_rbac::{RoleKind, Rule, defaults};

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
        ObjectKind::ClusterRole => is_untouched(RoleKind::ClusterRole, "", name, root),
        ObjectKind::Role => is_untouched(RoleKind::Role, namespace, name, root),
        ObjectKind::ClusterRoleBinding => is_own_binding("ClusterRoleBinding", "", name, root),
        ObjectKind::RoleBinding => is_own_binding("RoleBinding", namespace, name, root),
        _ => false,
    }
}

/// Whether Kubernetes makes a role of the name, and nobody gave it more than Kubernetes did. What
/// can't be understood is nobody's but its author's.
fn is_untouched(kind: RoleKind, namespace: &str, name: &str, root: Node<'_>) -> bool {
    if !defaults::is_role(kind, namespace, name) {
        return false;
    }
    let rules: Option<Vec<Rule<'_>>> =
        root.get("rules").into_iter().flat_map(Node::items).map(rule).collect();
    rules.is_some_and(|rules| {
        defaults::added_to(kind, namespace, name, &rules).is_some_and(|added| added.is_empty())
    })
}

fn rule(node: Node<'_>) -> Option<Rule<'_>> {
    let list = |key: &str| -> Option<Vec<&str>> {
        node.get(key).into_iter().flat_map(Node::items).map(Node::as_str).collect()
    };
    Some(Rule {
        api_groups: list("apiGroups")?,
        resources: list("resources")?,
        resource_names: list("resourceNames")?,
        urls: list("nonResourceURLs")?,
        verbs: list("verbs")?,
    })
}

/// Whether Kubernetes makes a binding of the name, to the role that it names and to no others than
/// its subjects.
fn is_own_binding(kind: &str, namespace: &str, name: &str, root: Node<'_>) -> bool {
    let role = |key| root.at_path(&["roleRef", key]).map_or("", Node::text);
    let subjects = root.get("subjects").into_iter().flat_map(Node::items).map(|subject| {
        ["kind", "namespace", "name"].map(|key| subject.get(key).map_or("", Node::text))
    });
    defaults::is_binding(kind, namespace, name, (role("kind"), role("name")), subjects)
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
