//! What a pod reaches of the node that it runs on.

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family { id: "host-access", title: "Host access", checks: &[] };
