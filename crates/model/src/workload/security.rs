//! The security context of a pod or a container.

use crate::document::Node;
use crate::read::{Read, Undecided, optional};

/// The fields of a `securityContext`; what is null or absent is `None`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "each is the Kubernetes field of that name")]
pub struct SecurityContext<'a> {
    /// The map itself.
    pub node: Option<Node<'a>>,
    pub allow_privilege_escalation: Option<Node<'a>>,
    pub app_armor_profile: Option<Node<'a>>,
    pub capabilities: Option<Node<'a>>,
    pub fs_group: Option<Node<'a>>,
    pub privileged: Option<Node<'a>>,
    pub proc_mount: Option<Node<'a>>,
    pub read_only_root_filesystem: Option<Node<'a>>,
    pub run_as_group: Option<Node<'a>>,
    pub run_as_non_root: Option<Node<'a>>,
    pub run_as_user: Option<Node<'a>>,
    pub se_linux_options: Option<Node<'a>>,
    pub seccomp_profile: Option<Node<'a>>,
    pub supplemental_groups: Option<Node<'a>>,
    pub sysctls: Option<Node<'a>>,
    pub windows_options: Option<Node<'a>>,
}

impl<'a> SecurityContext<'a> {
    pub(super) fn new(node: Option<Node<'a>>) -> Self {
        let mut context = SecurityContext { node, ..Self::default() };
        for (key, value) in node.into_iter().flat_map(Node::entries) {
            if value.is_null() {
                continue;
            }
            let slot = match key.text() {
                "allowPrivilegeEscalation" => &mut context.allow_privilege_escalation,
                "appArmorProfile" => &mut context.app_armor_profile,
                "capabilities" => &mut context.capabilities,
                "fsGroup" => &mut context.fs_group,
                "privileged" => &mut context.privileged,
                "procMount" => &mut context.proc_mount,
                "readOnlyRootFilesystem" => &mut context.read_only_root_filesystem,
                "runAsGroup" => &mut context.run_as_group,
                "runAsNonRoot" => &mut context.run_as_non_root,
                "runAsUser" => &mut context.run_as_user,
                "seLinuxOptions" => &mut context.se_linux_options,
                "seccompProfile" => &mut context.seccomp_profile,
                "supplementalGroups" => &mut context.supplemental_groups,
                "sysctls" => &mut context.sysctls,
                "windowsOptions" => &mut context.windows_options,
                _ => continue,
            };
            *slot = Some(value);
        }
        context
    }

    /// That the security context is a map or absent: of anything else no field is known.
    pub fn readable(&self) -> Result<(), Undecided<'a>> {
        match self.node {
            Some(node) => node.map().map(drop),
            None => Ok(()),
        }
    }

    /// `windowsOptions.hostProcess`.
    pub fn host_process(&self) -> Read<'a, bool> {
        self.readable()?;
        match self.windows_options {
            Some(options) => optional(options.field("hostProcess")?, Node::boolean),
            None => Ok(None),
        }
    }
}
