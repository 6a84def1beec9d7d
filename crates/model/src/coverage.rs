//! What was read and what was not: nothing unread may count as passed.

use std::fmt;
use std::sync::Arc;

/// What became of one file or document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its objects were looked at.
    Scanned {
        /// How many.
        objects: u32,
    },
    /// It holds no Kubernetes object.
    NotKubernetes {
        /// How that was seen.
        why: String,
    },
    /// It is a template that must be rendered first.
    Template {
        /// Of which language, such as `Helm`.
        engine: &'static str,
    },
    /// It could not be read.
    Unreadable {
        /// What is wrong.
        cause: String,
        /// Column in characters, from 1; 0 where the cause has no place.
        column: u32,
    },
}

impl Outcome {
    /// Whether the part was left unread though it may hold objects.
    pub fn is_unread(&self) -> bool {
        matches!(self, Outcome::Template { .. } | Outcome::Unreadable { .. })
    }

    /// The outcome's name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Scanned { .. } => "scanned",
            Outcome::NotKubernetes { .. } => "not-kubernetes",
            Outcome::Template { .. } => "template",
            Outcome::Unreadable { .. } => "unreadable",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Scanned { objects: 1 } => write!(f, "1 object"),
            Outcome::Scanned { objects } => write!(f, "{objects} objects"),
            Outcome::NotKubernetes { why } => f.write_str(why),
            Outcome::Template { engine } => {
                write!(f, "an unrendered {engine} template: render it and scan the result")
            }
            Outcome::Unreadable { cause, .. } => f.write_str(cause),
        }
    }
}

/// One file, or one document of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The file's name as the user knows it.
    pub file: Arc<str>,
    /// The document's number in the file, from 1; 0 for the file as a whole.
    pub document: u32,
    /// The line at which the document, or what is wrong with it, stands; 0 for a whole file.
    pub line: u32,
    /// What became of it.
    pub outcome: Outcome,
}

/// All that was met, in the order of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files and documents.
    pub parts: Vec<Part>,
    /// Files in searched directories whose names are not those of manifests.
    pub other_files: u64,
}

/// Numbers of a [`Coverage`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files looked into.
    pub files: u64,
    /// Objects scanned.
    pub objects: u64,
    /// Documents scanned.
    pub scanned: u64,
    /// Documents and files that hold no Kubernetes object.
    pub not_kubernetes: u64,
    /// Unrendered templates.
    pub templates: u64,
    /// Documents and files that could not be read.
    pub unreadable: u64,
}

impl Coverage {
    /// Counts the parts.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let mut file: Option<&Arc<str>> = None;
        for part in &self.parts {
            if file != Some(&part.file) {
                counts.files += 1;
                file = Some(&part.file);
            }
            match part.outcome {
                Outcome::Scanned { objects } => {
                    counts.scanned += 1;
                    counts.objects += u64::from(objects);
                }
                Outcome::NotKubernetes { .. } => counts.not_kubernetes += 1,
                Outcome::Template { .. } => counts.templates += 1,
                Outcome::Unreadable { .. } => counts.unreadable += 1,
            }
        }
        counts
    }

    /// The parts left unread though they may hold objects.
    pub fn unread(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.outcome.is_unread())
    }
}
