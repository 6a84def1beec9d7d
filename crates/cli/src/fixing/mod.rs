//! From findings to texts without them, and from texts to files.

pub(crate) mod diff;
pub(crate) mod file;
mod rounds;

pub(crate) use rounds::{Mended, Mender};
