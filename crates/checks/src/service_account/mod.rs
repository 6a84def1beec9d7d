//! Whom a pod speaks to the API server as.

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family { id: "service-account", title: "Service accounts", checks: &[] };
