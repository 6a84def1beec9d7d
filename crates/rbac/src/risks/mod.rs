//! Rights that lead further than they say, and who holds them.
//!
//! A rule counts only if some binding gives it to somebody. Each rule is asked once what it is good
//! for; the answers are bits, and those of a subject are put together by where they hold.

mod class;
mod classes;

use std::collections::HashMap;

use seawall_model::Severity;

use crate::authorize::Grant;
use crate::policy::{BindingId, Policy, RoleId, RuleData, RuleId, Scope, SubjectId};
use crate::subject::{ANONYMOUS, AUTHENTICATED, SERVICE_ACCOUNTS, Subject, UNAUTHENTICATED};
use crate::symbols::Symbol;

pub use class::Class;
use class::{Ask, Place};
pub use classes::CLASSES;
use classes::{EVERYBODY, EVERYTHING};

/// Somebody who holds rights of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    /// The class.
    pub class: &'static Class,
    /// Who.
    pub subject: Subject,
    /// Where: `None` for the whole cluster, otherwise each namespace.
    pub namespaces: Option<Vec<String>>,
    /// What gives it; none where a cloud identity is what makes the risk.
    pub grants: Vec<Grant>,
    /// Whether it holds within bounds: for some names alone, or for what the holder has anyway.
    pub bounded: bool,
    /// Whether Kubernetes itself gives all of it.
    pub is_default: bool,
    /// The annotation of a service account that has a cloud identity.
    pub cloud_identity: Option<String>,
}

impl Risk {
    /// How bad it is: one step less where it is bounded.
    pub fn severity(&self) -> Severity {
        if self.bounded { self.class.severity.lower() } else { self.class.severity }
    }
}

/// The class of an id.
pub fn class(id: &str) -> Option<&'static Class> {
    CLASSES.iter().find(|class| class.id == id)
}

/// A set of asks, by number.
type Bits = u128;

/// What rights are good for: for all names, and for some alone.
#[derive(Clone, Copy, Debug, Default)]
struct Good {
    all: Bits,
    some: Bits,
}

impl Good {
    fn add(&mut self, other: Good) {
        self.all |= other.all;
        self.some |= other.some;
    }

    fn any(self) -> Bits {
        self.all | self.some
    }
}

/// An ask in the words of a policy.
struct Compiled<'a> {
    ask: &'static Ask,
    verbs: Vec<Symbol>,
    groups: Vec<Symbol>,
    /// Resources, and the `*/subresource` of each.
    resources: Vec<Symbol>,
    telling: Vec<Symbol>,
    policy: &'a Policy,
}

struct Asks<'a> {
    compiled: Vec<Compiled<'a>>,
    any: Option<Symbol>,
    core: Option<Symbol>,
    /// Each class with its ways, as sets of bits of which one is needed.
    ways: Vec<(&'static Class, Vec<Vec<Bits>>)>,
    /// Asks that are bounded by their nature.
    bounded: Bits,
    of_cluster: Bits,
    only: Vec<(Bits, Option<Symbol>)>,
}

impl<'a> Asks<'a> {
    fn new(policy: &'a Policy) -> Self {
        let find = |words: &[&str]| words.iter().filter_map(|w| policy.symbols.find(w)).collect();
        let mut asks = Asks {
            compiled: Vec::new(),
            any: policy.symbols.find("*"),
            core: policy.symbols.find(""),
            ways: Vec::new(),
            bounded: 0,
            of_cluster: 0,
            only: Vec::new(),
        };
        for class in CLASSES {
            let mut ways = Vec::new();
            for way in class.ways {
                let mut needs = Vec::new();
                for need in *way {
                    let mut bits: Bits = 0;
                    for ask in *need {
                        let bit: Bits = 1 << asks.compiled.len();
                        bits |= bit;
                        if ask.bounded {
                            asks.bounded |= bit;
                        }
                        match ask.place {
                            Place::Cluster => asks.of_cluster |= bit,
                            Place::Only(name) => asks.only.push((bit, policy.symbols.find(name))),
                            Place::Namespaces | Place::Itself | Place::Anything => {}
                        }
                        let sub = |resource: &&str| {
                            resource.split_once('/').map(|(_, sub)| format!("*/{sub}"))
                        };
                        let parts: Vec<String> = ask.resources.iter().filter_map(sub).collect();
                        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                        let mut resources: Vec<Symbol> = find(ask.resources);
                        resources.extend::<Vec<Symbol>>(find(&parts));
                        let prefixes = ask.resources.iter().filter(|word| word.ends_with('/'));
                        for prefix in prefixes {
                            resources.extend(policy.symbols.beginning(prefix));
                        }
                        asks.compiled.push(Compiled {
                            ask,
                            verbs: find(ask.verbs),
                            groups: find(ask.groups),
                            resources,
                            telling: find(ask.telling),
                            policy,
                        });
                    }
                    needs.push(bits);
                }
                ways.push(needs);
            }
            asks.ways.push((class, ways));
        }
        debug_assert!(asks.compiled.len() <= Bits::BITS as usize);
        asks
    }

    fn has(&self, list: &[Symbol], wanted: &[Symbol]) -> bool {
        list.iter().any(|word| wanted.contains(word) || Some(*word) == self.any)
    }

    /// What a rule is good for.
    fn of_rule(&self, rule: &RuleData) -> Good {
        let mut good = Good::default();
        if rule.resources.is_empty() {
            return good;
        }
        let all_resources = rule.resources.iter().any(|word| Some(*word) == self.any);
        for (number, ask) in self.compiled.iter().enumerate() {
            let bit: Bits = 1 << number;
            match ask.ask.place {
                Place::Anything => {
                    let wide =
                        |group: &Symbol| Some(*group) == self.any || Some(*group) == self.core;
                    if all_resources && rule.groups.iter().any(wide) {
                        if rule.names.is_empty() { good.all |= bit } else { good.some |= bit }
                    }
                }
                _ => match self.answer(ask, rule, all_resources) {
                    Some(true) => good.all |= bit,
                    Some(false) => good.some |= bit,
                    None => {}
                },
            }
        }
        good
    }

    /// Whether a rule is good for all (or telling) names, for some, or for none.
    fn answer(&self, ask: &Compiled<'_>, rule: &RuleData, all_resources: bool) -> Option<bool> {
        let of_group = ask.ask.resources.first() == Some(&"*");
        if !self.has(&rule.groups, &ask.groups)
            || !self.has(&rule.verbs, &ask.verbs)
            || !(all_resources
                || of_group
                || rule.resources.iter().any(|r| ask.resources.contains(r)))
        {
            return None;
        }
        if rule.names.is_empty() || rule.names.iter().any(|name| ask.telling.contains(name)) {
            return Some(true);
        }
        if ask.ask.only_telling {
            return None;
        }
        // What has no name yet is not granted where names are given.
        let nameless = |verb: &&&str| {
            matches!(**verb, "create" | "deletecollection")
                && !ask.ask.resources.iter().any(|resource| resource.contains('/'))
        };
        let text = |verb: &Symbol| ask.policy.symbols.text(*verb);
        let named = ask.ask.verbs.iter().filter(|verb| !nameless(verb));
        let granted =
            |verb: &&str| rule.verbs.iter().map(text).any(|own| own == "*" || own == *verb);
        named.copied().any(|verb| granted(&verb)).then_some(false)
    }

    /// What counts of rights that hold in a namespace, or in the whole cluster.
    fn within(&self, good: Good, namespace: Option<Symbol>) -> Good {
        let Some(namespace) = namespace else { return good };
        let mut lost = self.of_cluster;
        for (bits, home) in &self.only {
            if Some(namespace) != *home {
                lost |= bits;
            }
        }
        Good { all: good.all & !lost, some: good.some & !lost }
    }

    /// Whether rights make a risk, and then whether within bounds alone.
    fn fires(&self, ways: &[Vec<Bits>], good: Good) -> Option<bool> {
        let has = |bits: Bits| ways.iter().any(|way| way.iter().all(|need| need & bits != 0));
        if has(good.all & !self.bounded) { Some(false) } else { has(good.any()).then_some(true) }
    }
}

/// Where subjects hold rights: the whole cluster (`None`) and namespaces.
type ByPlace = Vec<(Option<Symbol>, Good, Vec<BindingId>)>;

impl Policy {
    /// Everybody who holds risky rights, by class and then by who it is.
    pub fn risks(&self) -> Vec<Risk> {
        let asks = Asks::new(self);
        let rules: Vec<Good> = self.rules.iter().map(|rule| asks.of_rule(rule)).collect();
        let roles: Vec<Good> = self
            .roles
            .iter()
            .map(|role| {
                let mut good = Good::default();
                role.rules.iter().for_each(|rule| good.add(rules[rule.index()]));
                good
            })
            .collect();
        let mut risks = Vec::new();
        for id in self.subjects() {
            self.risks_of(id, &asks, &roles, &rules, &mut risks);
        }
        for (subject, annotation) in &self.cloud_identities {
            risks.push(Risk {
                class: class(EVERYBODY).expect("it is in the list"),
                subject: subject.clone(),
                namespaces: Some(subject.namespace().map(str::to_owned).into_iter().collect()),
                grants: Vec::new(),
                bounded: true,
                is_default: false,
                cloud_identity: Some(annotation.clone()),
            });
        }
        let order = |risk: &Risk| CLASSES.iter().position(|class| class == risk.class);
        risks.sort_by(|a, b| {
            (order(a), &a.subject, a.bounded, a.is_default).cmp(&(
                order(b),
                &b.subject,
                b.bounded,
                b.is_default,
            ))
        });
        risks
    }

    fn risks_of(
        &self,
        id: SubjectId,
        asks: &Asks<'_>,
        roles: &[Good],
        rules: &[Good],
        risks: &mut Vec<Risk>,
    ) {
        let places = self.places(id, asks, roles);
        let everywhere = places.first().filter(|(place, ..)| place.is_none());
        let cluster = everywhere.map_or(Good::default(), |(_, good, _)| *good);
        let mut found: HashMap<(usize, bool, bool), Risk> = HashMap::new();
        for (place, good, bindings) in &places {
            let mut together = *good;
            together.add(cluster);
            let all = self.has_everything(bindings)
                || everywhere.is_some_and(|(_, _, bindings)| self.has_everything(bindings));
            for (number, (class, ways)) in asks.ways.iter().enumerate() {
                let Some(bounded) = asks.fires(ways, together) else { continue };
                // Who may do everything may do the rest.
                if all && class.id != EVERYTHING {
                    continue;
                }
                // What the whole cluster gives is told once.
                if place.is_some() && asks.fires(ways, cluster).is_some_and(|b| b <= bounded) {
                    continue;
                }
                let wanted: Bits = ways.iter().flatten().fold(0, |all, need| all | need);
                let mut grants = Vec::new();
                let more = everywhere.filter(|_| place.is_some()).map(|(_, _, b)| b.as_slice());
                for &binding in more.unwrap_or_default().iter().chain(bindings) {
                    self.giving(id, binding, wanted, *place, (asks, rules), &mut grants);
                }
                let is_default = grants.iter().all(|grant| self.is_default(grant));
                let risk = found.entry((number, bounded, is_default)).or_insert_with(|| Risk {
                    class,
                    subject: self.subject(id),
                    namespaces: Some(Vec::new()),
                    grants: Vec::new(),
                    bounded,
                    is_default,
                    cloud_identity: None,
                });
                match (place, &mut risk.namespaces) {
                    (Some(place), Some(list)) => list.push(self.symbols.text(*place).to_owned()),
                    _ => risk.namespaces = None,
                }
                risk.grants.extend(grants);
            }
        }
        if let Some(risk) = self.given_to_everybody(id) {
            found.insert((usize::MAX, false, false), risk);
        }
        for (_, mut risk) in found {
            risk.namespaces.iter_mut().for_each(|list| list.sort_unstable());
            self.sort(&mut risk.grants);
            risks.push(risk);
        }
    }

    fn places(&self, id: SubjectId, asks: &Asks<'_>, roles: &[Good]) -> ByPlace {
        let mut places: ByPlace = Vec::new();
        for &(place, binding) in &self.subjects[id.index()].bindings {
            let Some(role) = self.bindings[binding.index()].role else { continue };
            let good = asks.within(roles[role.index()], place);
            match places.last_mut().filter(|(last, ..)| *last == place) {
                Some((_, all, bindings)) => {
                    all.add(good);
                    bindings.push(binding);
                }
                None => places.push((place, good, vec![binding])),
            }
        }
        places
    }

    /// Whether bindings give every verb on every resource of every group.
    fn has_everything(&self, bindings: &[BindingId]) -> bool {
        let any = self.symbols.find("*");
        let has = |list: &[Symbol]| list.iter().any(|word| Some(*word) == any);
        let all = |rule: &RuleId| {
            let rule = &self.rules[rule.index()];
            has(&rule.verbs) && has(&rule.groups) && has(&rule.resources) && rule.names.is_empty()
        };
        let roles = bindings.iter().filter_map(|binding| self.bindings[binding.index()].role);
        roles.into_iter().any(|role| self.roles[role.index()].rules.iter().any(all))
    }

    /// The rules by which a binding gives what is wanted.
    fn giving(
        &self,
        subject: SubjectId,
        binding: BindingId,
        wanted: Bits,
        place: Option<Symbol>,
        (asks, rules): (&Asks<'_>, &[Good]),
        grants: &mut Vec<Grant>,
    ) {
        let Some(role) = self.bindings[binding.index()].role else { return };
        let of_namespace = self.bindings[binding.index()].namespace;
        for &rule in &self.roles[role.index()].rules {
            let good = asks.within(rules[rule.index()], of_namespace.and(place));
            if good.any() & wanted != 0 {
                grants.push(Grant { subject, binding, role, rule });
            }
        }
    }

    /// Whether Kubernetes itself made the binding and the role of a grant.
    pub fn is_default(&self, grant: &Grant) -> bool {
        self.bindings[grant.binding.index()].origin.is_default()
            && self.roles[grant.role.index()].origin.is_default()
    }

    /// What somebody gave to everybody.
    fn given_to_everybody(&self, id: SubjectId) -> Option<Risk> {
        let data = &self.subjects[id.index()];
        let is_everybody = match (data.is_group, self.symbols.text(data.name)) {
            (true, name) => [AUTHENTICATED, UNAUTHENTICATED, SERVICE_ACCOUNTS].contains(&name),
            (false, name) => name == ANONYMOUS,
        };
        if !is_everybody {
            return None;
        }
        let mut grants = Vec::new();
        let mut namespaces = Some(Vec::new());
        for &(place, binding) in &data.bindings {
            let Some(role) = self.bindings[binding.index()].role else { continue };
            let given = |rule: &RuleId| Grant { subject: id, binding, role, rule: *rule };
            let before = grants.len();
            let rules = self.roles[role.index()].rules.iter();
            grants.extend(rules.map(given).filter(|grant| !self.is_default(grant)));
            if grants.len() > before {
                match (self.scope(place), &mut namespaces) {
                    (Scope::Namespace(name), Some(list)) if !list.iter().any(|n| n == name) => {
                        list.push(name.to_owned());
                    }
                    (Scope::Namespace(_), _) => {}
                    (Scope::Cluster, _) => namespaces = None,
                }
            }
        }
        (!grants.is_empty()).then(|| Risk {
            class: class(EVERYBODY).expect("it is in the list"),
            subject: self.subject(id),
            namespaces,
            grants,
            bounded: false,
            is_default: false,
            cloud_identity: None,
        })
    }

    /// The classes that the rules of a role are good for, were it bound in a namespace (`None`: in
    /// the whole cluster), and whether within bounds.
    pub fn risks_in(&self, role: RoleId, namespace: Option<&str>) -> Vec<(&'static Class, bool)> {
        let asks = Asks::new(self);
        let mut good = Good::default();
        for rule in &self.roles[role.index()].rules {
            good.add(asks.of_rule(&self.rules[rule.index()]));
        }
        let good = match namespace {
            Some(name) => match self.symbols.find(name) {
                Some(symbol) => asks.within(good, Some(symbol)),
                None => return Vec::new(),
            },
            None => good,
        };
        let fires = |(class, ways): &(&'static Class, Vec<Vec<Bits>>)| {
            Some((*class, asks.fires(ways, good)?))
        };
        asks.ways.iter().filter_map(fires).collect()
    }
}
