//! Which packages are installed here, by the system's own database?
//!
//! ```text
//! /var/lib/dpkg/status, status.d ─► dpkg ┐
//! /lib/apk/db/installed ──────────► apk ─┼─► Package, one after the other
//! rpmdb.sqlite, Packages.db, Packages ─► rpm ┘
//! ```
//!
//! A node is asked for a handful of versions and an image for every package it holds, so a reader
//! hands out one [`Package`] after the other, and its visitor may stop. RPM's databases hold a
//! hundred megabytes of file lists beside the names; of those only the front of each header is
//! read. There is no crate that reads all three without SQLite in C, and a database may come from
//! whoever built the image: everything here is bounded, and what is malformed is an error, never a
//! shorter list.

pub mod apk;
pub mod dpkg;
pub mod rpm;
mod text;

use std::io;

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Package {
    /// Its name, such as `containerd.io`.
    pub name: String,
    /// What its version is compared by first; most packages have none.
    pub epoch: Option<u32>,
    /// The version of the program, such as `1.7.22`.
    pub version: String,
    /// The distribution's own count of its builds: Debian's revision, RPM's release, the `r0` of
    /// apk.
    pub release: Option<String>,
    /// The architecture, in the words of its package manager.
    pub arch: Option<String>,
}

/// Why a database could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line is not of the form that the package manager writes.
    #[error("line {line}: {what}")]
    Line {
        /// Its number; the first is 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The database is damaged, or no such database.
    #[error("{what} (at byte {at})")]
    Malformed {
        /// What is wrong.
        what: &'static str,
        /// Where, in bytes from the start of the file.
        at: u64,
    },
    /// The database is of a kind that is not read.
    #[error("{0}")]
    Unsupported(&'static str),
}
