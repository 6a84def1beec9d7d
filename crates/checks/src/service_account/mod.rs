//! Whom a pod speaks to the API server as.

mod default_service_account;
mod default_service_account_bound;
mod deprecated_service_account_field;
mod service_account_automounts_token;
mod service_account_token_mounted;
pub(crate) mod token;
mod unknown_service_account;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "service-account",
    title: "Service accounts",
    checks: &[
        &service_account_token_mounted::CHECK,
        &service_account_automounts_token::CHECK,
        &default_service_account::CHECK,
        &default_service_account_bound::CHECK,
        &unknown_service_account::CHECK,
        &deprecated_service_account_field::CHECK,
    ],
};
