//! The Pod Security Standards, by the names of their upstream checks
//! (`k8s.io/pod-security-admission/policy`).

use seawall_model::{Check, Level};

use super::{Control, Decided, Framework};

/// `baseline`.
pub(super) const BASELINE: Framework = Framework {
    id: "pss-baseline",
    title: "Pod Security Standards, baseline",
    controls: &[Control {
        id: "baseline",
        title: "The baseline level",
        decided: Decided::ByChecks,
    }],
};

/// `restricted`, which is baseline and more.
pub(super) const RESTRICTED: Framework = Framework {
    id: "pss-restricted",
    title: "Pod Security Standards, restricted",
    controls: &[
        Control { id: "baseline", title: "The baseline level", decided: Decided::ByChecks },
        Control { id: "restricted", title: "The restricted level", decided: Decided::ByChecks },
    ],
};

/// The level that a check belongs to, if it counts up to `most`.
pub(super) fn controls_of(check: &Check, most: Level) -> &'static [&'static str] {
    match check.mapping.pss {
        Some(Level::Baseline) => &["baseline"],
        Some(Level::Restricted) if most == Level::Restricted => &["restricted"],
        _ => &[],
    }
}
