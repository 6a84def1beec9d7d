//! Systems on which commands can't be traced here: all that says so.

use std::ffi::OsString;

use seawall_podsecurity::seccomp::Filter;

use crate::report::{Attempt, Error, Recording, Run};

/// Fails: there is no tracer for this system.
///
/// # Errors
///
/// Always [`Error::Unsupported`].
pub fn record(_: &Run) -> Result<Recording, Error> {
    Err(Error::Unsupported)
}

/// Fails: there is no tracer for this system.
///
/// # Errors
///
/// Always [`Error::Unsupported`].
pub fn attempt(_: &Run, _: &Filter) -> Result<Attempt, Error> {
    Err(Error::Unsupported)
}

/// Fails: there is no launcher for this system.
pub fn launch(_: &str, _: &[OsString]) -> Error {
    Error::Unsupported
}
