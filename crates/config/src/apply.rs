//! Holds findings against what was decided.

use std::collections::HashSet;

use seawall_model::{Check, Finding, Inventory, Location, Notice, NoticeKind, Origin, Suppression};
use time::Date;

use crate::annotations::{self, Annotation};
use crate::baseline::Baseline;
use crate::comments::{self, Comment};
use crate::exception::Exception;

/// All that was decided.
#[derive(Debug)]
pub struct Decisions<'d> {
    /// The exceptions of `seawall.yaml`.
    pub exceptions: &'d [Exception],
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
    /// `seawall.yaml`, baseline; all of them count as used.
    pub fn apply(&self, inventory: &Inventory, findings: &mut [Finding]) -> Vec<Notice> {
        let (comments, bad_comments) = comments::find(inventory.documents());
        let (annotations, bad_annotations) = annotations::find(inventory);
        let mut used = Used::new(&comments, &annotations, self.exceptions);
        for finding in findings.iter_mut() {
            finding.suppressed = self.decide(finding, &comments, &annotations, &mut used);
        }
        let mut notices: Vec<Notice> = bad_comments
            .into_iter()
            .chain(bad_annotations)
            .map(|(location, message)| notice(NoticeKind::InvalidException, location, message))
            .collect();
        self.unused(&comments, &annotations, &used, &mut notices);
        if let Some(baseline) = self.baseline {
            let seen: HashSet<_> = findings.iter().map(|finding| finding.fingerprint).collect();
            notices.extend(
                baseline
                    .gone(&seen)
                    .into_iter()
                    .map(|(at, message)| notice(NoticeKind::StaleBaseline, at, message)),
            );
        }
        notices.sort_by(|a, b| {
            let key = |n: &Notice| {
                (n.location.source.name().clone(), n.location.span.start, n.kind, n.message.clone())
            };
            key(a).cmp(&key(b))
        });
        notices
    }

    fn decide(
        &self,
        finding: &Finding,
        comments: &[Comment],
        annotations: &[Annotation],
        used: &mut Used,
    ) -> Option<Suppression> {
        let mut decision = None;
        let mut accept = |origin, reason: &str| {
            decision.get_or_insert_with(|| Suppression { origin, reason: reason.to_owned() });
        };
        for (comment, used) in comments.iter().zip(&mut used.comments) {
            if comment.matches(finding) {
                *used = true;
                accept(Origin::Comment, &comment.reason);
            }
        }
        for (annotation, used) in annotations.iter().zip(&mut used.annotations) {
            if annotation.matches(finding) {
                *used = true;
                accept(Origin::Annotation, &annotation.reason);
            }
        }
        for (exception, used) in self.exceptions.iter().zip(&mut used.exceptions) {
            if exception.matches(finding) {
                *used = true;
                if exception.holds_on(self.today) {
                    accept(Origin::Config, &exception.reason);
                }
            }
        }
        if self.baseline.is_some_and(|baseline| baseline.holds(finding.fingerprint)) {
            accept(Origin::Baseline, "");
        }
        decision
    }

    fn unused(
        &self,
        comments: &[Comment],
        annotations: &[Annotation],
        used: &Used,
        notices: &mut Vec<Notice>,
    ) {
        let ran = |id: &str| self.ran.iter().any(|check| check.id == id);
        let mut unused = |location: &Location, what: String| {
            let message = format!("{what} matches no finding; remove it");
            notices.push(notice(NoticeKind::UnusedException, location.clone(), message));
        };
        for (comment, _) in comments.iter().zip(&used.comments).filter(|(_, used)| !**used) {
            if ran(&comment.check) {
                unused(&comment.location, format!("`ignore[{}]`", comment.check));
            }
        }
        for (annotation, _) in annotations.iter().zip(&used.annotations).filter(|(_, used)| !**used)
        {
            if ran(annotation.check()) {
                unused(&annotation.location, format!("the annotation for {}", annotation.check()));
            }
        }
        for (exception, _) in self
            .exceptions
            .iter()
            .zip(&used.exceptions)
            .filter(|(exception, used)| exception.holds_on(self.today) && !**used)
        {
            if self.ran.iter().any(|check| exception.check.is_match(check.id)) {
                let what = format!("the exception for {}", exception.check.glob());
                unused(&exception.location, what);
            }
        }
        for exception in self.exceptions.iter().filter(|e| !e.holds_on(self.today)) {
            let owner = exception.owner.as_ref().map_or(String::new(), |o| format!(" (owner {o})"));
            let last = exception.expires.map_or(String::new(), |date| date.to_string());
            let message = format!(
                "the exception for {}{owner} expired after {last}: fix the finding or decide anew",
                exception.check.glob()
            );
            notices.push(notice(NoticeKind::ExpiredException, exception.location.clone(), message));
        }
    }
}

/// Which decisions matched a finding, in their order.
struct Used {
    comments: Vec<bool>,
    annotations: Vec<bool>,
    exceptions: Vec<bool>,
}

impl Used {
    fn new(comments: &[Comment], annotations: &[Annotation], exceptions: &[Exception]) -> Self {
        Used {
            comments: vec![false; comments.len()],
            annotations: vec![false; annotations.len()],
            exceptions: vec![false; exceptions.len()],
        }
    }
}

fn notice(kind: NoticeKind, location: Location, message: String) -> Notice {
    Notice { kind, message, location }
}
