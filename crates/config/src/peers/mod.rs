//! What other tools were told to leave out, honoured where it stands: nobody who changes tools has
//! to decide everything anew.
//!
//! A suppression of another tool accepts the findings of exactly those checks that cover the rule
//! that it names ([`Check::covers`]). It needs no reason, as the tool asked for none. Where it
//! stands is read as the tool reads it; where the tool looks elsewhere, or where it does not tell
//! enough, it does not hold here either, and a notice says so.

mod checkov;
mod file;
mod kube_linter;
mod kube_score;
mod kubeaudit;
mod kubescape;
mod polaris;
mod security_exception;
mod trivy;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use seawall_model::{
    Check, Inventory, Location, Notice, NoticeKind, ObjectId, Origin, Peer, Source,
};
use time::Date;

use crate::apply::notice;
use crate::decision::{Decision, NO_REASON, Pattern, Scope, address};
use crate::exception::Field;
use crate::keys::Entry;
use crate::marks::{Comment, Word};

pub use file::{PeerFile, PeerFileError};
pub(crate) use file::{Rule, Setting};
pub use trivy::IGNORE_FILES;

/// Reads suppressions of other tools.
#[derive(Default)]
pub(crate) struct Reading {
    decisions: Vec<Decision>,
    notices: Vec<Notice>,
    /// What was found of an id, and so told already.
    known: HashMap<(Peer, String), Vec<&'static Check>>,
}

/// A suppression that was found, but for the checks that it is about.
pub(crate) struct Found {
    pub(crate) origin: Origin,
    pub(crate) scope: Scope,
    pub(crate) bounds: Vec<(Field, Pattern)>,
    /// Why, as it stands; may be empty.
    pub(crate) reason: String,
    pub(crate) expires: Option<Date>,
    pub(crate) location: Location,
    pub(crate) what: String,
}

impl Found {
    /// One in a label or annotation, that holds for the object.
    fn of_entry(peer: Peer, entry: &Entry<'_>, reason: &str) -> Found {
        Found {
            origin: Origin::Peer(peer),
            scope: Scope::Object(Arc::clone(entry.object.id()), None),
            bounds: Vec::new(),
            reason: reason.to_owned(),
            expires: None,
            location: entry.key.location(),
            what: format!("`{}` of {}", entry.key.text(), peer.name()),
        }
    }
}

impl Reading {
    /// Reads a label or annotation, if it is one of another tool.
    pub(crate) fn entry(&mut self, entry: &Entry<'_>) {
        kubeaudit::entry(entry, self);
        kube_linter::entry(entry, self);
        checkov::entry(entry, self);
        kube_score::entry(entry, self);
        polaris::entry(entry, self);
    }

    /// Reads comments.
    pub(crate) fn comments(&mut self, inventory: &Inventory, comments: &[Comment]) {
        let of = |word: Word| comments.iter().filter(move |comment| comment.word == word);
        if of(Word::Checkov).next().is_some() {
            let objects = ObjectsAt::new(inventory, of(Word::Checkov));
            of(Word::Checkov).for_each(|comment| checkov::comment(comment, &objects, self));
        }
        if of(Word::Trivy).next().is_some() {
            trivy::comments(inventory, &of(Word::Trivy).collect::<Vec<_>>(), self);
        }
    }

    /// Reads objects that are exceptions.
    pub(crate) fn objects(&mut self, inventory: &Inventory) {
        security_exception::read(inventory, self);
    }

    /// Takes over what files say.
    pub(crate) fn files(&mut self, inventory: &Inventory, files: &[PeerFile]) {
        for file in files {
            for rule in &file.rules {
                self.rule(inventory, file.peer, rule);
            }
            for (location, why) in &file.refused {
                self.tell(location.clone(), why.clone());
            }
        }
    }

    /// Tells of rules that files switch off: a scan leaves them on.
    pub(crate) fn left_on(&mut self, files: &[PeerFile]) {
        for file in files {
            if let Some((id, location)) = file.off.first() {
                let why = format!(
                    "{id} and what else {} switches off here stays on; `seawall import` switches \
                     it off",
                    file.peer.name()
                );
                self.tell(location.clone(), why);
            }
        }
    }

    fn rule(&mut self, inventory: &Inventory, peer: Peer, rule: &Rule) {
        let mut checks = Vec::new();
        match &rule.ids {
            None => checks = covering_any(peer),
            Some(ids) => {
                for id in ids {
                    checks.extend(self.checks(peer, id, &rule.location));
                }
            }
        }
        let scope = if rule.labels.is_empty() {
            Scope::Everywhere
        } else {
            Scope::Objects(
                inventory
                    .objects()
                    .filter(|object| rule.chooses(*object))
                    .map(|object| address(object.id()))
                    .collect(),
            )
        };
        let found = Found {
            origin: Origin::PeerFile(peer),
            scope,
            bounds: rule.bounds.clone(),
            reason: rule.reason.clone(),
            expires: rule.expires,
            location: rule.location.clone(),
            what: rule.what.clone(),
        };
        self.add(checks, found);
    }

    /// All decisions and what is to be told of them.
    pub(crate) fn finish(self, decisions: &mut Vec<Decision>, notices: &mut Vec<Notice>) {
        decisions.extend(self.decisions);
        notices.extend(self.notices);
    }

    /// The checks of one id of a tool; tells, once, where there is none or more than one.
    fn checks(&mut self, peer: Peer, id: &str, location: &Location) -> Vec<&'static Check> {
        self.checks_of_rules(peer, id, &[id], location)
    }

    /// The checks of an id that stands for several rules of the tool.
    fn checks_of_rules(
        &mut self,
        peer: Peer,
        id: &str,
        rules: &[&str],
        location: &Location,
    ) -> Vec<&'static Check> {
        if let Some(checks) = self.known.get(&(peer, id.to_owned())) {
            return checks.clone();
        }
        let checks: Vec<&'static Check> = seawall_checks::all()
            .filter(|check| {
                rules_of(check, peer).any(|own| rules.iter().any(|r| same(peer, own, r)))
            })
            .collect();
        let tool = peer.name();
        match &checks[..] {
            [] => self.tell(
                location.clone(),
                format!("no check covers {tool}'s {id:?}, so that nothing is suppressed by it"),
            ),
            [_] => {}
            several => {
                let names: Vec<&str> = several.iter().map(|check| check.id).collect();
                let names = names.join(", ");
                self.tell(
                    location.clone(),
                    format!("{tool}'s {id:?} is covered by {names}; all of them are suppressed"),
                );
            }
        }
        self.known.insert((peer, id.to_owned()), checks.clone());
        checks
    }

    fn add(&mut self, mut checks: Vec<&'static Check>, found: Found) {
        if checks.is_empty() {
            return;
        }
        let mut seen = HashSet::new();
        checks.retain(|check| seen.insert(check.id));
        let reason = found.reason.trim();
        self.decisions.push(Decision {
            origin: found.origin,
            checks,
            scope: found.scope,
            bounds: found.bounds,
            reason: if reason.is_empty() { NO_REASON.to_owned() } else { reason.to_owned() },
            owner: None,
            expires: found.expires,
            location: found.location,
            what: found.what,
        });
    }

    fn tell(&mut self, location: Location, message: String) {
        self.notices.push(notice(NoticeKind::PeerSuppression, location, message));
    }
}

/// The rules of a tool that a check covers.
pub(crate) fn rules_of(check: &Check, peer: Peer) -> impl Iterator<Item = &'static str> {
    check.covers.iter().filter_map(move |covered| {
        covered.split_once(':').filter(|(tool, _)| *tool == peer.name()).map(|(_, id)| id)
    })
}

/// Whether a rule of a tool is about objects that a cluster of today does not have.
pub(crate) fn is_of_the_past(peer: Peer, rule: &str) -> bool {
    peer == Peer::Checkov && checkov::OF_POD_SECURITY_POLICIES.contains(&rule)
}

/// All rules of a tool that are covered.
pub(crate) fn covered_rules(peer: Peer) -> BTreeSet<&'static str> {
    seawall_checks::all().flat_map(|check| rules_of(check, peer)).collect()
}

/// Whether two ids are the same rule, in whichever of the tool's spellings.
pub(crate) fn same(peer: Peer, a: &str, b: &str) -> bool {
    match peer {
        Peer::Trivy => trivy::same(a, b),
        _ => a.eq_ignore_ascii_case(b),
    }
}

/// The checks that cover any rule of a tool.
fn covering_any(peer: Peer) -> Vec<&'static Check> {
    seawall_checks::all().filter(|check| rules_of(check, peer).next().is_some()).collect()
}

/// The objects of some texts, by where they stand.
pub(crate) struct ObjectsAt {
    by_source: HashMap<*const Source, Vec<At>>,
}

/// Start and end of an object; those of a text are sorted.
type At = (u32, u32, Arc<ObjectId>);

impl ObjectsAt {
    fn new<'c>(inventory: &Inventory, of: impl Iterator<Item = &'c Comment>) -> Self {
        let mut by_source: HashMap<_, Vec<At>> =
            of.map(|comment| (Arc::as_ptr(&comment.source), Vec::new())).collect();
        for object in inventory.objects() {
            let source = object.root().document().source();
            if let Some(list) = by_source.get_mut(&Arc::as_ptr(source)) {
                let span = object.root().span();
                list.push((span.start, span.end, Arc::clone(object.id())));
            }
        }
        for list in by_source.values_mut() {
            list.sort_by_key(|(start, ..)| *start);
        }
        ObjectsAt { by_source }
    }

    /// The object that holds a comment, or that begins right below it.
    fn of(&self, comment: &Comment) -> Option<&Arc<ObjectId>> {
        let list = self.by_source.get(&Arc::as_ptr(&comment.source))?;
        let before = list.partition_point(|(start, ..)| *start <= comment.span.start);
        // Behind the last value of an object it still stands on a line of that.
        let line = comment.source.line_start(comment.line).unwrap_or(0);
        let at = if comment.alone { comment.span.start } else { line };
        let around = before.checked_sub(1).map(|i| &list[i]).filter(|(_, end, _)| at < *end);
        let below = list.get(before).filter(|(start, ..)| {
            comment.alone && comment.source.position_in_text(*start).line == comment.line
        });
        around.or(below).map(|(.., object)| object)
    }
}
