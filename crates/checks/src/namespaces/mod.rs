//! Which borders objects live within, and what guards them.

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family =
    Family { id: "namespaces", title: "Namespaces and admission", checks: &[] };
