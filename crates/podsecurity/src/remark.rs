//! How findings in profiles and in what workloads ask for are told.

use seawall_model::document::Node;

/// A line and column, both from 1; zeros where something was not read from a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "they are what they are called")]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Worth knowing.
    Note,
    /// It does something else than it seems to, or leaves danger open.
    Warning,
    /// What asks for it does not start, or is not confined.
    Error,
}

impl std::fmt::Display for Weight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Weight::Note => "note",
            Weight::Warning => "warning",
            Weight::Error => "error",
        })
    }
}

/// Something to say of a value in a manifest.
#[derive(Clone, Debug)]
pub struct Remark<'a> {
    /// What it is, such as `shared-level`.
    pub id: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// The value.
    pub node: Node<'a>,
    /// What and why, as a sentence without its full stop.
    pub message: String,
}
