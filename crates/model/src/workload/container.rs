//! A container of a pod.

use super::{PodHead, Profile, SecurityContext, profile};
use crate::document::{Items, Kind, Node};
use crate::read::{At, Read, Undecided, optional};

/// Which of a pod's lists a container stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContainerType {
    /// `initContainers`; also sidecars, which are init containers that restart always.
    Init,
    /// `containers`.
    Regular,
    /// `ephemeralContainers`.
    Ephemeral,
}

impl ContainerType {
    /// The word for messages.
    pub fn noun(self) -> &'static str {
        match self {
            ContainerType::Init => "init container",
            ContainerType::Regular => "container",
            ContainerType::Ephemeral => "ephemeral container",
        }
    }
}

/// A container with its fields at hand. Fields that are null count as absent.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    /// The pod that it runs in.
    pub pod: PodHead<'a>,
    /// The container itself.
    pub node: Node<'a>,
    /// Which list it stands in.
    pub container_type: ContainerType,
    /// Its name; empty where it has none.
    pub name: &'a str,
    /// Its own security context; see [`Container::run_as_user`] and the like for what the kubelet
    /// makes of it and the pod's.
    pub security: SecurityContext<'a>,
    /// `image`.
    pub image: Option<Node<'a>>,
    /// `imagePullPolicy`.
    pub image_pull_policy: Option<Node<'a>>,
    /// `command`.
    pub command: Option<Node<'a>>,
    /// `args`.
    pub args: Option<Node<'a>>,
    /// `env`.
    pub env: Option<Node<'a>>,
    /// `envFrom`.
    pub env_from: Option<Node<'a>>,
    /// `ports`.
    pub ports: Option<Node<'a>>,
    /// `resources`.
    pub resources: Option<Node<'a>>,
    /// `volumeMounts`.
    pub volume_mounts: Option<Node<'a>>,
    /// `lifecycle`.
    pub lifecycle: Option<Node<'a>>,
    /// `livenessProbe`.
    pub liveness_probe: Option<Node<'a>>,
    /// `readinessProbe`.
    pub readiness_probe: Option<Node<'a>>,
    /// `startupProbe`.
    pub startup_probe: Option<Node<'a>>,
    /// `restartPolicy`; `Always` makes an init container a sidecar.
    pub restart_policy: Option<Node<'a>>,
}

pub(super) fn all(pod: PodHead<'_>) -> Vec<Container<'_>> {
    let mut containers = Vec::new();
    for (key, value) in pod.spec.entries() {
        let (container_type, rank) = match key.text() {
            "initContainers" => (ContainerType::Init, 0),
            "containers" => (ContainerType::Regular, 1),
            "ephemeralContainers" => (ContainerType::Ephemeral, 2),
            // An Argo template.
            "container" => {
                if value.kind() == Kind::Map {
                    containers.push((1, Container::new(pod, value, ContainerType::Regular)));
                }
                continue;
            }
            "sidecars" => (ContainerType::Regular, 1),
            _ => continue,
        };
        containers.extend(
            value
                .items()
                .filter(|item| item.kind() == Kind::Map)
                .map(|item| (rank, Container::new(pod, item, container_type))),
        );
    }
    containers.sort_by_key(|(rank, _)| *rank);
    containers.into_iter().map(|(_, container)| container).collect()
}

impl<'a> Container<'a> {
    fn new(pod: PodHead<'a>, node: Node<'a>, container_type: ContainerType) -> Self {
        let mut container = Container {
            pod,
            node,
            container_type,
            name: "",
            security: SecurityContext::default(),
            image: None,
            image_pull_policy: None,
            command: None,
            args: None,
            env: None,
            env_from: None,
            ports: None,
            resources: None,
            volume_mounts: None,
            lifecycle: None,
            liveness_probe: None,
            readiness_probe: None,
            startup_probe: None,
            restart_policy: None,
        };
        for (key, value) in node.entries().filter(|(_, value)| !value.is_null()) {
            match key.text() {
                "name" => container.name = value.text(),
                "securityContext" => container.security = SecurityContext::new(Some(value)),
                "image" => container.image = Some(value),
                "imagePullPolicy" => container.image_pull_policy = Some(value),
                "command" => container.command = Some(value),
                "args" => container.args = Some(value),
                "env" => container.env = Some(value),
                "envFrom" => container.env_from = Some(value),
                "ports" => container.ports = Some(value),
                "resources" => container.resources = Some(value),
                "volumeMounts" => container.volume_mounts = Some(value),
                "lifecycle" => container.lifecycle = Some(value),
                "livenessProbe" => container.liveness_probe = Some(value),
                "readinessProbe" => container.readiness_probe = Some(value),
                "startupProbe" => container.startup_probe = Some(value),
                "restartPolicy" => container.restart_policy = Some(value),
                _ => {}
            }
        }
        container
    }

    /// "container app", "init container init", or "container 2" where it has no name.
    pub fn noun(&self) -> String {
        format!(
            "{} {}",
            self.container_type.noun(),
            if self.name.is_empty() { "(no name)" } else { self.name }
        )
    }

    /// Whether it runs beside the pod's main containers for the pod's whole life.
    pub fn is_sidecar(&self) -> bool {
        self.container_type == ContainerType::Init
            && self.restart_policy.and_then(Node::as_str) == Some("Always")
    }

    /// The image reference.
    pub fn image(&self) -> Read<'a, &'a str> {
        optional(self.image, Node::string)
    }

    /// The path to a limit or request, such as `resource("limits", "memory")`. Any scalar is a
    /// quantity to the API server, so the node is given as it stands.
    pub fn resource(&self, list: &str, name: &str) -> Option<Node<'a>> {
        self.resources?.get(list)?.get(name)
    }

    /// `privileged`.
    pub fn privileged(&self) -> Read<'a, bool> {
        self.own(self.security.privileged, Node::boolean)
    }

    /// `allowPrivilegeEscalation`.
    pub fn allow_privilege_escalation(&self) -> Read<'a, bool> {
        self.own(self.security.allow_privilege_escalation, Node::boolean)
    }

    /// `readOnlyRootFilesystem`.
    pub fn read_only_root_filesystem(&self) -> Read<'a, bool> {
        self.own(self.security.read_only_root_filesystem, Node::boolean)
    }

    /// `procMount`.
    pub fn proc_mount(&self) -> Read<'a, &'a str> {
        self.own(self.security.proc_mount, Node::string)
    }

    /// The effective `runAsNonRoot`: the container's, else the pod's
    /// (`DetermineEffectiveSecurityContext` in the kubelet's `pkg/securitycontext`).
    pub fn run_as_non_root(&self) -> Read<'a, bool> {
        self.merged(|security| security.run_as_non_root, Node::boolean)
    }

    /// The effective `runAsUser`.
    pub fn run_as_user(&self) -> Read<'a, i64> {
        self.merged(|security| security.run_as_user, Node::integer)
    }

    /// The effective `runAsGroup`.
    pub fn run_as_group(&self) -> Read<'a, i64> {
        self.merged(|security| security.run_as_group, Node::integer)
    }

    /// The effective `seLinuxOptions`: the container's replace the pod's as a whole.
    pub fn se_linux_options(&self) -> Result<Option<Node<'a>>, Undecided<'a>> {
        let options = self.merged(
            |security| security.se_linux_options,
            |options| options.map().map(|_| At { value: (), node: options }),
        )?;
        Ok(options.map(|options| options.node))
    }

    /// The effective `windowsOptions.hostProcess`: Windows options merge field by field.
    pub fn host_process(&self) -> Read<'a, bool> {
        match self.security.host_process()? {
            Some(own) => Ok(Some(own)),
            None => self.pod.security.host_process(),
        }
    }

    /// A field of the container's security context alone.
    fn own<T>(
        &self,
        field: Option<Node<'a>>,
        read: impl FnOnce(Node<'a>) -> Result<At<'a, T>, Undecided<'a>>,
    ) -> Read<'a, T> {
        self.security.readable()?;
        optional(field, read)
    }

    /// A field of the container's security context, else of the pod's.
    fn merged<T>(
        &self,
        field: impl Fn(&SecurityContext<'a>) -> Option<Node<'a>>,
        read: impl FnOnce(Node<'a>) -> Result<At<'a, T>, Undecided<'a>>,
    ) -> Read<'a, T> {
        self.security.readable()?;
        let node = match field(&self.security) {
            Some(own) => Some(own),
            None => {
                self.pod.security.readable()?;
                field(&self.pod.security)
            }
        };
        optional(node, read)
    }

    /// The effective seccomp profile, from fields or, failing these, the annotations that came
    /// before them.
    pub fn seccomp(&self) -> Result<Option<At<'a, Profile<'a>>>, Undecided<'a>> {
        profile::seccomp(self)
    }

    /// The effective AppArmor profile, from fields or, failing these, the annotation.
    pub fn app_armor(&self) -> Result<Option<At<'a, Profile<'a>>>, Undecided<'a>> {
        profile::app_armor(self)
    }

    /// Capabilities added, as they are written; see [`capability`].
    pub fn capabilities_added(&self) -> Result<Strings<'a>, Undecided<'a>> {
        self.capabilities("add")
    }

    /// Capabilities dropped, as they are written; see [`capability`].
    pub fn capabilities_dropped(&self) -> Result<Strings<'a>, Undecided<'a>> {
        self.capabilities("drop")
    }

    fn capabilities(&self, list: &str) -> Result<Strings<'a>, Undecided<'a>> {
        self.security.readable()?;
        let names = match self.security.capabilities {
            Some(capabilities) => capabilities.field(list)?,
            None => None,
        };
        Ok(Strings { items: names.map(Node::list).transpose()? })
    }

    /// The container's volume mounts, each with the volume that it names.
    pub fn mounts(&self) -> impl Iterator<Item = (Node<'a>, Node<'a>)> + use<'a> {
        let pod = self.pod;
        self.volume_mounts.into_iter().flat_map(Node::items).filter_map(move |mount| {
            let volume = pod.volume(mount.get("name").and_then(Node::as_str)?)?;
            Some((mount, volume))
        })
    }
}

/// The strings of a list; an item that is none says so.
#[derive(Clone)]
pub struct Strings<'a> {
    items: Option<Items<'a>>,
}

impl<'a> Iterator for Strings<'a> {
    type Item = Result<At<'a, &'a str>, Undecided<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.items.as_mut()?.next().map(Node::string)
    }
}

/// A capability's name without `CAP_`. Some runtimes take both spellings, and any case: compare
/// with [`str::eq_ignore_ascii_case`].
pub fn capability(name: &str) -> &str {
    match name.split_at_checked(4) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("CAP_") => rest,
        _ => name,
    }
}
