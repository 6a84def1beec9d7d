//! Where a container's code comes from, and whether tomorrow's is today's.

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family { id: "image", title: "Images", checks: &[] };
