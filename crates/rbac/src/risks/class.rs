//! What a class of risky rights is: data.

use seawall_model::Severity;

/// A class of rights that lead further than they say.
#[derive(Debug)]
pub struct Class {
    /// Kebab-case name.
    pub id: &'static str,
    /// What its holders may do, after "may".
    pub title: &'static str,
    /// How bad it is to hold it.
    pub severity: Severity,
    /// Why it matters.
    pub why: &'static str,
    /// What it opens to whoever holds it.
    pub opens: &'static str,
    /// What makes it: one of these ways.
    pub(super) ways: &'static [Way],
}

impl PartialEq for Class {
    /// Classes are known by their id.
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Class {}

/// Rights that make a risk together: one of each list.
pub(super) type Way = &'static [&'static [Ask]];

/// Rights of one kind.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) groups: &'static [&'static str],
    /// One that ends in a slash stands for all subresources.
    pub(super) resources: &'static [&'static str],
    pub(super) verbs: &'static [&'static str],
    pub(super) place: Place,
    /// Names of which each alone is as bad as all.
    pub(super) telling: &'static [&'static str],
    /// Whether other names do no harm.
    pub(super) only_telling: bool,
    /// Whether the API server or the kind of right holds it within bounds.
    pub(super) bounded: bool,
}

/// Where a right holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In namespaces.
    Namespaces,
    /// In one namespace, or in all.
    Only(&'static str),
    /// On what lives in no namespace, so that a RoleBinding gives none of it.
    Cluster,
    /// On namespaces themselves: a RoleBinding gives it on its own.
    Itself,
    /// Any verb on every resource.
    Anything,
}

impl Ask {
    const BASE: Ask = Ask {
        groups: &[],
        resources: &[],
        verbs: &[],
        place: Place::Namespaces,
        telling: &[],
        only_telling: false,
        bounded: false,
    };

    /// Verbs on resources that live in namespaces.
    pub(super) const fn on(
        groups: &'static [&'static str],
        resources: &'static [&'static str],
        verbs: &'static [&'static str],
    ) -> Ask {
        Ask { groups, resources, verbs, ..Ask::BASE }
    }

    /// Verbs on resources that live in no namespace.
    pub(super) const fn cluster(
        groups: &'static [&'static str],
        resources: &'static [&'static str],
        verbs: &'static [&'static str],
    ) -> Ask {
        Ask { place: Place::Cluster, ..Ask::on(groups, resources, verbs) }
    }

    /// Any verb on all resources.
    pub(super) const fn anything() -> Ask {
        Ask { place: Place::Anything, ..Ask::BASE }
    }

    pub(super) const fn at(self, place: Place) -> Ask {
        Ask { place, ..self }
    }

    pub(super) const fn bounded(self) -> Ask {
        Ask { bounded: true, ..self }
    }

    pub(super) const fn telling(self, telling: &'static [&'static str]) -> Ask {
        Ask { telling, ..self }
    }

    pub(super) const fn only(self, telling: &'static [&'static str]) -> Ask {
        Ask { telling, only_telling: true, ..self }
    }
}
