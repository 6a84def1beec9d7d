//! Pods and their containers, wherever they are declared.
//!
//! The views here are made once an object and shared by all checks: a container finds its
//! security context, its pod's, and what the kubelet makes of the two without searching again.

mod container;
mod find;
mod profile;
mod security;

pub use container::{Container, ContainerType, Strings, capability};
pub use find::pods_of;
pub use profile::{APP_ARMOR_CONTAINER, Profile, ProfileType, SECCOMP_CONTAINER, SECCOMP_POD};
pub use security::SecurityContext;

use crate::document::Node;
use crate::object::Object;
use crate::read::{Read, Undecided, optional};

/// A pod, or the template of pods.
#[derive(Clone, Debug)]
pub struct Pod<'a> {
    head: PodHead<'a>,
    containers: Vec<Container<'a>>,
}

/// What a container knows of its pod.
#[derive(Clone, Copy, Debug)]
pub struct PodHead<'a> {
    /// The object that declares the pod.
    pub object: Object<'a>,
    /// The pod's own metadata: of a Deployment that of its template.
    pub metadata: Option<Node<'a>>,
    /// The pod's spec.
    pub spec: Node<'a>,
    /// The pod's security context.
    pub security: SecurityContext<'a>,
    /// `volumes`.
    pub volumes: Option<Node<'a>>,
    host_users: Option<Node<'a>>,
    windows: bool,
}

impl<'a> std::ops::Deref for Pod<'a> {
    type Target = PodHead<'a>;

    fn deref(&self) -> &PodHead<'a> {
        &self.head
    }
}

impl<'a> Pod<'a> {
    /// Views a pod spec; `metadata` is the pod's own.
    pub fn new(object: Object<'a>, metadata: Option<Node<'a>>, spec: Node<'a>) -> Self {
        let mut head = PodHead {
            object,
            metadata,
            spec,
            security: SecurityContext::default(),
            volumes: None,
            host_users: None,
            windows: false,
        };
        for (key, value) in spec.entries().filter(|(_, value)| !value.is_null()) {
            match key.text() {
                "securityContext" => head.security = SecurityContext::new(Some(value)),
                "volumes" => head.volumes = Some(value),
                "hostUsers" => head.host_users = Some(value),
                "os" => {
                    head.windows = value.get("name").and_then(Node::as_str) == Some("windows");
                }
                _ => {}
            }
        }
        let containers = container::all(head);
        Pod { head, containers }
    }

    /// What its containers know of it.
    pub fn head(&self) -> PodHead<'a> {
        self.head
    }

    /// Init, regular and ephemeral containers, in this order.
    pub fn containers(&self) -> &[Container<'a>] {
        &self.containers
    }
}

impl<'a> PodHead<'a> {
    /// An annotation of the pod.
    pub fn annotation(&self, key: &str) -> Option<Node<'a>> {
        self.metadata?.get("annotations")?.get(key)
    }

    /// All annotations of the pod.
    pub fn annotations(&self) -> Result<impl Iterator<Item = (Node<'a>, Node<'a>)>, Undecided<'a>> {
        let annotations = match self.metadata {
            Some(metadata) => metadata.field("annotations")?,
            None => None,
        };
        Ok(annotations.map(Node::map).transpose()?.into_iter().flatten())
    }

    /// A label of the pod.
    pub fn label(&self, key: &str) -> Option<Node<'a>> {
        self.metadata?.get("labels")?.get(key)
    }

    /// A field of the spec.
    pub fn field(&self, key: &str) -> Option<Node<'a>> {
        self.spec.get(key)
    }

    /// A boolean field of the spec, such as `hostNetwork`.
    pub fn flag(&self, key: &str) -> Read<'a, bool> {
        optional(self.spec.get(key), Node::boolean)
    }

    /// Whether the pod declares that it runs on Windows (`spec.os.name`).
    pub fn is_windows(&self) -> bool {
        self.windows
    }

    /// Whether the pod has a user namespace of its own (`hostUsers: false`).
    pub fn has_user_namespace(&self) -> Result<bool, Undecided<'a>> {
        Ok(optional(self.host_users, Node::boolean)?.is_some_and(|host| !host.value))
    }

    /// `serviceAccountName`, else the deprecated `serviceAccount` that the API server copies into
    /// it; `None` means `default`.
    pub fn service_account(&self) -> Read<'a, &'a str> {
        let named = |key| {
            optional(self.spec.get(key), Node::string)
                .map(|read| read.filter(|name| !name.value.is_empty()))
        };
        Ok(match named("serviceAccountName")? {
            Some(name) => Some(name),
            None => named("serviceAccount")?,
        })
    }

    /// The volumes of the pod.
    pub fn volumes(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.volumes.into_iter().flat_map(Node::items)
    }

    /// The volume of a name.
    pub fn volume(&self, name: &str) -> Option<Node<'a>> {
        self.volumes().find(|volume| volume.get("name").and_then(Node::as_str) == Some(name))
    }
}
