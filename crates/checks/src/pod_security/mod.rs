//! What a pod may do to the kernel and to itself: privileges, users, capabilities, profiles.

mod privileged_container;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family =
    Family { id: "pod-security", title: "Pod security", checks: &[&privileged_container::CHECK] };
