//! What a policy says of a workload, as a record.

use std::io::{self, Write};

use seawall_model::workload;
use seawall_podsecurity::psp::admit::Asker;
use seawall_podsecurity::psp::{Attempt, Outcome, Rejection, Verdict};
use serde::Serialize;

use super::world::{Workload, place};

/// A policy tried on a workload.
#[derive(Serialize)]
pub(super) struct AttemptRecord {
    policy: String,
    /// Who may use it: `service account`, `maker`, or nobody.
    usable_by: Option<&'static str>,
    fits: bool,
    /// Whether it would change the pod.
    changes: bool,
    violations: Vec<ViolationRecord>,
}

/// Why a policy does not fit.
#[derive(Serialize)]
pub(super) struct ViolationRecord {
    field: String,
    place: String,
    reason: String,
}

impl ViolationRecord {
    fn of(view: &workload::Pod<'_>, rejection: &Rejection) -> Self {
        let (node, missing) = rejection.place.find(view);
        let path = node.path_from(view.object.root()).to_string();
        let separator = if missing.is_empty() || path.is_empty() || missing.starts_with('[') {
            ""
        } else {
            "."
        };
        ViolationRecord {
            field: format!("{path}{separator}{missing}"),
            place: place(node),
            reason: rejection.reason.clone(),
        }
    }
}

impl AttemptRecord {
    pub(super) fn of(view: &workload::Pod<'_>, attempt: &Attempt) -> Self {
        let violations: &[Rejection] = match &attempt.outcome {
            Outcome::Violated(rejections) => rejections,
            Outcome::Fits | Outcome::FitsChanged => &[],
        };
        AttemptRecord {
            policy: attempt.policy.clone(),
            usable_by: attempt.authorised.map(|asker| match asker {
                Asker::ServiceAccount => "service account",
                Asker::User => "maker",
            }),
            fits: violations.is_empty(),
            changes: attempt.outcome == Outcome::FitsChanged,
            violations: violations.iter().map(|r| ViolationRecord::of(view, r)).collect(),
        }
    }

    /// The policy's lines; `chosen` is the one that the pod gets.
    pub(super) fn write(&self, chosen: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
        let fits = match (self.fits, self.changes) {
            (false, _) => "does not fit",
            (true, false) => "fits as it is",
            (true, true) => "fits with changes",
        };
        let usable = match self.usable_by {
            Some("service account") => "the service account may use it",
            Some(_) => "whoever makes the pod may use it",
            None => "nobody concerned may use it",
        };
        let why = match chosen {
            Some(chosen) if chosen == self.policy => "; chosen",
            Some(_) if self.fits && self.usable_by.is_some() => {
                "; another comes first, by leaving the pod as it is or by its name"
            }
            _ => "",
        };
        writeln!(out, "    {}: {fits}; {usable}{why}", self.policy)?;
        for ViolationRecord { field, place, reason } in &self.violations {
            writeln!(out, "      {place}: {reason}\n        {field}")?;
        }
        Ok(())
    }
}

/// The verdict in a word.
pub(super) fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Admitted { .. } => "admitted",
        Verdict::NoPolicy => "no policy",
        Verdict::Rejected => "rejected",
        Verdict::RejectedAfterDefaults { .. } => "rejected after defaults",
    }
}

/// The verdict as a sentence on a workload's pods.
pub(super) fn sentence(workload: &Workload<'_>, verdict: &Verdict, usable: bool) -> String {
    let account = workload.account();
    let maker = match workload.maker_name() {
        "" => String::new(),
        name => format!(" and its maker {name}"),
    };
    match verdict {
        Verdict::Admitted { policy, .. } => format!("admitted by {policy}"),
        Verdict::NoPolicy => {
            "rejected: there is no policy, and the plugin rejects all pods then".to_owned()
        }
        Verdict::Rejected if !usable => {
            format!("rejected: the service account {account}{maker} may use no policy")
        }
        Verdict::Rejected => "rejected: no policy that may be used fits".to_owned(),
        Verdict::RejectedAfterDefaults { policy } => {
            format!("rejected: {policy} fits, but not the pod that the API server makes of it")
        }
    }
}
