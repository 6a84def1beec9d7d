//! What the API server would refuse or drop, so that a manifest does less than it says.

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family { id: "validity", title: "Validity", checks: &[] };
