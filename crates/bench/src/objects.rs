//! Controls that objects of the cluster decide, through the checks that map to them.

use std::collections::BTreeSet;

use seawall_checks::Results;
use seawall_model::{Check, Finding, Inventory};

use crate::outcome::{Evidence, OriginKind, Outcome};

/// Most findings that are shown for one control.
const SHOWN: usize = 20;

/// What was not read, the first of it, with the reason. Secrets are kept from most readers, and that
/// is a gap only for who looks at them.
pub fn gap(inventory: &Inventory, secrets: bool) -> Option<String> {
    let of_secrets = |file: &str| {
        file.split_once("/core/v1/secrets")
            .is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with('/'))
    };
    let mut unread = inventory.coverage().unread();
    let part = unread.find(|part| secrets || !of_secrets(&part.file))?;
    Some(format!("{}: {}", part.file, part.outcome))
}

/// What the checks said.
#[derive(Debug)]
pub struct Objects {
    results: Results,
}

impl Objects {
    /// Keeps what the checks said.
    pub fn new(results: Results) -> Self {
        Objects { results }
    }

    /// What the checks that are asked for come to together.
    pub fn outcome(&self, inventory: &Inventory, asked: impl Fn(&Check) -> bool) -> Outcome {
        let findings: Vec<&Finding> =
            self.results.findings.iter().filter(|finding| asked(finding.check)).collect();
        let (mut pass, mut not_applicable) = (0, 0);
        for (_, tally) in self.results.tallies.iter().filter(|(check, _)| asked(check)) {
            pass += tally.pass;
            not_applicable += tally.not_applicable;
        }
        if !findings.is_empty() {
            let evidence = findings.iter().take(SHOWN).map(|finding| {
                let source = &finding.site.location.source;
                let position = finding.site.start;
                Evidence::new(
                    finding.site.subject.object.to_string(),
                    finding.message.clone().into_owned(),
                    OriginKind::Object,
                    format!("{}:{}", source.name(), position.line),
                )
            });
            let checks: BTreeSet<&str> = findings.iter().map(|finding| finding.check.id).collect();
            let checks = checks.into_iter().collect::<Vec<_>>().join(", ");
            let first = findings[0];
            let more = match findings.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let reason =
                format!("{}: {}{more} ({checks})", first.site.subject.object, first.message);
            return Outcome::fail(reason).with(evidence);
        }
        // The controls about Secrets are those of CIS 5.4.
        let secrets = self.results.tallies.iter().any(|(check, _)| {
            asked(check) && check.mapping.cis.iter().any(|id| id.starts_with("5.4"))
        });
        let unread = gap(inventory, secrets);
        if let Some(unknown) = self.results.unknown.iter().find(|unknown| asked(unknown.check)) {
            return Outcome::unknown(unknown.reason.clone());
        }
        match (pass, not_applicable) {
            _ if inventory.is_empty() => Outcome::unknown("no object was read"),
            _ if unread.is_some() => Outcome::unknown(format!(
                "nothing was found, but not everything was read: {}",
                unread.unwrap_or_default()
            )),
            (0, 0) => Outcome::unknown("none of the objects that it is about was read"),
            (0, _) => Outcome::not_applicable("it applies to none of the objects"),
            (passed, _) => {
                let noun = if passed == 1 { "object passes" } else { "objects pass" };
                Outcome::pass(format!("{passed} {noun}"))
            }
        }
    }
}
