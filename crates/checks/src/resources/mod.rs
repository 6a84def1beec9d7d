//! What a container may use up.

mod amounts;
mod cpu_limit_missing;
mod cpu_request_missing;
mod ephemeral_storage_limit_missing;
mod invalid_resources;
mod memory_limit_missing;
mod memory_request_missing;
mod missing;
mod namespace_without_limit_range;
mod namespace_without_resource_quota;
mod requests_below_limits;
mod resources_above_maximum;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "resources",
    title: "Resources",
    checks: &[
        &memory_limit_missing::CHECK,
        &memory_request_missing::CHECK,
        &cpu_limit_missing::CHECK,
        &cpu_request_missing::CHECK,
        &ephemeral_storage_limit_missing::CHECK,
        &requests_below_limits::CHECK,
        &resources_above_maximum::CHECK,
        &invalid_resources::CHECK,
        &namespace_without_resource_quota::CHECK,
        &namespace_without_limit_range::CHECK,
    ],
};
