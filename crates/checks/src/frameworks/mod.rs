//! What published frameworks ask for, and which of it objects alone can show.
//!
//! A framework's controls are all listed, also those that no manifest decides: a summary that left
//! them out would read as if they had passed.

mod cis;
mod mitre;
mod nsa;
mod pss;

use seawall_model::{Check, Level};

/// A published list of controls.
#[derive(Debug)]
pub struct Framework {
    /// The name for `--framework`.
    pub id: &'static str,
    /// Its title and edition.
    pub title: &'static str,
    /// Its controls in its own order.
    pub controls: &'static [Control],
}

/// One control.
#[derive(Debug)]
pub struct Control {
    /// Its number in the framework.
    pub id: &'static str,
    /// What it asks for, in Seawall's words.
    pub title: &'static str,
    /// How it can be decided.
    pub decided: Decided,
}

/// How a control can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// By the checks that map to it.
    ByChecks,
    /// By no check, mostly because no object shows it; says what it takes.
    Elsewhere(&'static str),
}

/// A control that checks decide.
const fn by_checks(id: &'static str, title: &'static str) -> Control {
    Control { id, title, decided: Decided::ByChecks }
}

/// A control that no check decides; `what` it takes.
const fn elsewhere(id: &'static str, title: &'static str, what: &'static str) -> Control {
    Control { id, title, decided: Decided::Elsewhere(what) }
}

/// All frameworks, in the order of their help.
pub const FRAMEWORKS: &[&Framework] =
    &[&nsa::NSA_CISA, &cis::CIS, &pss::BASELINE, &pss::RESTRICTED, &mitre::MITRE];

impl Framework {
    /// The framework of an id.
    pub fn find(id: &str) -> Option<&'static Framework> {
        FRAMEWORKS.iter().copied().find(|framework| framework.id == id)
    }

    /// The controls of this framework that a check decides.
    pub fn controls_of(&self, check: &Check) -> &'static [&'static str] {
        match self.id {
            "nsa-cisa" => check.mapping.nsa,
            "cis" => check.mapping.cis,
            "mitre" => check.mapping.mitre,
            "pss-baseline" => pss::controls_of(check, Level::Baseline),
            "pss-restricted" => pss::controls_of(check, Level::Restricted),
            _ => &[],
        }
    }

    /// Whether a check belongs to this framework.
    pub fn selects(&self, check: &Check) -> bool {
        !self.controls_of(check).is_empty()
    }
}
