//! A decision not to count findings, wherever it was made: which checks, where, why, until when.

use std::collections::HashSet;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;
use seawall_model::{Check, Finding, Location, ObjectId, Origin, Source, Span};
use time::Date;

use crate::exception::Field;
use crate::glob;

/// What is shown where another tool's suppression gives no reason: it needs none.
pub(crate) const NO_REASON: &str = "(no reason given)";

/// One decision.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) origin: Origin,
    /// The checks whose findings it accepts.
    pub(crate) checks: Vec<&'static Check>,
    pub(crate) scope: Scope,
    /// Further bounds within the scope.
    pub(crate) bounds: Vec<(Field, Pattern)>,
    pub(crate) reason: String,
    pub(crate) owner: Option<String>,
    /// The last day on which it holds.
    pub(crate) expires: Option<Date>,
    pub(crate) location: Location,
    /// What it is called in notices.
    pub(crate) what: String,
}

/// Where a decision holds.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// For what begins on a line of a text, counted from 1.
    Line(Arc<Source>, u32),
    /// For what begins within a part of a text: a value with all below it.
    Range(Arc<Source>, Span),
    /// For an object, or one of its containers.
    Object(Arc<ObjectId>, Option<Box<str>>),
    /// For objects that were chosen by more than a finding tells, such as their labels. They are
    /// known by where they are in memory: the inventory outlives the decision.
    Objects(HashSet<usize>),
    /// Everywhere that the bounds allow.
    Everywhere,
}

/// What a text must look like.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// A glob.
    Glob(GlobMatcher),
    /// A regular expression, of tools that use them.
    Regex(Regex),
}

impl Pattern {
    /// The pattern that any of these texts matches, or begins what matches it.
    pub(crate) fn any_of(texts: &[&str], as_prefixes: bool) -> Result<Pattern, globset::Error> {
        let star = if as_prefixes { "*" } else { "" };
        let globs: Vec<String> =
            texts.iter().map(|text| format!("{}{star}", glob::escaped(text))).collect();
        let glob = match &globs[..] {
            [one] => one.clone(),
            many => format!("{{{}}}", many.join(",")),
        };
        Ok(Pattern::Glob(GlobBuilder::new(&glob).build()?.compile_matcher()))
    }

    fn is_match(&self, text: &str) -> bool {
        match self {
            Pattern::Glob(glob) => glob.is_match(text),
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }

    /// The text, where no other matches.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self {
            Pattern::Glob(glob) => {
                let text = glob.glob().glob();
                (!text.contains(['*', '?', '[', '{', '\\'])).then_some(text)
            }
            Pattern::Regex(_) => None,
        }
    }
}

/// An object's place in memory: findings share the id of their object with the inventory.
pub(crate) fn address(object: &Arc<ObjectId>) -> usize {
    Arc::as_ptr(object) as usize
}

impl Decision {
    /// Whether it accepts a finding of one of its checks; its date is not looked at.
    pub(crate) fn holds_for(&self, finding: &Finding) -> bool {
        let in_scope = match &self.scope {
            Scope::Line(source, line) => {
                Arc::ptr_eq(&finding.site.location.source, source) && line_of(finding) == *line
            }
            Scope::Range(source, span) => {
                let at = finding.site.location.span.start;
                Arc::ptr_eq(&finding.site.location.source, source)
                    && span.start <= at
                    && at < span.end
            }
            Scope::Object(object, container) => {
                Arc::ptr_eq(&finding.site.subject.object, object)
                    && container
                        .as_ref()
                        .is_none_or(|name| finding.site.subject.container.as_ref() == Some(name))
            }
            Scope::Objects(objects) => objects.contains(&address(&finding.site.subject.object)),
            Scope::Everywhere => true,
        };
        in_scope && self.bounds.iter().all(|(field, bound)| bound.is_match(&field.value(finding)))
    }

    /// Whether it holds on a day.
    pub(crate) fn holds_on(&self, today: Date) -> bool {
        self.expires.is_none_or(|last| today <= last)
    }

    /// The one name that objects must have, if it asks for one.
    pub(crate) fn object_name(&self) -> Option<&str> {
        let bound = self.bounds.iter().find(|(field, _)| *field == Field::Name)?;
        bound.1.literal()
    }
}

/// The line of the text on which a finding begins, from 1.
pub(crate) fn line_of(finding: &Finding) -> u32 {
    finding.site.location.source.position_in_text(finding.site.location.span.start).line
}
