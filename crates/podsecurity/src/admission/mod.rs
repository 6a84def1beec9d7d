//! Pod Security admission: which standard holds where, for whom it does not, and what a namespace's
//! workloads already meet.
//!
//! Labels of a namespace name a level and a version for each of three modes; what they leave out
//! comes from the plugin's configuration, as do exemptions. Sources: `api/helpers.go` and
//! `admission/admission.go` of k8s.io/pod-security-admission.

mod configuration;
mod creator;
mod exemptions;
mod labels;
mod standing;

pub use configuration::{Configuration, ConfigurationError, configuration};
pub use creator::{Creator, creator};
pub use exemptions::{Exemption, Exemptions};
pub use labels::{InvalidLabel, LevelVersion, Modes, modes};
pub use standing::{Obstacle, Standing, standing};

use std::fmt;
use std::str::FromStr;

use seawall_model::Level;

/// A level that a namespace may have, the one without rules among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PodLevel {
    /// Everything is allowed.
    #[default]
    Privileged,
    /// What the standard of that name allows.
    Baseline,
    /// What the standard of that name allows.
    Restricted,
}

impl PodLevel {
    /// All, laxest first.
    pub const ALL: [PodLevel; 3] = [PodLevel::Privileged, PodLevel::Baseline, PodLevel::Restricted];

    /// Its name, as labels have it.
    pub fn name(self) -> &'static str {
        match self {
            PodLevel::Privileged => "privileged",
            PodLevel::Baseline => "baseline",
            PodLevel::Restricted => "restricted",
        }
    }

    /// The level of the standards that forbids something; `privileged` forbids nothing.
    pub fn standard(self) -> Option<Level> {
        match self {
            PodLevel::Privileged => None,
            PodLevel::Baseline => Some(Level::Baseline),
            PodLevel::Restricted => Some(Level::Restricted),
        }
    }

    /// The next stricter one.
    pub fn next(self) -> Option<PodLevel> {
        match self {
            PodLevel::Privileged => Some(PodLevel::Baseline),
            PodLevel::Baseline => Some(PodLevel::Restricted),
            PodLevel::Restricted => None,
        }
    }
}

impl fmt::Display for PodLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidLevel(String);

impl fmt::Display for InvalidLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no level: there are privileged, baseline and restricted", self.0)
    }
}

impl std::error::Error for InvalidLevel {}

impl FromStr for PodLevel {
    type Err = InvalidLevel;

    fn from_str(text: &str) -> Result<Self, InvalidLevel> {
        let level = PodLevel::ALL.into_iter().find(|level| level.name() == text);
        level.ok_or_else(|| InvalidLevel(text.to_owned()))
    }
}
