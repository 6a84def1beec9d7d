//! What a pod may do to the kernel and to itself: privileges, users, capabilities, profiles.

mod added_capability;
mod allow_privilege_escalation;
mod apparmor_missing;
mod apparmor_unconfined;
mod capabilities;
mod capabilities_not_dropped;
mod dangerous_capability;
mod low_user_or_group_id;
mod missing;
mod net_raw_capability;
mod no_linux_hardening;
mod non_root_not_enforced;
mod privileged_container;
mod probe_host;
mod proc_mount_unmasked;
mod proc_mount_unmasked_in_user_namespace;
mod profile;
mod root_group;
mod runs_as_root;
mod seccomp_annotation;
mod seccomp_missing;
mod seccomp_unconfined;
mod security_context_missing;
mod selinux_options;
mod sudo_in_command;
mod unneeded_capability;
mod unsafe_sysctl;
mod volume_group_missing;
mod windows_host_process;
mod windows_user_missing;
mod writable_root_file_system;

use seawall_model::{Cx, Outcome};
use seawall_podsecurity::standards::{Found, StandardCheck};

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "pod-security",
    title: "Pod security",
    checks: &[
        &privileged_container::CHECK,
        &windows_host_process::CHECK,
        &allow_privilege_escalation::CHECK,
        &runs_as_root::CHECK,
        &root_group::CHECK,
        &low_user_or_group_id::CHECK,
        &non_root_not_enforced::CHECK,
        &dangerous_capability::CHECK,
        &added_capability::CHECK,
        &unneeded_capability::CHECK,
        &net_raw_capability::CHECK,
        &capabilities_not_dropped::CHECK,
        &seccomp_unconfined::CHECK,
        &seccomp_missing::CHECK,
        &seccomp_annotation::CHECK,
        &apparmor_unconfined::CHECK,
        &apparmor_missing::CHECK,
        &no_linux_hardening::CHECK,
        &selinux_options::CHECK,
        &proc_mount_unmasked::CHECK,
        &proc_mount_unmasked_in_user_namespace::CHECK,
        &unsafe_sysctl::CHECK,
        &probe_host::CHECK,
        &writable_root_file_system::CHECK,
        &security_context_missing::CHECK,
        &volume_group_missing::CHECK,
        &windows_user_missing::CHECK,
        &sudo_in_command::CHECK,
    ],
};

/// Hands on what a rule of the Pod Security Standards finds.
pub(crate) fn by_standard<'a>(
    check: &'static StandardCheck,
    cx: &mut Cx<'a>,
    rule: impl FnOnce(&mut Found<'a>) -> Outcome<'a>,
) -> Outcome<'a> {
    let mut found = Found::new(check);
    let outcome = rule(&mut found);
    for violation in found.violations {
        cx.fail_at(violation.node, violation.missing, violation.reason);
    }
    for why in found.undecided {
        cx.undecided(why);
    }
    outcome
}
