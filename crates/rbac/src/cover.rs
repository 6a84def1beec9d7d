//! Who may write roles and bindings: nobody may give what they do not have.
//!
//! `component-helpers/auth/rbac/validation/policy_comparator.go`, and the storages of
//! `pkg/registry/rbac/*/policybased` with `pkg/registry/rbac/escalation_check.go`, of Kubernetes
//! 1.36.

use crate::authorize::Decision;
use crate::matching::url_prefix;
use crate::policy::{Policy, RoleKind};
use crate::request::Request;
use crate::rule::Rule;
use crate::subject::Caller;

const RBAC: &str = "rbac.authorization.k8s.io";

/// Most single rights that rules are taken apart into. The default roles of a cluster together
/// have about three thousand; a rule of a thousand verbs on a thousand resources would have a
/// million.
const MOST: usize = 200_000;

/// Rules with more single rights than are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rules hold more than {MOST} single rights")]
pub struct TooLarge;

/// Whether somebody may write a role or a binding that they may otherwise write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writing<'a> {
    /// Members of `system:masters` are not held back.
    Master,
    /// The verb `escalate` on the role, or `bind` on the role that is bound.
    ByVerb,
    /// They have all that it gives.
    Covered,
    /// They lack these rights, each with one verb, resource and name.
    Lacking(Vec<Rule<'a>>),
    /// The role to be bound is not there, and the API server looks for it.
    NoRole,
}

impl Writing<'_> {
    /// Whether it is a yes.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Writing::Master | Writing::ByVerb | Writing::Covered)
    }
}

/// The rights of `servant` that `owner` does not cover, each with one verb, resource and name.
///
/// # Errors
///
/// Where `servant` holds too many to be taken apart.
pub fn covers<'a>(owner: &[Rule<'_>], servant: &[Rule<'a>]) -> Result<Vec<Rule<'a>>, TooLarge> {
    let mut lacking = Vec::new();
    break_down(servant, |single| {
        if !owner.iter().any(|rule| covers_single(rule, &single)) {
            lacking.push(single);
        }
    })?;
    Ok(lacking)
}

/// `BreakdownRule`: gives rules of one verb and one resource, and one name where there are names,
/// or of one verb and one URL.
pub(crate) fn break_down<'a>(
    rules: &[Rule<'a>],
    mut take: impl FnMut(Rule<'a>),
) -> Result<(), TooLarge> {
    let mut left = MOST;
    for rule in rules {
        let objects =
            [rule.api_groups.len(), rule.resources.len(), rule.resource_names.len().max(1)];
        let count = objects
            .iter()
            .try_fold(1_usize, |product, length| product.checked_mul(*length))
            .and_then(|objects| objects.checked_add(rule.urls.len()))
            .and_then(|objects| objects.checked_mul(rule.verbs.len()));
        left = count.and_then(|count| left.checked_sub(count)).ok_or(TooLarge)?;
        for &verb in &rule.verbs {
            for &group in &rule.api_groups {
                for &resource in &rule.resources {
                    let single = |resource_names| Rule {
                        verbs: vec![verb],
                        api_groups: vec![group],
                        resources: vec![resource],
                        resource_names,
                        urls: Vec::new(),
                    };
                    if rule.resource_names.is_empty() {
                        take(single(Vec::new()));
                    }
                    for &name in &rule.resource_names {
                        take(single(vec![name]));
                    }
                }
            }
            for &url in &rule.urls {
                take(Rule { verbs: vec![verb], urls: vec![url], ..Rule::default() });
            }
        }
    }
    Ok(())
}

/// `ruleCovers`, of a rule with at most one of each.
fn covers_single(owner: &Rule<'_>, single: &Rule<'_>) -> bool {
    let has_all = |set: &[&str], wanted: &[&str]| wanted.iter().all(|word| set.contains(word));
    (owner.verbs.contains(&"*") || has_all(&owner.verbs, &single.verbs))
        && (owner.api_groups.contains(&"*") || has_all(&owner.api_groups, &single.api_groups))
        && (owner.resources.contains(&"*")
            || single.resources.iter().all(|resource| covers_resource(&owner.resources, resource)))
        && single.urls.iter().all(|url| owner.urls.iter().any(|owned| covers_url(owned, url)))
        && (owner.resource_names.is_empty()
            || (!single.resource_names.is_empty()
                && has_all(&owner.resource_names, &single.resource_names)))
}

fn covers_resource(owned: &[&str], wanted: &str) -> bool {
    owned.contains(&wanted)
        || wanted
            .split_once('/')
            .is_some_and(|(_, sub)| owned.iter().any(|owned| owned.strip_prefix("*/") == Some(sub)))
}

fn covers_url(owned: &str, wanted: &str) -> bool {
    owned == wanted || url_prefix(owned).is_some_and(|prefix| wanted.starts_with(prefix))
}

impl Policy {
    /// Whether a caller who may write roles may write one with these rules. `name` is empty to
    /// create one, since the request has no name then; `namespace` is empty for a ClusterRole;
    /// `aggregates` says whether it has or had an `aggregationRule`.
    ///
    /// # Errors
    ///
    /// Where the rules hold too many rights to be taken apart.
    pub fn may_write_role<'a>(
        &self,
        caller: &Caller,
        (namespace, name): (&str, &str),
        rules: &[Rule<'a>],
        aggregates: bool,
    ) -> Result<Writing<'a>, TooLarge> {
        let resource = if namespace.is_empty() { "clusterroles" } else { "roles" };
        let escalate = Request::resource("escalate", RBAC, resource, name, namespace);
        match self.may(caller, &escalate) {
            Decision::Master => return Ok(Writing::Master),
            Decision::Allowed(_) => return Ok(Writing::ByVerb),
            Decision::Denied => {}
        }
        let owned = self.words_for(caller, namespace);
        let mut lacking = covers(&owned, rules)?;
        // What gathers the rules of others can gather anything.
        if aggregates {
            let everything = [
                Rule {
                    verbs: vec!["*"],
                    api_groups: vec!["*"],
                    resources: vec!["*"],
                    ..Rule::default()
                },
                Rule { verbs: vec!["*"], urls: vec!["*"], ..Rule::default() },
            ];
            lacking.extend(covers(&owned, &everything)?);
        }
        Ok(if lacking.is_empty() { Writing::Covered } else { Writing::Lacking(lacking) })
    }

    /// Whether a caller who may write bindings may bind a role; `namespace` is that of the binding,
    /// empty for a ClusterRoleBinding.
    ///
    /// # Errors
    ///
    /// Where the role holds too many rights to be taken apart.
    pub fn may_bind(
        &self,
        caller: &Caller,
        (kind, name): (RoleKind, &str),
        namespace: &str,
    ) -> Result<Writing<'_>, TooLarge> {
        let resource = match kind {
            RoleKind::Role => "roles",
            RoleKind::ClusterRole => "clusterroles",
        };
        match self.may(caller, &Request::resource("bind", RBAC, resource, name, namespace)) {
            Decision::Master => return Ok(Writing::Master),
            Decision::Allowed(_) => return Ok(Writing::ByVerb),
            Decision::Denied => {}
        }
        let home = (kind == RoleKind::Role).then_some(namespace);
        let Some(role) = self.find_role(kind, home, name) else { return Ok(Writing::NoRole) };
        let rules: Vec<Rule<'_>> =
            self.role(role).rules().iter().map(|rule| self.rule(*rule)).collect();
        let lacking = covers(&self.words_for(caller, namespace), &rules)?;
        Ok(if lacking.is_empty() { Writing::Covered } else { Writing::Lacking(lacking) })
    }

    fn words_for(&self, caller: &Caller, namespace: &str) -> Vec<Rule<'_>> {
        self.rules_for(caller, namespace).into_iter().map(|rule| self.rule(rule)).collect()
    }
}
