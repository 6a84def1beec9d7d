//! Where a container's code comes from, and whether tomorrow's is today's.

mod ambiguous_repository_prefix;
mod forbidden_registry;
mod git_sync_command;
mod image_not_pinned;
mod image_not_required;
mod image_pull_policy;
mod invalid_image_reference;
mod latest_image_tag;
mod reference;
mod registry_not_allowed;
mod retired_registry;

pub(crate) use reference::image_of;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "image",
    title: "Images",
    checks: &[
        &latest_image_tag::CHECK,
        &image_not_pinned::CHECK,
        &image_pull_policy::CHECK,
        &image_not_required::CHECK,
        &registry_not_allowed::CHECK,
        &forbidden_registry::CHECK,
        &retired_registry::CHECK,
        &git_sync_command::CHECK,
        &invalid_image_reference::CHECK,
        &ambiguous_repository_prefix::CHECK,
    ],
};
