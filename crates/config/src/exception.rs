//! An exception of `seawall.yaml`: what is accepted, where, why, and until when.

use std::borrow::Cow;

use globset::GlobMatcher;
use seawall_model::{Finding, Location, Origin};
use time::Date;

use crate::decision::{Decision, Pattern, Scope};

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
    /// The way to the field, such as `spec.volumes[run].hostPath.path`.
    Path,
    /// What is written there, without quotes.
    Value,
}

/// The keys of `seawall.yaml` that bound an exception.
pub(crate) const FIELDS: [(&str, Field); 7] = [
    ("namespace", Field::Namespace),
    ("kind", Field::Kind),
    ("name", Field::Name),
    ("container", Field::Container),
    ("file", Field::File),
    ("path", Field::Path),
    ("value", Field::Value),
];

impl Field {
    /// The field of a key in `seawall.yaml`.
    pub(crate) fn of(key: &str) -> Option<Field> {
        FIELDS.iter().find(|(name, _)| *name == key).map(|(_, field)| *field)
    }

    /// The key in `seawall.yaml`.
    pub(crate) fn key(self) -> &'static str {
        FIELDS[self as usize].0
    }

    pub(crate) fn value(self, finding: &Finding) -> Cow<'_, str> {
        let object = &finding.site.subject.object;
        Cow::Borrowed(match self {
            Field::Namespace => object.namespace.as_deref().unwrap_or("default"),
            Field::Kind => &object.kind,
            Field::Name => &object.name,
            Field::Container => finding.site.subject.container.as_deref().unwrap_or(""),
            Field::File => finding.site.location.source.name(),
            Field::Path => return finding.path(),
            Field::Value => {
                let span = finding.site.location.span;
                let text = finding.site.location.source.text();
                let written = text.get(span.start as usize..span.end as usize).unwrap_or("");
                written.trim_matches(['"', '\''])
            }
        })
    }
}

impl Exception {
    /// The exception as a decision of the checks that it names.
    pub(crate) fn decision(&self) -> Decision {
        let glob = self.check.glob().glob();
        Decision {
            origin: Origin::Config,
            checks: seawall_checks::all().filter(|check| self.check.is_match(check.id)).collect(),
            scope: Scope::Everywhere,
            bounds: self.scope.iter().map(|(f, glob)| (*f, Pattern::Glob(glob.clone()))).collect(),
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            expires: self.expires,
            location: self.location.clone(),
            what: format!("the exception for {glob}"),
        }
    }
}
