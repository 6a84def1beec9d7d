//! What the plugin sees of a container.

use seawall_model::Undecided;
use seawall_model::document::Node;
use seawall_model::workload::ContainerType;

use super::place::Place;
use super::read::{flag, list, optional_flag, optional_number, optional_text, text, texts};
use super::se_linux::SeLinux;
use super::seccomp::Seccomp;

/// A container, as far as PodSecurityPolicy looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes field of that name")]
pub struct Container {
    pub container_type: ContainerType,
    /// Its place in its list.
    pub index: usize,
    pub name: String,
    pub ports: Vec<Port>,
    pub mounts: Vec<Mount>,
    pub security: Option<ContainerContext>,
}

/// A port of a container; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    container: i64,
    /// The node's port.
    pub host: i64,
}

/// A volume that a container mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes field of that name")]
pub struct Mount {
    pub name: String,
    pub path: String,
    pub read_only: bool,
}

/// A container's own security context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes field of that name")]
pub struct ContainerContext {
    pub capabilities: Option<Capabilities>,
    pub privileged: Option<bool>,
    pub se_linux: Option<SeLinux>,
    pub run_as_user: Option<i64>,
    pub run_as_group: Option<i64>,
    pub run_as_non_root: Option<bool>,
    pub read_only_root_filesystem: Option<bool>,
    pub allow_privilege_escalation: Option<bool>,
    pub proc_mount: Option<String>,
    pub seccomp: Option<Seccomp>,
}

/// Capabilities as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes field of that name")]
pub struct Capabilities {
    pub add: Vec<String>,
    pub drop: Vec<String>,
}

impl Container {
    /// A field of the container.
    pub(super) fn place(&self, keys: &[&'static str]) -> Place {
        let list = match self.container_type {
            ContainerType::Init => "initContainers",
            ContainerType::Regular => "containers",
            ContainerType::Ephemeral => "ephemeralContainers",
        };
        Place::spec(&[list]).item(self.index).keys(keys)
    }

    /// Its security context, made where there is none.
    pub(super) fn context(&mut self) -> &mut ContainerContext {
        self.security.get_or_insert_default()
    }

    /// A field of its security context, where it has one.
    pub(super) fn own<'c, T>(
        &'c self,
        field: impl FnOnce(&'c ContainerContext) -> Option<T>,
    ) -> Option<T> {
        self.security.as_ref().and_then(field)
    }

    /// Gives each port the node's port of its number (`defaultHostNetworkPorts`); ephemeral
    /// containers have none.
    pub(super) fn publish_ports(&mut self) {
        if self.container_type == ContainerType::Ephemeral {
            return;
        }
        for port in self.ports.iter_mut().filter(|port| port.host == 0) {
            port.host = port.container;
        }
    }
}

pub(super) fn read_all(spec: Node<'_>) -> Result<Vec<Container>, Undecided<'_>> {
    let lists = [
        ("initContainers", ContainerType::Init),
        ("containers", ContainerType::Regular),
        ("ephemeralContainers", ContainerType::Ephemeral),
    ];
    let mut containers = Vec::new();
    for (key, container_type) in lists {
        let mut index = 0;
        containers.extend(list(spec, key, |node| {
            let container = read(node, container_type, index)?;
            index += 1;
            Ok(container)
        })?);
    }
    Ok(containers)
}

fn read(
    node: Node<'_>,
    container_type: ContainerType,
    index: usize,
) -> Result<Container, Undecided<'_>> {
    let port = |node| -> Result<Port, _> {
        let number = |key| optional_number(node, key).map(Option::unwrap_or_default);
        Ok(Port { container: number("containerPort")?, host: number("hostPort")? })
    };
    let mount = |node| -> Result<Mount, _> {
        let (name, path) = (text(node, "name")?, text(node, "mountPath")?);
        Ok(Mount { name, path, read_only: flag(node, "readOnly")? })
    };
    Ok(Container {
        container_type,
        index,
        name: text(node, "name")?,
        ports: list(node, "ports", port)?,
        mounts: list(node, "volumeMounts", mount)?,
        security: node.field("securityContext")?.map(context).transpose()?,
    })
}

fn context(node: Node<'_>) -> Result<ContainerContext, Undecided<'_>> {
    let capabilities = |node| -> Result<Capabilities, _> {
        Ok(Capabilities { add: texts(node, "add")?, drop: texts(node, "drop")? })
    };
    Ok(ContainerContext {
        capabilities: node.field("capabilities")?.map(capabilities).transpose()?,
        privileged: optional_flag(node, "privileged")?,
        se_linux: SeLinux::read(node)?,
        run_as_user: optional_number(node, "runAsUser")?,
        run_as_group: optional_number(node, "runAsGroup")?,
        run_as_non_root: optional_flag(node, "runAsNonRoot")?,
        read_only_root_filesystem: optional_flag(node, "readOnlyRootFilesystem")?,
        allow_privilege_escalation: optional_flag(node, "allowPrivilegeEscalation")?,
        proc_mount: optional_text(node, "procMount")?,
        seccomp: Seccomp::read(node)?,
    })
}
