//! May this caller do that? The authorizer.
//!
//! `RBACAuthorizer.Authorize` and `VisitRulesFor` of the API server, but that no rule is looked at
//! that can't match: bindings are found by subject and namespace, and a role's rules by resource.

use crate::matching::url_matches;
use crate::policy::{BindingId, Policy, RoleData, RoleId, RuleData, RuleId, SubjectId};
use crate::request::{Request, Target};
use crate::subject::Caller;
use crate::symbols::Symbol;

/// What gives a right: a rule of a role that a binding gives a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// Whom the binding names.
    pub subject: SubjectId,
    /// The binding.
    pub binding: BindingId,
    /// The role that it gives.
    pub role: RoleId,
    /// The rule in it.
    pub rule: RuleId,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes, by the first grant in the order of the caller's names.
    Allowed(Grant),
    /// Yes: a member of `system:masters` is asked for no role.
    Master,
    /// No rule allows it.
    Denied,
}

impl Decision {
    /// Whether it is a yes.
    pub fn is_allowed(self) -> bool {
        self != Decision::Denied
    }
}

/// A request in the words of a policy; a word that stands in no rule matches none.
pub(crate) struct Asked<'a> {
    verb: Option<Symbol>,
    any: Option<Symbol>,
    pub(crate) what: What<'a>,
}

pub(crate) enum What<'a> {
    Resource {
        group: Option<Symbol>,
        /// The words that a rule's resource may be: itself, `*`, and `*/subresource`.
        resources: [Option<Symbol>; 3],
        name: Option<Symbol>,
        named: bool,
    },
    Url(&'a str),
}

impl<'a> Asked<'a> {
    pub(crate) fn new(policy: &Policy, request: &Request<'a>) -> Self {
        let find = |text: &str| policy.symbols.find(text);
        let any = find("*");
        let what = match request.target {
            Target::Url(path) => What::Url(path),
            Target::Resource { group, resource, subresource, name, .. } => {
                let resources = if subresource.is_empty() {
                    [find(resource), any, None]
                } else {
                    let whole = format!("{resource}/{subresource}");
                    [find(&whole), any, find(&format!("*/{subresource}"))]
                };
                What::Resource {
                    group: find(group),
                    resources,
                    name: find(name),
                    named: !name.is_empty(),
                }
            }
        };
        Asked { verb: find(request.verb), any, what }
    }

    fn has(&self, list: &[Symbol], word: Option<Symbol>) -> bool {
        list.iter().any(|item| Some(*item) == word || Some(*item) == self.any)
    }

    /// Whether a rule whose resource is known to match allows it but for its names.
    fn allows_some(&self, rule: &RuleData) -> bool {
        match &self.what {
            What::Resource { group, .. } => {
                self.has(&rule.verbs, self.verb) && self.has(&rule.groups, *group)
            }
            What::Url(_) => self.has(&rule.verbs, self.verb),
        }
    }

    /// Whether the names of a rule, if it has any, hold the name that is asked for.
    fn allows_name(&self, rule: &RuleData) -> bool {
        match &self.what {
            What::Resource { name, .. } => {
                rule.names.is_empty() || rule.names.iter().any(|item| Some(*item) == *name)
            }
            What::Url(_) => true,
        }
    }

    /// How a rule whose resource or URL is known to match answers.
    pub(crate) fn answer(&self, rule: &RuleData) -> Answer {
        if !self.allows_some(rule) {
            Answer::No
        } else if self.allows_name(rule) {
            Answer::Yes
        } else if matches!(self.what, What::Resource { named: false, .. }) {
            Answer::OfSomeNames
        } else {
            Answer::No
        }
    }
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    /// The request has no name, and the rule holds for some names alone.
    OfSomeNames,
    No,
}

impl Policy {
    /// Whether a caller may do something, exactly as the API server's authorizer `RBAC` decides.
    ///
    /// Takes as long as the caller has bindings in the namespace that is asked about.
    pub fn may(&self, caller: &Caller, request: &Request<'_>) -> Decision {
        if caller.is_master() {
            return Decision::Master;
        }
        let asked = Asked::new(self, request);
        let user = (!caller.user.is_empty()).then_some((false, caller.user.as_str()));
        let groups = caller.groups.iter().map(|group| (true, group.as_str()));
        for (is_group, name) in user.into_iter().chain(groups) {
            if let Some(subject) = self.find_subject_named(is_group, name)
                && let Some(grant) = self.granted_to(subject, request.namespace(), &asked)
            {
                return Decision::Allowed(grant);
            }
        }
        Decision::Denied
    }

    /// The first grant to a subject that allows what is asked.
    fn granted_to(&self, subject: SubjectId, namespace: &str, asked: &Asked<'_>) -> Option<Grant> {
        let bindings = &self.subjects[subject.index()].bindings;
        let of = |scope: Option<Symbol>| {
            let from = bindings.partition_point(|(at, _)| *at < scope);
            bindings[from..].iter().take_while(move |(at, _)| *at == scope)
        };
        // A URL has no namespace, nor has what belongs to the cluster.
        let namespace = match (&asked.what, namespace) {
            (What::Url(_), _) | (_, "") => None,
            (_, namespace) => self.symbols.find(namespace),
        };
        of(None).chain(namespace.into_iter().flat_map(|namespace| of(Some(namespace)))).find_map(
            |&(_, binding)| {
                let role = self.bindings[binding.index()].role?;
                let rule = self.allowing(&self.roles[role.index()], asked)?;
                Some(Grant { subject, binding, role, rule })
            },
        )
    }

    /// The first rule of a role that allows what is asked.
    fn allowing(&self, role: &RoleData, asked: &Asked<'_>) -> Option<RuleId> {
        let allows = |id: &RuleId| asked.answer(&self.rules[id.index()]) == Answer::Yes;
        match &asked.what {
            What::Resource { resources, .. } => resources.iter().flatten().find_map(|resource| {
                let from = role.by_resource.partition_point(|(at, _)| at < resource);
                let same = role.by_resource[from..].iter().take_while(|(at, _)| at == resource);
                same.map(|(_, id)| *id).find(|id| allows(id))
            }),
            What::Url(path) => {
                let covers = |id: &RuleId| {
                    let urls = &self.rules[id.index()].urls;
                    urls.iter().any(|url| url_matches(self.symbols.text(*url), path))
                };
                role.with_urls.iter().copied().find(|id| covers(id) && allows(id))
            }
        }
    }

    /// All rules that apply to a caller in a namespace, or where it is empty in the whole cluster:
    /// `RulesFor` of `pkg/registry/rbac/validation`.
    pub fn rules_for(&self, caller: &Caller, namespace: &str) -> Vec<RuleId> {
        let user = std::iter::once((false, caller.user.as_str()));
        let names = user.chain(caller.groups.iter().map(|group| (true, group.as_str())));
        let mut rules = Vec::new();
        for (is_group, name) in names {
            let Some(subject) = self.find_subject_named(is_group, name) else { continue };
            for binding in self.bindings_of(subject) {
                let binding = self.binding(binding);
                let applies = binding.scope().namespace().is_none_or(|at| at == namespace);
                if let Some(role) = binding.role().filter(|_| applies) {
                    rules.extend_from_slice(role.rules());
                }
            }
        }
        let mut seen = std::collections::HashSet::with_capacity(rules.len());
        rules.retain(|rule| seen.insert(*rule));
        rules
    }
}
