//! What a policy permits that a level of the Pod Security Standards forbids.
//!
//! After a migration the level holds: what stands here is what becomes forbidden by it, whether or
//! not a workload does it today.

use super::policy::Policy;
use super::read::Range;
use super::se_linux::SeLinuxRule;
use super::seccomp::SeccompRule;
use super::user::UserRule;
use super::volumes;
use crate::admission::PodLevel;
use crate::standards::capabilities_baseline;

/// Types that the standards let SELinux options have.
const TYPES: &[&str] = &["", "container_t", "container_init_t", "container_kvm_t"];

impl Policy {
    /// The policy's fields that permit what a level forbids, by the names that policies give them.
    pub fn permits_beyond(&self, level: PodLevel) -> Vec<&'static str> {
        let mut beyond = Vec::new();
        if level >= PodLevel::Baseline {
            beyond.extend(self.beyond_baseline());
        }
        if level == PodLevel::Restricted {
            for field in self.beyond_restricted() {
                if !beyond.contains(&field) {
                    beyond.push(field);
                }
            }
        }
        beyond
    }

    fn beyond_baseline(&self) -> Vec<&'static str> {
        let adds = || self.allowed_capabilities.iter().chain(&self.default_add_capabilities);
        let ports = |range: &Range| range.max >= 1;
        let se_linux = match &self.se_linux {
            SeLinuxRule::RunAsAny => true,
            SeLinuxRule::MustRunAs(options) => {
                !TYPES.contains(&options.r#type.as_str())
                    || !options.user.is_empty()
                    || !options.role.is_empty()
            }
        };
        let unconfined = |names: &[String]| names.iter().any(|name| name == "unconfined");
        let app_armor = self.app_armor.allowed.as_ref().is_none_or(|names| unconfined(names));
        [
            ("privileged", self.privileged),
            ("hostNetwork", self.host_network),
            ("hostPID", self.host_pid),
            ("hostIPC", self.host_ipc),
            ("hostPorts", self.host_ports.iter().any(ports)),
            ("volumes", self.volumes.iter().any(|name| name == "*" || name == "hostPath")),
            (
                "allowedCapabilities",
                adds().any(|name| !capabilities_baseline::ALLOWED.contains(&name.as_str())),
            ),
            ("seLinux", se_linux),
            ("allowedUnsafeSysctls", !self.allowed_unsafe_sysctls.is_empty()),
            (
                "allowedProcMountTypes",
                self.allowed_proc_mount_types.iter().any(|name| name != "Default"),
            ),
            ("AppArmor profiles", app_armor),
            ("seccomp profiles", self.seccomp.allows_any() || unconfined(&self.seccomp.allowed)),
        ]
        .into_iter()
        .filter_map(|(field, permits)| permits.then_some(field))
        .collect()
    }

    fn beyond_restricted(&self) -> Vec<&'static str> {
        const VOLUMES: &[&str] = &[
            "configMap",
            "csi",
            "downwardAPI",
            "emptyDir",
            "ephemeral",
            "persistentVolumeClaim",
            "projected",
            "secret",
        ];
        let adds = || self.allowed_capabilities.iter().chain(&self.default_add_capabilities);
        let known = |name: &str| volumes::keys().any(|(_, known)| known == name);
        let drops_all = self.required_drop_capabilities.iter().any(|name| name == "ALL");
        let root = match &self.run_as_user {
            UserRule::RunAsAny => true,
            UserRule::MustRunAsNonRoot => false,
            UserRule::MustRunAs(ranges) => Range::any_holds(ranges, 0),
        };
        [
            (
                "volumes",
                self.volumes
                    .iter()
                    .any(|name| !VOLUMES.contains(&name.as_str()) && (known(name) || name == "*")),
            ),
            ("allowedCapabilities", adds().any(|name| name != "NET_BIND_SERVICE")),
            ("requiredDropCapabilities", !drops_all),
            ("allowPrivilegeEscalation", self.allow_privilege_escalation),
            ("runAsUser", root),
            ("seccomp profiles", !requires_profile(&self.seccomp)),
        ]
        .into_iter()
        .filter_map(|(field, permits)| permits.then_some(field))
        .collect()
    }
}

/// Whether a pod must have a seccomp profile: one is listed, and none is not.
fn requires_profile(rule: &SeccompRule) -> bool {
    !rule.allows_any()
        && !rule.allowed.is_empty()
        && rule.allowed.iter().all(|name| !name.is_empty() && name != "unconfined")
}
