//! What of an audit log the roles of a policy gave, what was never used, and the least roles that
//! would do.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::audit::Used;
use crate::authorize::{Answer, Asked, Grant, What};
use crate::cover::{TooLarge, break_down, covers};
use crate::matching::{resource_matches, url_matches};
use crate::merge::merge;
use crate::policy::{Policy, RuleId, SubjectId};
use crate::request::Request;
use crate::rule::Rule;
use crate::subject::Caller;

/// Most different uses of one grant that are remembered; a log may hold any number.
const MOST_USES: usize = 4096;

/// A use: verb, group, and resource or path.
type Use = (String, String, String);

/// Which grants were used, and for what.
#[derive(Debug)]
pub struct Usage<'a> {
    policy: &'a Policy,
    used: HashMap<Grant, BTreeSet<Use>>,
    /// Requests that were allowed, though nothing in the policy allows them.
    unexplained: u64,
    /// Requests with the same answer come again and again.
    seen: HashSet<(String, Vec<String>, Use, String, String)>,
}

/// A rule that a subject holds, and what of it was used.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    /// What gives it.
    pub grant: Grant,
    /// What was used of it; empty where nothing was.
    pub used: Vec<Rule<'a>>,
    /// What was not. Of a wildcard, the wildcard unless all that it says was used.
    pub unused: Vec<Rule<'a>>,
}

impl<'a> Usage<'a> {
    /// Nothing used yet.
    pub fn new(policy: &'a Policy) -> Self {
        Usage { policy, used: HashMap::new(), unexplained: 0, seen: HashSet::new() }
    }

    /// Requests that were allowed, though nothing in the policy allows them: the log is of another
    /// cluster or time, or another authorizer decided.
    pub fn unexplained(&self) -> u64 {
        self.unexplained
    }

    /// Counts a request. Every grant that allows it is in use, not only the first.
    pub fn note(&mut self, used: &Used) {
        if !used.allowed || used.groups.iter().any(|group| group == "system:masters") {
            return;
        }
        let what = if used.resource.is_empty() { &used.url } else { &used.resource };
        let key: Use = (used.verb.clone(), used.group.clone(), what.clone());
        let whole = (
            used.user.clone(),
            used.groups.clone(),
            key.clone(),
            used.name.clone(),
            used.namespace.clone(),
        );
        if self.seen.contains(&whole) {
            return;
        }
        let request = used.request();
        let caller = Caller::exactly(&used.user, used.groups.clone());
        let mut explained = false;
        for grant in self.policy.all_granting(&caller, &request) {
            explained = true;
            let uses = self.used.entry(grant).or_default();
            if uses.len() < MOST_USES {
                uses.insert(key.clone());
            }
        }
        self.unexplained += u64::from(!explained);
        if self.seen.len() < MOST_USES * 16 {
            self.seen.insert(whole);
        }
    }

    /// Every rule that a subject holds by a binding that somebody made, with what was used of it.
    ///
    /// # Errors
    ///
    /// Where a rule holds too many rights to be taken apart.
    pub fn held(&self) -> Result<Vec<Held<'_>>, TooLarge> {
        let mut all = Vec::new();
        for binding in self.policy.bindings().filter(|binding| !binding.origin().is_default()) {
            let Some(role) = binding.role() else { continue };
            for &subject in binding.subjects() {
                for &rule in role.rules() {
                    let grant = Grant { subject, binding: binding.id, role: role.id, rule };
                    all.push(self.held_by(grant)?);
                }
            }
        }
        let mut order: Vec<Grant> = all.iter().map(|held| held.grant).collect();
        self.policy.sort(&mut order);
        let place: HashMap<Grant, usize> =
            order.into_iter().enumerate().map(|(place, grant)| (grant, place)).collect();
        all.sort_by_key(|held| place[&held.grant]);
        Ok(all)
    }

    fn held_by(&self, grant: Grant) -> Result<Held<'_>, TooLarge> {
        let rule = self.policy.rule(grant.rule);
        let uses = self.used.get(&grant);
        let mut unused = Vec::new();
        break_down(std::slice::from_ref(&rule), |single| {
            let wide = single.verbs[0] == "*"
                || single.api_groups.first() == Some(&"*")
                || single.resources.iter().chain(&single.urls).any(|word| word.contains('*'));
            let matches = |(verb, group, what): &Use| {
                let word = |own: &str, asked: &str| own == "*" || own == asked;
                word(single.verbs[0], verb)
                    && match single.urls.first() {
                        Some(url) => url_matches(url, what),
                        None => {
                            word(single.api_groups[0], group)
                                && resource_matches(single.resources[0], what)
                        }
                    }
            };
            if wide || !uses.into_iter().flatten().any(matches) {
                unused.push(single);
            }
        })?;
        let used = uses.into_iter().flatten().map(|(verb, group, what)| {
            if rule.urls.is_empty() {
                Rule {
                    verbs: vec![verb],
                    api_groups: vec![group],
                    resources: vec![what],
                    ..Rule::default()
                }
            } else {
                Rule { verbs: vec![verb], urls: vec![what], ..Rule::default() }
            }
        });
        Ok(Held { grant, used: merge(&used.collect::<Vec<_>>())?, unused: merge(&unused)? })
    }
}

impl Policy {
    /// Every grant that allows a caller's request.
    pub fn all_granting(&self, caller: &Caller, request: &Request<'_>) -> Vec<Grant> {
        let asked = Asked::new(self, request);
        let user = (!caller.user.is_empty()).then_some((false, caller.user.as_str()));
        let groups = caller.groups.iter().map(|group| (true, group.as_str()));
        let mut grants = Vec::new();
        for (is_group, name) in user.into_iter().chain(groups) {
            if let Some(subject) = self.find_subject_named(is_group, name) {
                self.granting(subject, request.namespace(), &asked, &mut grants);
            }
        }
        grants
    }

    fn granting(
        &self,
        subject: SubjectId,
        namespace: &str,
        asked: &Asked<'_>,
        grants: &mut Vec<Grant>,
    ) {
        let is_url = matches!(asked.what, What::Url(_));
        for id in self.bindings_of(subject) {
            let binding = self.binding(id);
            let holds = binding.scope().namespace().is_none_or(|at| !is_url && at == namespace);
            let Some(role) = binding.role().filter(|_| holds) else { continue };
            let allows = |rule: &&RuleId| self.allows(**rule, asked);
            let rules = role.rules().iter().filter(allows);
            grants.extend(rules.map(|rule| Grant {
                subject,
                binding: id,
                role: role.id,
                rule: *rule,
            }));
        }
    }

    fn allows(&self, rule: RuleId, asked: &Asked<'_>) -> bool {
        let data = &self.rules[rule.index()];
        let covers = match &asked.what {
            What::Resource { resources, .. } => {
                data.resources.iter().any(|own| resources.contains(&Some(*own)))
            }
            What::Url(path) => {
                data.urls.iter().any(|url| url_matches(self.symbols.text(*url), path))
            }
        };
        covers && asked.answer(data) == Answer::Yes
    }
}

/// What a subject was seen to need, place by place.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// By namespace, empty for the whole cluster; verb, group, resource or path, and names.
    places: BTreeMap<String, BTreeMap<(Use, bool), Names>>,
}

/// The names that were asked for.
#[derive(Clone, Debug, Default)]
struct Names {
    some: BTreeSet<String>,
    /// Whether it was asked for without a name, or for more names than count.
    all: bool,
}

/// The least roles for one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Least<'a> {
    /// Rules by namespace; those of the whole cluster, where there are any, under `None`.
    pub places: BTreeMap<Option<&'a str>, Vec<Rule<'a>>>,
}

impl Needs {
    /// Counts a request. Of more than `most_names` names of one kind each name counts as any.
    pub fn note(&mut self, used: &Used, most_names: usize) {
        let is_url = used.resource.is_empty();
        let what = if is_url { &used.url } else { &used.resource };
        let place = if is_url { "" } else { used.namespace.as_str() };
        let key = ((used.verb.clone(), used.group.clone(), what.clone()), is_url);
        let names = match self.places.get_mut(place) {
            Some(uses) => uses.entry(key).or_default(),
            None => self.places.entry(place.to_owned()).or_default().entry(key).or_default(),
        };
        names.all |= used.name.is_empty();
        if !names.all {
            names.some.insert(used.name.clone());
            names.all = names.some.len() > most_names;
        }
        if names.all {
            names.some.clear();
        }
    }

    /// Whether nothing was needed.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The rules that cover it all and nothing else, without what everybody has anyway.
    ///
    /// `get` on `pods/exec` and its like needs `create` too from Kubernetes 1.35 on
    /// (`AuthorizePodWebsocketUpgradeCreatePermission`), and gets it.
    ///
    /// # Errors
    ///
    /// Where the log shows too many rights to be put together.
    pub fn least(&self, everybody: &Policy) -> Result<Least<'_>, TooLarge> {
        let mut places: BTreeMap<Option<&str>, Vec<Rule<'_>>> = BTreeMap::new();
        for (place, uses) in &self.places {
            let rules = places.entry((!place.is_empty()).then_some(place.as_str())).or_default();
            for (((verb, group, what), is_url), names) in uses {
                let rule = if *is_url {
                    Rule { verbs: vec![verb], urls: vec![what], ..Rule::default() }
                } else {
                    let upgrades = verb == "get"
                        && group.is_empty()
                        && matches!(
                            what.as_str(),
                            "pods/exec" | "pods/attach" | "pods/portforward"
                        );
                    Rule {
                        verbs: if upgrades { vec!["create", "get"] } else { vec![verb] },
                        api_groups: vec![group],
                        resources: vec![what],
                        resource_names: names.some.iter().map(String::as_str).collect(),
                        ..Rule::default()
                    }
                };
                rules.push(rule);
            }
        }
        let caller = Caller::new("", Vec::new());
        let anyway: Vec<Rule<'_>> =
            everybody.rules_for(&caller, "").into_iter().map(|rule| everybody.rule(rule)).collect();
        let everywhere = match places.get(&None) {
            Some(rules) => merge(&covers(&anyway, rules)?)?,
            None => Vec::new(),
        };
        let mut least = BTreeMap::new();
        for (place, rules) in places {
            let rules = covers(&anyway, &rules)?;
            let rules = match place {
                None => rules,
                Some(_) => covers(&everywhere, &rules)?,
            };
            let rules = merge(&rules)?;
            if !rules.is_empty() {
                least.insert(place, rules);
            }
        }
        Ok(Least { places: least })
    }
}
