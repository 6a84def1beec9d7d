//! What is there, and what could not be read?
//!
//! Turns what the user names into an [`Inventory`]: files, directories, globs, standard input,
//! bundles of live clusters, and Helm charts and kustomizations, which are rendered by their own
//! programs.
//! Files are found, read and parsed on all cores of the current thread pool, and put together in
//! the order of their names, so that the inventory does not depend on the number of threads.

pub mod bundle;
pub mod image;
mod observed;
mod read;
mod render;
mod targets;
mod template;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use rayon::prelude::*;
use seawall_model::document::Limits;
use seawall_model::{Inventory, Part, PartOutcome};

pub use observed::Observed;
pub use read::read_text;
pub use render::Rendering;

use read::Piece;
use render::Project;

/// How to collect.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Bounds for reading.
    pub limits: Limits,
    /// Whether directories are searched as `.gitignore` and `.seawallignore` say.
    pub respect_ignore_files: bool,
    /// How charts and kustomizations are rendered; `None` reads their files as they stand.
    pub rendering: Option<&'a Rendering>,
    /// Called with the number of files found, once it is known, and then with 0 after each file.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            limits: Limits::default(),
            respect_ignore_files: true,
            rendering: None,
            progress: &|_| (),
        }
    }
}

/// How far the collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many files will be read and projects rendered.
    Found(usize),
    /// One of them was.
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

/// What was collected.
#[derive(Debug)]
pub struct Collected {
    /// All that was read, and what was not.
    pub inventory: Inventory,
    /// Whether a chart or kustomization that the user named could not be rendered, or a bundle not
    /// be read to its end. It is in the coverage as any; but who names one asks for it.
    pub target_failed: bool,
    /// The versions of the API servers that the objects were read from, such as `v1.36.3`; none for
    /// manifests.
    pub server_versions: BTreeSet<String>,
    /// When they were read from there, in RFC 3339.
    pub collected: BTreeSet<String>,
}

/// Collects everything that the targets name: paths, globs, or `-` for standard input.
///
/// # Errors
///
/// Where a target can't be used at all. What can't be read below it is in the inventory's
/// coverage.
pub fn collect(targets: &[String], options: &Options<'_>) -> Result<Collected, Error> {
    let targets::Found { files, projects, unreadable, other_files } =
        targets::expand(targets, options)?;
    let mut owners: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, (_, project)) in projects.iter().enumerate() {
        for file in &project.files {
            owners.entry(file).or_default().push(index);
        }
    }
    (options.progress)(Progress::Found(files.len() - owners.len() + projects.len()));
    let done = || (options.progress)(Progress::Read);
    let read = |file: &File| {
        let pieces = read::file(file, &options.limits);
        done();
        pieces
    };
    let render = |project: &Project| {
        let pieces = render(project, options);
        done();
        pieces
    };
    let (rendered, mut contents) = rayon::join(
        || projects.par_iter().map(|(_, project)| render(project)).collect(),
        || {
            let own = |file: &File| (!owners.contains_key(&*file.name)).then(|| read(file));
            files.par_iter().map(own).collect::<Vec<Option<Vec<Piece>>>>()
        },
    );
    let rendered: Vec<Result<Vec<Piece>, Part>> = rendered;
    // What was part of a project that could not be rendered is read as it stands.
    contents.par_iter_mut().zip(&files).for_each(|(content, file)| {
        let owned = owners.get(&*file.name).into_iter().flatten();
        if content.is_none() {
            let is_rendered = owned.clone().any(|&owner| rendered[owner].is_ok());
            *content = Some(if is_rendered { Vec::new() } else { read(file) });
        }
    });
    let mut target_failed =
        projects.iter().zip(&rendered).any(|((_, of), done)| of.is_target && done.is_err());
    let mut inventory = Inventory::new();
    let mut projects = projects.iter().map(|(before, _)| *before).zip(rendered).peekable();
    let mut server_versions = BTreeSet::new();
    let mut collected = BTreeSet::new();
    let mut add = |pieces: Vec<Piece>| {
        for piece in pieces {
            match piece {
                Piece::Entry(entry) => inventory.add(*entry),
                Piece::Part(part) => inventory.note(part),
                // Only what is named is read as a bundle.
                Piece::Bundle(told) => {
                    target_failed |= !told.whole;
                    server_versions.extend(Some(told.server_version).filter(|v| !v.is_empty()));
                    collected.extend(Some(told.collected).filter(|time| !time.is_empty()));
                }
            }
        }
    };
    let of_project = |done: Result<_, Part>| done.unwrap_or_else(|part| vec![Piece::Part(part)]);
    for (index, content) in contents.into_iter().enumerate() {
        while let Some((_, done)) = projects.next_if(|(before, _)| *before <= index) {
            add(of_project(done));
        }
        add(content.unwrap_or_default());
    }
    for (_, done) in projects {
        add(of_project(done));
    }
    for (path, cause) in unreadable {
        inventory.note(Part {
            file: path.into(),
            document: 0,
            line: 0,
            outcome: PartOutcome::Unreadable { cause, column: 0 },
        });
    }
    inventory.note_other_files(other_files);
    Ok(Collected { inventory, target_failed, server_versions, collected })
}

fn render(project: &Project, options: &Options<'_>) -> Result<Vec<Piece>, Part> {
    // Without a rendering no projects are looked for.
    options
        .rendering
        .map_or_else(|| Ok(Vec::new()), |how| render::render(project, how, &options.limits))
}
