//! Which borders objects live within, and what guards them.

mod default_namespace;
mod namespace_missing;
mod permissive_pod_security_policy;
mod pod_security_label_invalid;
mod pod_security_not_enforced;
mod pod_security_policy_present;
mod scc_allows_privileged;
mod webhook_can_block_cluster;
mod webhook_fails_open;
mod webhook_sees_secrets;
mod webhooks;
mod workload_in_system_namespace;
mod workloads;

pub(crate) use workloads::SYSTEM_NAMESPACES;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "namespaces",
    title: "Namespaces and admission",
    checks: &[
        &default_namespace::CHECK,
        &namespace_missing::CHECK,
        &workload_in_system_namespace::CHECK,
        &pod_security_not_enforced::CHECK,
        &pod_security_label_invalid::CHECK,
        &pod_security_policy_present::CHECK,
        &permissive_pod_security_policy::CHECK,
        &scc_allows_privileged::CHECK,
        &webhook_fails_open::CHECK,
        &webhook_sees_secrets::CHECK,
        &webhook_can_block_cluster::CHECK,
    ],
};
