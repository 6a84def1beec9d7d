//! Who reaches a port through the rules: nobody, some, everybody, or nobody can tell.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::branch::Branch;
use super::packet::{Question, Version};
use super::ranges::Ranges;
use super::region::{Dimension, Region};
use super::ruleset::{Family, Ruleset};
use super::walk::{Ends, TooMany, walk};

/// Most parts that a doubtful region is cut into.
const PARTS: usize = 10_000;

/// Who reaches a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// No other machine.
    Nobody {
        /// What refuses them, the first few.
        by: Vec<String>,
    },
    /// Those that rules name.
    Some {
        /// Their addresses.
        sources: Ranges,
        /// What lets them through.
        by: Vec<String>,
    },
    /// Everybody, or most.
    Everybody {
        /// What lets them through.
        by: Vec<String>,
    },
    /// Everybody, but on interfaces that do not lead to all other networks.
    On {
        /// The interfaces.
        interfaces: Vec<String>,
        /// What lets them through.
        by: Vec<String>,
    },
    /// Nobody can tell.
    Unknown {
        /// Why.
        why: String,
    },
}

/// Who opens new connections to the port, past the rules.
pub fn judge(ruleset: &Ruleset, question: &Question<'_>) -> Reach {
    let direct = reach(ruleset, question);
    let concerned = |all: &[(Family, String)]| -> Vec<String> {
        let own = all.iter().filter(|(family, _)| family.concerns(question.version));
        own.map(|(_, name)| name.clone()).collect()
    };
    let aside = concerned(&ruleset.aside);
    if matches!(direct, Reach::Everybody { .. } | Reach::On { .. }) && !aside.is_empty() {
        return Reach::Unknown {
            why: format!(
                "the rules that were read let it through, and what {} does can't be read",
                aside.join(", ")
            ),
        };
    }
    let rewriting = concerned(&ruleset.rewriting);
    let Some(rewriting) = rewriting.first() else { return direct };
    let refused = matches!(direct, Reach::Nobody { .. } | Reach::Some { .. });
    if question.rewritten || !refused {
        return direct;
    }
    // What was sent to another address or port, and is rewritten to this one.
    let rewritten = Question { rewritten: true, ..question.clone() };
    match (direct, reach(ruleset, &rewritten)) {
        (direct, Reach::Nobody { .. }) => direct,
        (Reach::Nobody { .. }, Reach::Some { sources, by }) => Reach::Some { sources, by },
        (Reach::Some { sources, mut by }, Reach::Some { sources: more, by: others }) => {
            by.extend(others);
            by.dedup();
            Reach::Some { sources: sources.union(&more), by }
        }
        (_, Reach::Everybody { by } | Reach::On { by, .. }) => Reach::Unknown {
            why: format!(
                "connections to elsewhere that {rewriting} rewrites to the port would be let \
                 through by {}",
                by.join(", ")
            ),
        },
        (_, unknown) => unknown,
    }
}

/// Sources that open connections to a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// Those that do.
    pub surely: Ranges,
    /// Those that do, and those of which it can't be told.
    pub perhaps: Ranges,
}

/// The sources that open connections to the port, from any of the interfaces and source ports and to
/// any of the addresses.
///
/// # Errors
///
/// Where the rules are too many.
pub fn sources(ruleset: &Ruleset, question: &Question<'_>) -> Result<Sources, TooMany> {
    let ends = walk(ruleset, question)?;
    let certain = certain(&ends);
    let surely: Vec<(&Branch, &Region)> =
        certain.iter().map(|(branch, region)| (*branch, region)).collect();
    let all: Vec<(&Branch, &Region)> =
        ends.accepted.iter().map(|branch| (branch, &branch.region)).collect();
    Ok(Sources { surely: of_parts(&surely, None), perhaps: of_parts(&all, None) })
}

/// Who reaches the port, as the question has it.
fn reach(ruleset: &Ruleset, question: &Question<'_>) -> Reach {
    let ends = match walk(ruleset, question) {
        Ok(ends) => ends,
        Err(why) => return Reach::Unknown { why: why.to_string() },
    };
    let certain = certain(&ends);
    let all: Vec<(&Branch, &Region)> =
        ends.accepted.iter().map(|branch| (branch, &branch.region)).collect();
    let sure: Vec<(&Branch, &Region)> =
        certain.iter().map(|(branch, region)| (*branch, region)).collect();
    let places: Vec<usize> = (0..question.interfaces.len()).collect();
    let wide_on = |parts: &[(&Branch, &Region)]| -> Vec<usize> {
        let open = |place: &usize| wide(question.version, &of_parts(parts, Some(*place)));
        places.iter().copied().filter(open).collect()
    };
    let (perhaps, surely) = (wide_on(&all), wide_on(&sure));
    let by = |parts: &[(&Branch, &Region)]| -> Vec<String> {
        let names: BTreeSet<&Rc<str>> =
            parts.iter().filter_map(|(branch, _)| branch.by.as_ref()).collect();
        names.into_iter().take(8).map(ToString::to_string).collect()
    };
    if perhaps.is_empty() {
        let sources = of_parts(&all, None);
        return if sources.is_empty() {
            Reach::Nobody { by: ends.refusing.iter().map(ToString::to_string).collect() }
        } else {
            Reach::Some { sources, by: by(&all) }
        };
    }
    let uplink = |place: &usize| {
        question.interfaces[*place].uplink[usize::from(question.version == Version::V6)]
    };
    let of_open: Vec<(&Branch, &Region)> = sure
        .iter()
        .filter(|(_, region)| {
            let own = region.get(Dimension::Interface);
            surely.iter().any(|place| own.contains(*place as u128))
        })
        .copied()
        .collect();
    if surely.len() == places.len() || surely.iter().any(uplink) {
        return Reach::Everybody { by: by(&of_open) };
    }
    if surely.is_empty() || perhaps.iter().any(uplink) {
        let doubts: BTreeSet<&Rc<str>> = ends
            .accepted
            .iter()
            .chain(&ends.doubted)
            .filter_map(|branch| branch.doubt.as_ref())
            .collect();
        let doubts: Vec<&str> = doubts.into_iter().take(8).map(AsRef::as_ref).collect();
        return Reach::Unknown {
            why: match doubts.as_slice() {
                [] => TooMany.to_string(),
                doubts => format!("nobody can tell what {} does", doubts.join(", nor what ")),
            },
        };
    }
    Reach::On {
        interfaces: surely.iter().map(|place| question.interfaces[*place].name.clone()).collect(),
        by: by(&of_open),
    }
}

/// The parts of what was let through that nothing may have refused.
fn certain(ends: &Ends) -> Vec<(&Branch, Region)> {
    let mut certain = Vec::new();
    for branch in ends.accepted.iter().filter(|branch| !branch.unlikely) {
        let mut parts = vec![branch.region.clone()];
        if branch.doubt.is_some() {
            for refused in &ends.doubted {
                parts = parts.iter().flat_map(|part| part.difference(&refused.region)).collect();
                if parts.len() > PARTS {
                    parts.clear();
                }
            }
        }
        certain.extend(parts.into_iter().map(|part| (branch, part)));
    }
    certain
}

/// The sources of parts, on one interface or on any.
fn of_parts(parts: &[(&Branch, &Region)], place: Option<usize>) -> Ranges {
    let there = parts.iter().filter(|(_, region)| {
        place.is_none_or(|place| region.get(Dimension::Interface).contains(place as u128))
    });
    Ranges::new(there.flat_map(|(_, region)| region.get(Dimension::Source).iter()).collect())
}

/// Whether addresses are everybody's: at least half of those of IPv4, or of the public ones of IPv6
/// (`2000::/3`).
fn wide(version: Version, sources: &Ranges) -> bool {
    match version {
        Version::V4 => sources.size() >= 1 << 31,
        Version::V6 => {
            let public = Ranges::span(1 << 125, (1 << 126) - 1);
            sources.intersection(&public).size() >= 1 << 124
        }
    }
}
