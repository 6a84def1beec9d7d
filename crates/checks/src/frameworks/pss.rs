//! The Pod Security Standards, by the names of their upstream checks
//! (`k8s.io/pod-security-admission/policy`).

use seawall_model::{Check, Level};

use super::{Control, Framework, by_checks};

const ALLOW_PRIVILEGE_ESCALATION: Control =
    by_checks("allowPrivilegeEscalation", "No privilege escalation in containers");
const APP_ARMOR: Control = by_checks("appArmorProfile", "AppArmor is not switched off");
const CAPABILITIES_BASELINE: Control =
    by_checks("capabilities_baseline", "No capabilities beyond the usual ones");
const CAPABILITIES_RESTRICTED: Control = by_checks(
    "capabilities_restricted",
    "All capabilities dropped, at most NET_BIND_SERVICE added",
);
const HOST_NAMESPACES: Control =
    by_checks("hostNamespaces", "No sharing of the node's network, process or IPC namespace");
const HOST_PATHS: Control = by_checks("hostPathVolumes", "No hostPath volumes");
const HOST_PORTS: Control = by_checks("hostPorts", "No ports of the node");
const HOST_PROBES: Control =
    by_checks("hostProbesAndHostLifecycle", "No host in probes and lifecycle handlers");
const PRIVILEGED: Control = by_checks("privileged", "No privileged containers");
const PROC_MOUNT: Control = by_checks("procMount", "Masked /proc");
const PROC_MOUNT_RESTRICTED: Control = by_checks("procMount_restricted", "Masked /proc always");
const RESTRICTED_VOLUMES: Control =
    by_checks("restrictedVolumes", "No volumes but those that need no trust");
const RUN_AS_NON_ROOT: Control = by_checks("runAsNonRoot", "Containers that may not run as root");
const RUN_AS_USER: Control = by_checks("runAsUser", "No user ID 0");
const SE_LINUX: Control = by_checks("seLinuxOptions", "No SELinux user, role or type of one's own");
const SECCOMP_BASELINE: Control =
    by_checks("seccompProfile_baseline", "Seccomp is not switched off");
const SECCOMP_RESTRICTED: Control = by_checks("seccompProfile_restricted", "A seccomp profile");
const SYSCTLS: Control = by_checks("sysctls", "No sysctls but the safe ones");
const WINDOWS_HOST_PROCESS: Control =
    by_checks("windowsHostProcess", "No Windows HostProcess containers");

/// `baseline`.
pub(super) const BASELINE: Framework = Framework {
    id: "pss-baseline",
    title: "Pod Security Standards, baseline",
    controls: &[
        APP_ARMOR,
        CAPABILITIES_BASELINE,
        HOST_NAMESPACES,
        HOST_PATHS,
        HOST_PORTS,
        HOST_PROBES,
        PRIVILEGED,
        PROC_MOUNT,
        SE_LINUX,
        SECCOMP_BASELINE,
        SYSCTLS,
        WINDOWS_HOST_PROCESS,
    ],
};

/// `restricted`: baseline, but for what it is stricter about, and more.
pub(super) const RESTRICTED: Framework = Framework {
    id: "pss-restricted",
    title: "Pod Security Standards, restricted",
    controls: &[
        APP_ARMOR,
        HOST_NAMESPACES,
        HOST_PORTS,
        HOST_PROBES,
        PRIVILEGED,
        SE_LINUX,
        SYSCTLS,
        WINDOWS_HOST_PROCESS,
        ALLOW_PRIVILEGE_ESCALATION,
        CAPABILITIES_RESTRICTED,
        PROC_MOUNT_RESTRICTED,
        RESTRICTED_VOLUMES,
        RUN_AS_NON_ROOT,
        RUN_AS_USER,
        SECCOMP_RESTRICTED,
    ],
};

/// Controls of one level.
type Controls = &'static [&'static str];

/// The checks with a level, and the controls of either framework that they decide.
const DECIDES: &[(&str, Controls, Controls)] = &[
    ("added-capability", &["capabilities_baseline"], &["capabilities_restricted"]),
    ("allow-privilege-escalation", &[], &["allowPrivilegeEscalation"]),
    ("apparmor-unconfined", &["appArmorProfile"], &["appArmorProfile"]),
    ("capabilities-not-dropped", &[], &["capabilities_restricted"]),
    ("cloud-credentials-host-path", &["hostPathVolumes"], &["restrictedVolumes"]),
    ("container-runtime-socket", &["hostPathVolumes"], &["restrictedVolumes"]),
    ("dangerous-capability", &["capabilities_baseline"], &["capabilities_restricted"]),
    ("host-ipc", &["hostNamespaces"], &["hostNamespaces"]),
    ("host-network", &["hostNamespaces"], &["hostNamespaces"]),
    ("host-path-volume", &["hostPathVolumes"], &["restrictedVolumes"]),
    ("host-pid", &["hostNamespaces"], &["hostNamespaces"]),
    ("host-port", &["hostPorts"], &["hostPorts"]),
    ("net-raw-capability", &[], &["capabilities_restricted"]),
    ("non-root-not-enforced", &[], &["runAsNonRoot"]),
    ("privileged-container", &["privileged"], &["privileged"]),
    ("probe-host", &["hostProbesAndHostLifecycle"], &["hostProbesAndHostLifecycle"]),
    ("proc-mount-unmasked", &["procMount"], &["procMount_restricted"]),
    ("proc-mount-unmasked-in-user-namespace", &[], &["procMount_restricted"]),
    ("runs-as-root", &[], &["runAsUser"]),
    ("seccomp-missing", &[], &["seccompProfile_restricted"]),
    ("seccomp-unconfined", &["seccompProfile_baseline"], &["seccompProfile_restricted"]),
    ("selinux-options", &["seLinuxOptions"], &["seLinuxOptions"]),
    ("sensitive-host-path", &["hostPathVolumes"], &["restrictedVolumes"]),
    ("unneeded-capability", &[], &["capabilities_restricted"]),
    ("unsafe-sysctl", &["sysctls"], &["sysctls"]),
    ("volume-type-not-restricted", &[], &["restrictedVolumes"]),
    ("windows-host-process", &["windowsHostProcess"], &["windowsHostProcess"]),
    ("writable-host-path", &["hostPathVolumes"], &["restrictedVolumes"]),
];

/// The controls of a level that a check decides.
pub(super) fn controls_of(check: &Check, level: Level) -> Controls {
    DECIDES.iter().find(|(id, _, _)| *id == check.id).map_or(&[], |(_, baseline, restricted)| {
        match level {
            Level::Baseline => baseline,
            Level::Restricted => restricted,
        }
    })
}

#[cfg(test)]
mod tests {
    use seawall_podsecurity::standards::{Standard, Version};

    use super::*;

    #[test]
    fn the_controls_are_those_of_the_newest_standard() {
        for (framework, level) in [(BASELINE, Level::Baseline), (RESTRICTED, Level::Restricted)] {
            let standard = Standard::new(level, Version::NEWEST);
            let upstream: Vec<&str> = standard.checks().map(|check| check.id).collect();
            let controls: Vec<&str> = framework.controls.iter().map(|control| control.id).collect();
            assert_eq!(controls, upstream, "{}", framework.id);
        }
    }

    #[test]
    fn every_row_is_of_a_check() {
        for (id, _, _) in DECIDES {
            assert!(crate::find(id).is_some(), "{id}");
        }
    }
}
