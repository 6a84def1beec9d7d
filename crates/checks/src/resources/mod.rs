//! What a container may use up.

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family { id: "resources", title: "Resources", checks: &[] };
