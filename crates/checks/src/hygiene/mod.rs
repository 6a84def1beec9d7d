//! What is old, odd or out of place.

mod agent_sandbox_open_egress;
mod agent_sandbox_without_ceiling;
mod agent_without_sandbox_runtime;
mod agents;
mod instance_label_mismatch;
mod invalid_label;
mod outdated_kubernetes;
mod recommended_labels_missing;
mod selector_mismatch;
mod tiller_present;
mod version;
mod vulnerable_component;
mod vulnerable_node;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "hygiene",
    title: "Hygiene",
    checks: &[
        &tiller_present::CHECK,
        &vulnerable_component::CHECK,
        &vulnerable_node::CHECK,
        &outdated_kubernetes::CHECK,
        &agent_without_sandbox_runtime::CHECK,
        &agent_sandbox_open_egress::CHECK,
        &agent_sandbox_without_ceiling::CHECK,
        &selector_mismatch::CHECK,
        &invalid_label::CHECK,
        &instance_label_mismatch::CHECK,
        &recommended_labels_missing::CHECK,
    ],
};
