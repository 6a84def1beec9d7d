//! Controls of cis.

use super::{Control, Decided, Framework};

/// The framework.
pub(super) const CIS: Framework = Framework {
    id: "cis",
    title: "cis",
    controls: &[Control { id: "C-0057", title: "x", decided: Decided::ByChecks }],
};
