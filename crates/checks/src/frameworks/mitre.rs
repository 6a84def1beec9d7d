//! Controls of mitre.

use super::{Control, Decided, Framework};

/// The framework.
pub(super) const MITRE: Framework = Framework {
    id: "mitre",
    title: "mitre",
    controls: &[Control { id: "C-0057", title: "x", decided: Decided::ByChecks }],
};
