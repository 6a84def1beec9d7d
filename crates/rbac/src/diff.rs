//! What a change gives and takes, subject by subject.

use std::collections::{BTreeMap, BTreeSet};

use crate::cover::{TooLarge, covers};
use crate::merge::merge;
use crate::policy::Policy;
use crate::rule::Rule;
use crate::subject::Subject;

/// What becomes of a subject's rights in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// Whose.
    pub subject: Subject,
    /// In which namespace; `None` for the whole cluster.
    pub namespace: Option<&'a str>,
    /// What it may do after, and not before.
    pub gained: Vec<Rule<'a>>,
    /// What it may do before, and not after.
    pub lost: Vec<Rule<'a>>,
    /// Whether the rights are too many to say which.
    pub untold: bool,
}

/// The rights of a subject by place, `None` first.
type ByPlace<'a> = BTreeMap<Option<&'a str>, BTreeSet<Rule<'a>>>;

/// What the subjects of two policies gain and lose, by subject and place.
///
/// Only what a subject is given by its own name counts: a group's rights are told of the group.
pub fn diff<'a>(before: &'a Policy, after: &'a Policy) -> Vec<Change<'a>> {
    let subjects: BTreeSet<Subject> = [before, after]
        .iter()
        .flat_map(|policy| policy.subjects().map(|id| policy.subject(id)))
        .collect();
    let mut changes = Vec::new();
    for subject in subjects {
        let (old, new) = (by_place(before, &subject), by_place(after, &subject));
        if old == new {
            continue;
        }
        let places: BTreeSet<Option<&str>> = old.keys().chain(new.keys()).copied().collect();
        for place in places {
            if old.get(&place) == new.get(&place) && old.get(&None) == new.get(&None) {
                continue;
            }
            let change = match (more(&old, &new, place), more(&new, &old, place)) {
                (Ok(gained), Ok(lost)) if gained.is_empty() && lost.is_empty() => continue,
                (Ok(gained), Ok(lost)) => (gained, lost, false),
                _ => (Vec::new(), Vec::new(), true),
            };
            let (gained, lost, untold) = change;
            changes.push(Change {
                subject: subject.clone(),
                namespace: place,
                gained,
                lost,
                untold,
            });
        }
    }
    changes
}

fn by_place<'a>(policy: &'a Policy, subject: &Subject) -> ByPlace<'a> {
    let mut places = ByPlace::new();
    let Some(id) = policy.find_subject(subject) else { return places };
    for binding in policy.bindings_of(id) {
        let binding = policy.binding(binding);
        let Some(role) = binding.role() else { continue };
        let place = places.entry(binding.scope().namespace()).or_default();
        let rules = role.rules().iter().map(|rule| policy.rule(*rule));
        // Paths are granted in the whole cluster alone.
        place.extend(
            rules.filter(|rule| binding.scope().namespace().is_none() || rule.urls.is_empty()),
        );
    }
    places.retain(|_, rules| !rules.is_empty());
    places
}

/// What `there` gives in a place, and `here` does not give there or in the whole cluster.
fn more<'a>(
    here: &ByPlace<'a>,
    there: &ByPlace<'a>,
    place: Option<&'a str>,
) -> Result<Vec<Rule<'a>>, TooLarge> {
    let own: Vec<Rule<'_>> = here
        .get(&place)
        .into_iter()
        .chain(here.get(&None).filter(|_| place.is_some()))
        .flatten()
        .cloned()
        .collect();
    let given: Vec<Rule<'a>> = there.get(&place).into_iter().flatten().cloned().collect();
    let mut lacking = covers(&own, &given)?;
    if place.is_some() {
        // What the whole cluster gives is told of the whole cluster.
        let everywhere: Vec<Rule<'_>> = there.get(&None).into_iter().flatten().cloned().collect();
        lacking = covers(&everywhere, &lacking)?;
    }
    merge(&lacking)
}
