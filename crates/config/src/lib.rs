//! What has the team decided: which checks count, and what is accepted, why, and until when?
//!
//! Decisions stand in `seawall.yaml` ([`Config`]), in comments and annotations of manifests, and
//! in a [`Baseline`] of what was there before. [`Decisions::apply`] holds findings against all of
//! them and tells of decisions that no longer hold: expired, unused, or without a reason.
//!
//! Pure but for [`Config::discover`]: today's date is given, not asked for.

mod annotations;
mod apply;
mod baseline;
mod comments;
mod exception;
mod file;

pub use apply::Decisions;
pub use baseline::{Baseline, BaselineError};
pub use exception::Exception;
pub use file::{Config, ConfigErrors, FILE_NAMES, Override};
