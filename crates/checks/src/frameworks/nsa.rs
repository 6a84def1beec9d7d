//! Controls of nsa-cisa.

use super::{Control, Decided, Framework};

/// The framework.
pub(super) const NSA_CISA: Framework = Framework {
    id: "nsa-cisa",
    title: "nsa-cisa",
    controls: &[Control { id: "C-0057", title: "x", decided: Decided::ByChecks }],
};
