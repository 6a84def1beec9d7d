//! What the API server would refuse or drop, so that a manifest does less than it says.

mod deprecated_api_version;
mod dropped_security_field;
mod duplicate_key;
mod invalid_value;
mod missing_field;
mod problems;
mod removed_api_version;
mod unknown_field;
mod wrong_type;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "validity",
    title: "Validity",
    checks: &[
        &dropped_security_field::CHECK,
        &wrong_type::CHECK,
        &duplicate_key::CHECK,
        &unknown_field::CHECK,
        &invalid_value::CHECK,
        &missing_field::CHECK,
        &removed_api_version::CHECK,
        &deprecated_api_version::CHECK,
    ],
};
