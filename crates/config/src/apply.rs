//! Holds findings against what was decided.

use std::collections::{HashMap, HashSet};

use seawall_model::{Check, Finding, Inventory, Location, Notice, NoticeKind, Origin, Suppression};
use time::Date;

use crate::baseline::Baseline;
use crate::comments::Invalid;
use crate::decision::Decision;
use crate::exception::Exception;
use crate::index::Index;
use crate::marks::Marks;
use crate::peers::{self, PeerFile};
use crate::{annotations, comments, keys};

/// All that was decided.
#[derive(Debug)]
pub struct Decisions<'d> {
    /// The exceptions of `seawall.yaml`.
    pub exceptions: &'d [Exception],
    /// What other tools were told, where that counts.
    pub peers: Option<&'d [PeerFile]>,
    /// What was there before.
    pub baseline: Option<&'d Baseline>,
    /// The day on which exceptions must hold.
    pub today: Date,
    /// The checks that ran: an exception of one that did not is not called unused.
    pub ran: &'d [&'static Check],
}

impl Decisions<'_> {
    /// Marks the findings that are accepted, and tells of decisions that do not hold.
    ///
    /// Where several decisions accept a finding the first of these is named: comment, annotation,
    /// `seawall.yaml`, another tool's suppression, baseline; all of them count as used.
    pub fn apply(&self, inventory: &Inventory, findings: &mut [Finding]) -> Vec<Notice> {
        let mut notices = Vec::new();
        let decisions = self.all(inventory, &mut notices);
        let index = Index::new(&decisions);
        let mut used = vec![false; decisions.len()];
        if !decisions.is_empty() || self.baseline.is_some() {
            for finding in findings.iter_mut() {
                let suppression = self.decide(finding, &decisions, &index, &mut used);
                finding.suppressed = suppression.map(Box::new);
            }
        }
        self.unused(&decisions, &used, &mut notices);
        if let Some(baseline) = self.baseline {
            let seen: HashSet<_> = findings.iter().map(|finding| finding.fingerprint).collect();
            notices.extend(
                baseline
                    .gone(&seen)
                    .into_iter()
                    .map(|(at, message)| notice(NoticeKind::StaleBaseline, at, message)),
            );
        }
        notices.sort_by_cached_key(|n| {
            (n.location.source.name().clone(), n.location.span.start, n.kind, n.message.clone())
        });
        notices
    }

    /// All decisions, those first that are named first.
    fn all(&self, inventory: &Inventory, notices: &mut Vec<Notice>) -> Vec<Decision> {
        let mut decisions = Vec::new();
        let mut invalid: Vec<Invalid> = Vec::new();
        let mut by_peers = peers::Reading::default();
        let marks = Marks::find(inventory.documents(), self.peers.is_some());
        comments::find(&marks.comments, &mut decisions, &mut invalid);
        keys::each(inventory, &marks, |entry| {
            if !annotations::read(entry, &mut decisions, &mut invalid) && self.peers.is_some() {
                by_peers.entry(entry);
            }
        });
        decisions.extend(self.exceptions.iter().map(Exception::decision));
        if let Some(files) = self.peers {
            by_peers.comments(inventory, &marks.comments);
            by_peers.objects(inventory);
            by_peers.files(inventory, files);
            by_peers.left_on(files);
            by_peers.finish(&mut decisions, notices);
        }
        notices.extend(
            invalid
                .into_iter()
                .map(|(at, message)| notice(NoticeKind::InvalidException, at, message)),
        );
        decisions
    }

    fn decide(
        &self,
        finding: &Finding,
        decisions: &[Decision],
        index: &Index,
        used: &mut [bool],
    ) -> Option<Suppression> {
        let mut first: Option<u32> = None;
        index.candidates(finding, |number| {
            let decision = &decisions[number as usize];
            if decision.holds_for(finding) {
                used[number as usize] = true;
                if decision.holds_on(self.today) {
                    first = Some(first.map_or(number, |first| first.min(number)));
                }
            }
        });
        if let Some(number) = first {
            let decision = &decisions[number as usize];
            return Some(Suppression { origin: decision.origin, reason: decision.reason.clone() });
        }
        let known = self.baseline.is_some_and(|baseline| baseline.holds(finding.fingerprint));
        known.then(|| Suppression { origin: Origin::Baseline, reason: String::new() })
    }

    fn unused(&self, decisions: &[Decision], used: &[bool], notices: &mut Vec<Notice>) {
        let ran: HashSet<&str> = self.ran.iter().map(|check| check.id).collect();
        // A suppression of another tool may be several decisions: it is used where one of them is.
        let mut places: HashMap<_, bool> = HashMap::new();
        let place = |decision: &Decision| {
            let at = &decision.location;
            (std::sync::Arc::as_ptr(&at.source), at.span.start, decision.what.clone())
        };
        for (decision, used) in decisions.iter().zip(used) {
            *places.entry(place(decision)).or_default() |= used;
        }
        for decision in decisions {
            if !decision.holds_on(self.today) {
                let owner =
                    decision.owner.as_ref().map_or(String::new(), |o| format!(" (owner {o})"));
                let last = decision.expires.map_or(String::new(), |date| date.to_string());
                let message = format!(
                    "{}{owner} expired after {last}: fix the finding or decide anew",
                    decision.what
                );
                let at = decision.location.clone();
                notices.push(notice(NoticeKind::ExpiredException, at, message));
            } else if decision.checks.iter().any(|check| ran.contains(check.id))
                && places.insert(place(decision), true) == Some(false)
            {
                let message = format!("{} matches no finding; remove it", decision.what);
                let at = decision.location.clone();
                notices.push(notice(NoticeKind::UnusedException, at, message));
            }
        }
    }
}

/// What other tools were told, alone.
pub(crate) fn of_peers(inventory: &Inventory, files: &[PeerFile]) -> (Vec<Decision>, Vec<Notice>) {
    let marks = Marks::find(inventory.documents(), true);
    let mut reading = peers::Reading::default();
    keys::each(inventory, &marks, |entry| reading.entry(entry));
    reading.comments(inventory, &marks.comments);
    reading.objects(inventory);
    reading.files(inventory, files);
    let (mut decisions, mut notices) = (Vec::new(), Vec::new());
    reading.finish(&mut decisions, &mut notices);
    (decisions, notices)
}

pub(crate) fn notice(kind: NoticeKind, location: Location, message: String) -> Notice {
    Notice { kind, message, location }
}
