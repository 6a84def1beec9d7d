//! An exception of `seawall.yaml`: what is accepted, where, why, and until when.

use globset::GlobMatcher;
use seawall_model::{Finding, Location};
use time::Date;

/// An accepted finding or kind of finding.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Ids of the checks; globs.
    pub check: GlobMatcher,
    /// Where it holds; an empty scope holds everywhere.
    pub scope: Vec<(Field, GlobMatcher)>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds.
    pub expires: Option<Date>,
    /// Where it stands.
    pub location: Location,
}

/// What a scope looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The object's namespace; `default` where it names none.
    Namespace,
    /// The object's kind.
    Kind,
    /// The object's name.
    Name,
    /// The container's name.
    Container,
    /// The file.
    File,
}

impl Field {
    /// The field of a key in `seawall.yaml`.
    pub(crate) fn of(key: &str) -> Option<Field> {
        Some(match key {
            "namespace" => Field::Namespace,
            "kind" => Field::Kind,
            "name" => Field::Name,
            "container" => Field::Container,
            "file" => Field::File,
            _ => return None,
        })
    }

    fn value(self, finding: &Finding) -> &str {
        let object = &finding.subject.object;
        match self {
            Field::Namespace => object.namespace.as_deref().unwrap_or("default"),
            Field::Kind => &object.kind,
            Field::Name => &object.name,
            Field::Container => finding.subject.container.as_deref().unwrap_or(""),
            Field::File => finding.location.source.name(),
        }
    }
}

impl Exception {
    /// Whether a finding is what it accepts; its date is not looked at.
    pub fn matches(&self, finding: &Finding) -> bool {
        self.check.is_match(finding.check.id)
            && self.scope.iter().all(|(field, glob)| glob.is_match(field.value(finding)))
    }

    /// Whether it holds on a day.
    pub fn holds_on(&self, today: Date) -> bool {
        self.expires.is_none_or(|last| today <= last)
    }
}
