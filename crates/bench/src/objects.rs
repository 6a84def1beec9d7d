//! Controls that objects of the cluster decide, through the checks that map to them.

use std::collections::BTreeMap;

use seawall_checks::Results;
use seawall_model::{Finding, Inventory};

use crate::outcome::{Evidence, OriginKind, Outcome};

/// Most findings that are shown for one control.
const SHOWN: usize = 20;

/// What the checks said, by the control that they map to.
#[derive(Debug)]
pub struct Objects {
    findings: BTreeMap<&'static str, Vec<Finding>>,
    tallies: BTreeMap<&'static str, seawall_checks::Tally>,
    unknown: BTreeMap<&'static str, String>,
}

impl Objects {
    /// Sorts what the checks said.
    pub fn new(results: Results) -> Self {
        let mut objects = Objects {
            findings: BTreeMap::new(),
            tallies: BTreeMap::new(),
            unknown: BTreeMap::new(),
        };
        for finding in results.findings {
            for control in finding.check.mapping.cis {
                objects.findings.entry(control).or_default().push(finding.clone());
            }
        }
        for unknown in results.unknown {
            for control in unknown.check.mapping.cis {
                objects.unknown.entry(control).or_insert_with(|| unknown.reason.clone());
            }
        }
        for (check, tally) in results.tallies {
            for control in check.mapping.cis {
                let all = objects.tallies.entry(control).or_default();
                all.pass += tally.pass;
                all.fail += tally.fail;
                all.not_applicable += tally.not_applicable;
                all.unknown += tally.unknown;
            }
        }
        objects
    }

    /// What a control of CIS comes to.
    pub fn outcome(&self, inventory: &Inventory, control: &str) -> Outcome {
        let findings = self.findings.get(control).map_or(&[][..], Vec::as_slice);
        let tally = self.tallies.get(control).copied().unwrap_or_default();
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
            let checks: std::collections::BTreeSet<&str> =
                findings.iter().map(|finding| finding.check.id).collect();
            let checks = checks.into_iter().collect::<Vec<_>>().join(", ");
            let first = &findings[0];
            let more = match findings.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let reason =
                format!("{}: {}{more} ({checks})", first.site.subject.object, first.message);
            return Outcome::fail(reason).with(evidence);
        }
        let unread = inventory
            .coverage()
            .unread()
            .next()
            .map(|part| format!("{}: {}", part.file, part.outcome));
        if let Some(why) = self.unknown.get(control) {
            return Outcome::unknown(why.clone());
        }
        match (tally.pass, tally.not_applicable) {
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
