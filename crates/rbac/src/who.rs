//! Who may do that? From a resource to the rules that match it, and from them to subjects.

use crate::authorize::{Answer, Asked, Grant, What};
use crate::matching::url_matches;
use crate::policy::{BindingId, Policy, RuleId};
use crate::request::Request;
use crate::subject::service_account;
use crate::symbols::Symbol;

/// Where a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach<'a> {
    /// Of what belongs to no namespace, or of all namespaces at once: only what holds in the whole
    /// cluster counts.
    Cluster,
    /// In one namespace: what holds there, and in the whole cluster.
    Namespace(&'a str),
    /// In any namespace: all that holds anywhere.
    Anywhere,
}

/// Who may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// Every grant, ordered by where it holds, subject, binding, and rule. Members of
    /// `system:masters` may anyway.
    pub grants: Vec<Grant>,
    /// Grants that hold for some names alone, where the question has no name.
    pub of_some_names: Vec<Grant>,
}

impl Policy {
    /// Every grant by which some subject may do something. The namespace of the request does not
    /// count: `reach` says where.
    ///
    /// Takes as long as there are rules for the resource and grants of them.
    pub fn who(&self, request: &Request<'_>, reach: Reach<'_>) -> Who {
        let asked = Asked::new(self, request);
        let mut who = Who::default();
        for rule in self.candidates(&asked, reach) {
            let grants = match asked.answer(&self.rules[rule.index()]) {
                Answer::Yes => &mut who.grants,
                Answer::OfSomeNames => &mut who.of_some_names,
                Answer::No => continue,
            };
            // URLs are granted by ClusterRoleBindings alone.
            let reach = if matches!(asked.what, What::Url(_)) { Reach::Cluster } else { reach };
            self.grants_of(rule, reach, grants);
        }
        for grants in [&mut who.grants, &mut who.of_some_names] {
            self.sort(grants);
        }
        who
    }

    /// The rules of which a resource or URL matches, each once; of Roles only those that may be
    /// bound where it is asked, which is in their own namespace.
    fn candidates(&self, asked: &Asked<'_>, reach: Reach<'_>) -> Vec<RuleId> {
        let mut rules: Vec<RuleId> = match &asked.what {
            What::Resource { resources, .. } => {
                let known = resources.iter().flatten();
                let lists = known.filter_map(|resource| self.rules_by_resource.get(resource));
                let near = |rules: &[(Option<Symbol>, RuleId)], home: Option<Symbol>| {
                    let from = rules.partition_point(|(at, _)| *at < home);
                    let count = rules[from..].partition_point(|(at, _)| *at == home);
                    from..from + count
                };
                let homes = match reach {
                    Reach::Anywhere => Vec::new(),
                    Reach::Cluster => vec![None],
                    Reach::Namespace(name) => match self.symbols.find(name) {
                        Some(name) => vec![None, Some(name)],
                        None => vec![None],
                    },
                };
                let mut rules = Vec::new();
                for list in lists {
                    if reach == Reach::Anywhere {
                        rules.extend(list.iter().map(|(_, rule)| *rule));
                    }
                    for &home in &homes {
                        rules.extend(list[near(list, home)].iter().map(|(_, rule)| *rule));
                    }
                }
                rules
            }
            What::Url(path) => {
                let exact = self.symbols.find(path);
                let prefixes = self.url_prefixes.iter().copied();
                let prefixes = prefixes.filter(|url| url_matches(self.symbols.text(*url), path));
                exact
                    .into_iter()
                    .chain(prefixes)
                    .filter_map(|url| self.rules_by_url.get(&url))
                    .flatten()
                    .copied()
                    .collect()
            }
        };
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// Every way in which a rule reaches a subject.
    fn grants_of(&self, rule: RuleId, reach: Reach<'_>, grants: &mut Vec<Grant>) {
        let asked = match reach {
            Reach::Namespace(name) => self.symbols.find(name),
            Reach::Cluster | Reach::Anywhere => None,
        };
        for &role in &self.roles_of_rule[rule.index()] {
            // In the order of where they hold, the whole cluster first.
            let bindings = self.roles[role.index()].bindings.as_slice();
            let place = |id: &BindingId| self.bindings[id.index()].namespace;
            let of = |at: Option<Symbol>| {
                let from = bindings.partition_point(|id| place(id) < at);
                let count = bindings[from..].partition_point(|id| place(id) == at);
                &bindings[from..from + count]
            };
            let (wide, near) = match reach {
                Reach::Anywhere => (bindings, &[][..]),
                _ => (of(None), asked.map_or(&[][..], |asked| of(Some(asked)))),
            };
            for &binding in wide.iter().chain(near) {
                let subjects = self.bindings[binding.index()].subjects.iter();
                grants.extend(subjects.map(|&subject| Grant { subject, binding, role, rule }));
            }
        }
    }

    /// Puts grants into the order of their words, so that an answer does not depend on the order
    /// of reading.
    pub(crate) fn sort(&self, grants: &mut Vec<Grant>) {
        let key = |grant: &Grant| {
            let binding = self.binding(grant.binding);
            let subject = &self.subjects[grant.subject.index()];
            let name = self.symbols.text(subject.name);
            let account = !subject.is_group && service_account(name).is_some();
            (
                binding.scope(),
                account,
                subject.is_group,
                name,
                binding.name(),
                grant.role,
                grant.rule,
            )
        };
        grants.sort_by_cached_key(key);
        grants.dedup();
    }
}
