//! What is there, and what could not be read?
//!
//! Turns what the user names into an [`Inventory`]: files, directories, globs and standard input.
//! Files are found, read and parsed on all cores of the current thread pool, and put together in
//! the order of their names, so that the inventory does not depend on the number of threads.

mod read;
mod targets;
mod template;

use std::path::PathBuf;

use rayon::prelude::*;
use seawall_model::document::Limits;
use seawall_model::{Inventory, Part, PartOutcome};

pub use read::read_text;

/// How to collect.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Bounds for reading.
    pub limits: Limits,
    /// Whether directories are searched as `.gitignore` and `.seawallignore` say.
    pub respect_ignore_files: bool,
    /// Called with the number of files found, once it is known, and then with 0 after each file.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { limits: Limits::default(), respect_ignore_files: true, progress: &|_| () }
    }
}

/// How far the collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many files will be read.
    Found(usize),
    /// One file was read.
    Read,
}

/// What the user named can't be used at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file or directory.
    #[error("{path}: no such file or directory")]
    Missing {
        /// As the user wrote it.
        path: String,
    },
    /// A glob matches no file.
    #[error("{pattern}: no file matches; quote the pattern if the shell should leave it alone")]
    NoMatch {
        /// As the user wrote it.
        pattern: String,
    },
    /// A glob is malformed.
    #[error("{pattern}: {cause}")]
    BadGlob {
        /// As the user wrote it.
        pattern: String,
        /// What is wrong.
        cause: globset::Error,
    },
    /// A path can't be looked at.
    #[error("{path}: {cause}")]
    Io {
        /// As the user wrote it.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
}

/// One place to read, under the name that reports show.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) path: Option<PathBuf>,
}

/// Collects everything that the targets name: paths, globs, or `-` for standard input.
///
/// # Errors
///
/// Where a target can't be used at all. What can't be read below it is in the inventory's
/// coverage.
pub fn collect(targets: &[String], options: &Options<'_>) -> Result<Inventory, Error> {
    let found = targets::expand(targets, options)?;
    (options.progress)(Progress::Found(found.files.len()));
    let pieces: Vec<Vec<read::Piece>> = found
        .files
        .par_iter()
        .map(|file| {
            let pieces = read::file(file, &options.limits);
            (options.progress)(Progress::Read);
            pieces
        })
        .collect();
    let mut inventory = Inventory::new();
    for piece in pieces.into_iter().flatten() {
        match piece {
            read::Piece::Entry(entry) => inventory.add(*entry),
            read::Piece::Part(part) => inventory.note(part),
        }
    }
    for (path, cause) in found.unreadable {
        inventory.note(Part {
            file: path.into(),
            document: 0,
            line: 0,
            outcome: PartOutcome::Unreadable { cause, column: 0 },
        });
    }
    inventory.note_other_files(found.other_files);
    Ok(inventory)
}
