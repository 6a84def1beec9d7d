//! Sysctls: forbidden ones, then safe ones, then unsafe ones that are allowed; the rest is refused.

use super::place::{Place, Rejection};
use super::pod::Pod;
use super::policy::Policy;

/// The sysctls that need no leave in 1.24 (`SafeSysctlAllowlist`).
pub const SAFE: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
];

pub(super) fn check(policy: &Policy, pod: &Pod, found: &mut Vec<Rejection>) {
    for (index, name) in pod.security.sysctls.iter().enumerate() {
        let reason = if matches(&policy.forbidden_sysctls, name) {
            format!("the policy forbids the sysctl {name}")
        } else if SAFE.contains(&name.as_str()) || matches(&policy.allowed_unsafe_sysctls, name) {
            continue;
        } else {
            format!("the sysctl {name} is unsafe, and the policy does not allow it")
        };
        let place = Place::spec(&["securityContext", "sysctls"]).item(index);
        found.push(Rejection::new(place, reason));
    }
}

/// Whether a pattern is the name, or with a `*` behind it its beginning.
fn matches(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    })
}
