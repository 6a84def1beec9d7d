//! Kubernetes objects: which ones a document holds and who they are.

use std::fmt;
use std::sync::Arc;

use crate::document::{Document, Kind, Node};

/// Who an object is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    /// Group and version as written, such as `apps/v1`.
    pub api_version: String,
    /// Kind as written.
    pub kind: String,
    /// Namespace as written; `None` where the object names none.
    pub namespace: Option<String>,
    /// Name, or `generateName` followed by `*`; empty where there is neither.
    pub name: String,
}

impl fmt::Display for ObjectId {
    /// `Deployment shop/web`, or `Deployment web` without a namespace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        f.write_str(" ")?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(if self.name.is_empty() { "(no name)" } else { &self.name })
    }
}

macro_rules! object_kinds {
    ($($kind:ident: $($group:literal)|+, $namespaced:literal;)*) => {
        /// The kinds that Seawall knows by heart, whatever group version they are written in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "each is the Kubernetes kind of that name")]
        pub enum ObjectKind {
            $($kind,)*
            /// Any other kind.
            Custom,
        }

        impl ObjectKind {
            /// All kinds but [`ObjectKind::Custom`].
            pub const KNOWN: &'static [ObjectKind] = &[$(ObjectKind::$kind),*];

            /// The kind of a group (empty for core) and kind name.
            pub fn of(group: &str, kind: &str) -> ObjectKind {
                match kind {
                    // Calico gave its own policies the name of Kubernetes'.
                    "NetworkPolicy" if group.ends_with("projectcalico.org") => {
                        ObjectKind::CalicoNetworkPolicy
                    }
                    $(stringify!($kind) if matches!(group, $($group)|+) => ObjectKind::$kind,)*
                    _ => ObjectKind::Custom,
                }
            }

            /// The kind's name; `Custom` for the rest.
            pub fn name(self) -> &'static str {
                match self {
                    $(ObjectKind::$kind => stringify!($kind),)*
                    ObjectKind::Custom => "Custom",
                }
            }

            /// Whether objects of the kind live in a namespace; unknown for custom kinds.
            pub fn namespaced(self) -> Option<bool> {
                match self {
                    $(ObjectKind::$kind => Some($namespaced),)*
                    ObjectKind::Custom => None,
                }
            }
        }
    };
}

object_kinds! {
    Pod: "", true;
    PodTemplate: "", true;
    ReplicationController: "", true;
    Deployment: "apps" | "extensions", true;
    ReplicaSet: "apps" | "extensions", true;
    StatefulSet: "apps", true;
    DaemonSet: "apps" | "extensions", true;
    Job: "batch", true;
    CronJob: "batch", true;
    Namespace: "", false;
    Node: "", false;
    ServiceAccount: "", true;
    Service: "", true;
    Endpoints: "", true;
    EndpointSlice: "discovery.k8s.io", true;
    ConfigMap: "", true;
    Secret: "", true;
    PersistentVolume: "", false;
    PersistentVolumeClaim: "", true;
    ResourceQuota: "", true;
    LimitRange: "", true;
    StorageClass: "storage.k8s.io", false;
    Ingress: "networking.k8s.io" | "extensions", true;
    IngressClass: "networking.k8s.io", false;
    NetworkPolicy: "networking.k8s.io" | "extensions", true;
    Role: "rbac.authorization.k8s.io", true;
    ClusterRole: "rbac.authorization.k8s.io", false;
    RoleBinding: "rbac.authorization.k8s.io", true;
    ClusterRoleBinding: "rbac.authorization.k8s.io", false;
    PodDisruptionBudget: "policy", true;
    PodSecurityPolicy: "policy" | "extensions", false;
    HorizontalPodAutoscaler: "autoscaling", true;
    PriorityClass: "scheduling.k8s.io", false;
    RuntimeClass: "node.k8s.io", false;
    ValidatingWebhookConfiguration: "admissionregistration.k8s.io", false;
    MutatingWebhookConfiguration: "admissionregistration.k8s.io", false;
    ValidatingAdmissionPolicy: "admissionregistration.k8s.io", false;
    ValidatingAdmissionPolicyBinding: "admissionregistration.k8s.io", false;
    CertificateSigningRequest: "certificates.k8s.io", false;
    CustomResourceDefinition: "apiextensions.k8s.io", false;
    APIService: "apiregistration.k8s.io", false;
    Gateway: "gateway.networking.k8s.io", true;
    HTTPRoute: "gateway.networking.k8s.io", true;
    Route: "route.openshift.io", true;
    SecurityContextConstraints: "security.openshift.io" | "", false;
    CiliumNetworkPolicy: "cilium.io", true;
    CiliumClusterwideNetworkPolicy: "cilium.io", false;
    CalicoNetworkPolicy: "crd.projectcalico.org" | "projectcalico.org", true;
    GlobalNetworkPolicy: "crd.projectcalico.org" | "projectcalico.org", false;
    AdminNetworkPolicy: "policy.networking.k8s.io", false;
    BaselineAdminNetworkPolicy: "policy.networking.k8s.io", false;
    ClusterNetworkPolicy: "policy.networking.k8s.io", false;
    PeerAuthentication: "security.istio.io", true;
    AuthorizationPolicy: "security.istio.io" | "policy.linkerd.io", true;
    Server: "policy.linkerd.io", true;
    ServerAuthorization: "policy.linkerd.io", true;
    ServiceMonitor: "monitoring.coreos.com", true;
}

/// An object's entry in the inventory.
#[derive(Debug)]
pub(crate) struct ObjectEntry {
    pub(crate) index: u32,
    pub(crate) document: u32,
    pub(crate) root: u32,
    pub(crate) kind: ObjectKind,
    pub(crate) id: Arc<ObjectId>,
    pub(crate) built_in: bool,
}

/// An object with its document: a handle that is copied freely.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    pub(crate) entry: &'a ObjectEntry,
    pub(crate) document: &'a Document,
}

impl<'a> Object<'a> {
    /// Who it is.
    pub fn id(self) -> &'a Arc<ObjectId> {
        &self.entry.id
    }

    /// Its number in the inventory, from 0.
    pub fn index(self) -> u32 {
        self.entry.index
    }

    /// Its kind, if Seawall knows it.
    pub fn kind(self) -> ObjectKind {
        self.entry.kind
    }

    /// Whether Kubernetes made it for itself, so that nobody declared it: it answers questions
    /// about others, and nothing is found wrong with it.
    pub fn is_built_in(self) -> bool {
        self.entry.built_in
    }

    /// The object itself.
    pub fn root(self) -> Node<'a> {
        self.document.node(self.entry.root)
    }

    /// Its name, empty where there is none.
    pub fn name(self) -> &'a str {
        &self.entry.id.name
    }

    /// The namespace as written.
    pub fn namespace(self) -> Option<&'a str> {
        self.entry.id.namespace.as_deref()
    }

    /// API group; empty for the core group.
    pub fn group(self) -> &'a str {
        group_of(&self.entry.id.api_version)
    }

    /// `metadata`.
    pub fn metadata(self) -> Option<Node<'a>> {
        self.root().get("metadata")
    }

    /// `spec`.
    pub fn spec(self) -> Option<Node<'a>> {
        self.root().get("spec")
    }

    /// A label of the object.
    pub fn label(self, key: &str) -> Option<Node<'a>> {
        self.metadata()?.get("labels")?.get(key)
    }

    /// An annotation of the object.
    pub fn annotation(self, key: &str) -> Option<Node<'a>> {
        self.metadata()?.get("annotations")?.get(key)
    }

    /// The place that stands for the whole object: its `kind`.
    pub fn head(self) -> Node<'a> {
        self.root().get("kind").unwrap_or_else(|| self.root())
    }
}

pub(crate) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// An object or something else found where objects are expected.
pub(crate) enum Found<'a> {
    Object { root: Node<'a>, kind: ObjectKind, id: ObjectId },
    Other { node: Node<'a>, why: String },
}

/// The objects of a document; `List` kinds are taken apart.
pub(crate) fn objects_of<'a>(root: Node<'a>, found: &mut Vec<Found<'a>>) {
    collect(root, None, found);
}

fn collect<'a>(root: Node<'a>, implied: Option<(&str, &str)>, found: &mut Vec<Found<'a>>) {
    if root.kind() != Kind::Map {
        let why = format!("{} where an object is expected", root.kind().noun());
        found.push(Found::Other { node: root, why });
        return;
    }
    let api_version = root.get("apiVersion").and_then(Node::as_str);
    let kind = root.get("kind").and_then(Node::as_str);
    let (Some(api_version), Some(kind)) =
        (api_version.or(implied.map(|i| i.0)), kind.or(implied.map(|i| i.1)))
    else {
        let why = match (api_version, kind) {
            (None, None) => "no apiVersion and no kind".to_owned(),
            (None, Some(kind)) => format!("kind {kind} without an apiVersion"),
            _ => format!("apiVersion {} without a kind", api_version.unwrap_or_default()),
        };
        found.push(Found::Other { node: root, why });
        return;
    };
    if let Some(item_kind) = kind.strip_suffix("List")
        && let Some(items) = root.get("items").filter(|items| items.kind() == Kind::Seq)
    {
        let implied = (!item_kind.is_empty()).then_some((api_version, item_kind));
        for item in items.items() {
            collect(item, implied, found);
        }
        return;
    }
    let metadata = root.get("metadata");
    let text = |key| metadata.and_then(|m| m.get(key)).filter(|v| is_scalar(*v)).map(Node::text);
    let name = match (text("name"), text("generateName")) {
        (Some(name), _) => name.to_owned(),
        (None, Some(prefix)) => format!("{prefix}*"),
        (None, None) => String::new(),
    };
    let id = ObjectId {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: text("namespace").map(str::to_owned),
        name,
    };
    let kind = ObjectKind::of(group_of(api_version), kind);
    found.push(Found::Object { root, kind, id });
}

fn is_scalar(node: Node<'_>) -> bool {
    !matches!(node.kind(), Kind::Seq | Kind::Map | Kind::Null)
}
