//! Roles that gather the rules of others, where no controller has filled them yet.
//!
//! `pkg/controller/clusterroleaggregation` writes into a ClusterRole with an `aggregationRule` the
//! rules of all that its selectors select, itself left out, until nothing changes. Roles that do so
//! in turn hand on what they gathered, so in the end a role has the rules of all that can be
//! reached from it.

use std::collections::{BTreeSet, HashSet};

use seawall_model::{Labels, Object, Selector, Undecided};

use crate::policy::{Gap, Policy, RoleId, RuleData, RuleId};

/// Most rules that all roles of a policy may gather together. A cluster's own gather about three
/// hundred.
const MOST_GATHERED: usize = 2_000_000;

/// A ClusterRole that selectors may select, and perhaps one that selects.
pub(crate) struct Candidate<'a> {
    pub(crate) role: RoleId,
    pub(crate) labels: Labels<'a>,
    /// Of a role that gathers: what it selects.
    pub(crate) selectors: Option<Vec<Selector<'a>>>,
}

/// The selectors of an object's `aggregationRule`; `None` where it has no such rule.
pub(crate) fn selectors(object: Object<'_>) -> Result<Option<Vec<Selector<'_>>>, Undecided<'_>> {
    let Some(rule) = object.root().field("aggregationRule")? else { return Ok(None) };
    let list = rule.field("clusterRoleSelectors")?.map(seawall_model::document::Node::list);
    let nodes = list.transpose()?.into_iter().flatten();
    nodes.map(Selector::of).collect::<Result<Vec<_>, _>>().map(Some)
}

/// Fills every candidate that gathers.
pub(crate) fn fill(policy: &mut Policy, candidates: &[Candidate<'_>]) {
    let selected: Vec<Vec<usize>> = candidates
        .iter()
        .map(|candidate| {
            let Some(selectors) = &candidate.selectors else { return Vec::new() };
            let is_selected = |other: &Candidate<'_>| {
                other.role != candidate.role
                    && selectors.iter().any(|selector| selector.matches(other.labels))
            };
            (0..candidates.len()).filter(|&other| is_selected(&candidates[other])).collect()
        })
        .collect();
    let mut filled: Vec<(RoleId, Vec<RuleId>)> = Vec::new();
    let mut gathered = 0;
    for (index, candidate) in candidates.iter().enumerate() {
        if candidate.selectors.is_none() {
            continue;
        }
        let mut reached = BTreeSet::new();
        let mut waiting = selected[index].clone();
        while let Some(next) = waiting.pop() {
            if next != index && reached.insert(next) {
                waiting.extend(&selected[next]);
            }
        }
        let mut seen = HashSet::new();
        let rules: Vec<RuleId> = reached
            .into_iter()
            .filter(|&other| candidates[other].selectors.is_none())
            .flat_map(|other| policy.roles[candidates[other].role.index()].rules.iter().copied())
            .filter(|rule| seen.insert(words(&policy.rules[rule.index()])))
            .collect();
        gathered += rules.len();
        if gathered > MOST_GATHERED {
            let role = &policy.roles[candidate.role.index()];
            policy.gaps.extend(role.object.map(|object| Gap {
                object,
                node: 0,
                why: format!(
                    "roles gather more than {MOST_GATHERED} rules; this one is left empty"
                ),
            }));
            continue;
        }
        filled.push((candidate.role, rules));
    }
    for (role, rules) in filled {
        policy.roles[role.index()].rules = rules;
    }
}

type Words<'a> = [&'a [crate::symbols::Symbol]; 5];

fn words(rule: &RuleData) -> Words<'_> {
    [&rule.verbs, &rule.groups, &rule.resources, &rule.names, &rule.urls]
}

/// Notes what could not be understood.
pub(crate) fn note(policy: &mut Policy, object: u32, undecided: &Undecided<'_>) {
    policy.gaps.push(Gap {
        object,
        node: undecided.node.index(),
        why: undecided.why.clone().into_owned(),
    });
}
