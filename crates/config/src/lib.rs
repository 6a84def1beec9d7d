//! What has the team decided: which checks count, and what is accepted, why, and until when?
//!
//! Decisions stand in `seawall.yaml` ([`Config`]), in comments and annotations of manifests, in what
//! other tools were told ([`PeerFile`]), and in a [`Baseline`] of what was there before. [`Decisions::apply`] holds findings against all of
//! them and tells of decisions that no longer hold: expired, unused, or without a reason.
//!
//! [`import`] writes a `seawall.yaml` of what other tools were told.
//!
//! Pure but for [`Config::discover`]: today's date is given, not asked for.

mod annotations;
mod apply;
mod baseline;
mod comments;
mod decision;
mod exception;
mod file;
mod glob;
mod import;
mod index;
mod keys;
mod marks;
mod peers;

pub use apply::Decisions;
pub use baseline::{Baseline, BaselineError};
pub use exception::{Exception, Field};
pub use file::{Config, ConfigErrors, FILE_NAMES, Override, PeerSuppressions};
pub use import::{Import, Left, import};
pub use peers::{IGNORE_FILES, PeerFile, PeerFileError};
