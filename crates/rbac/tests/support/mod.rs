//! Random clusters, and an authorizer that is as plain as can be to hold the real one against.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Inventory, Source};
use seawall_rbac::{Request, Target};

/// A generator of numbers that a seed decides: SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    pub fn chance(&mut self, in_hundred: usize) -> bool {
        self.below(100) < in_hundred
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Between one and `most` different words.
    fn words(&mut self, from: &[&'static str], most: usize) -> Vec<&'static str> {
        let mut words: Vec<&str> = (0..=self.below(most)).map(|_| self.pick(from)).collect();
        words.sort_unstable();
        words.dedup();
        words
    }
}

pub const NAMESPACES: &[&str] = &["one", "two", "three"];
pub const USERS: &[&str] = &[
    "alice",
    "bob",
    "system:serviceaccount:one:web",
    "system:serviceaccount:two:web",
    "system:anonymous",
];
pub const GROUPS: &[&str] =
    &["dev", "ops", "system:serviceaccounts", "system:serviceaccounts:one", "system:authenticated"];
const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "delete",
    "deletecollection",
    "bind",
    "escalate",
    "*",
];
const API_GROUPS: &[&str] = &["", "apps", "rbac.authorization.k8s.io", "*"];
const RESOURCES: &[&str] = &[
    "pods",
    "pods/exec",
    "pods/*",
    "secrets",
    "deployments",
    "deployments/scale",
    "namespaces",
    "roles",
    "clusterroles",
    "*",
    "*/exec",
    "*/scale",
    "*/*",
];
const NAMES: &[&str] = &["a", "b", "one"];
const URLS: &[&str] = &["/metrics", "/metrics/*", "/metrics*", "/healthz", "/logs/**", "*"];
const ASKED_URLS: &[&str] =
    &["/metrics", "/metrics/cadvisor", "/healthz", "/healthz/ping", "/logs/a", "/logs", "/version"];
const LABELS: &[&str] = &["red", "blue"];

#[derive(Clone, Debug, Default)]
pub struct GivenRule {
    pub verbs: Vec<&'static str>,
    pub groups: Vec<&'static str>,
    pub resources: Vec<&'static str>,
    pub names: Vec<&'static str>,
    pub urls: Vec<&'static str>,
}

#[derive(Clone, Debug, Default)]
pub struct GivenRole {
    /// Empty of a ClusterRole.
    pub namespace: &'static str,
    pub name: String,
    pub rules: Vec<GivenRule>,
    pub labels: Vec<&'static str>,
    /// Labels by which it gathers others.
    pub gathers: Vec<&'static str>,
}

#[derive(Clone, Debug)]
pub struct GivenBinding {
    /// Empty of a ClusterRoleBinding.
    pub namespace: &'static str,
    pub name: String,
    pub role: (&'static str, String),
    /// Kind, namespace and name.
    pub subjects: Vec<(&'static str, &'static str, &'static str)>,
}

#[derive(Clone, Debug, Default)]
pub struct Given {
    pub roles: Vec<GivenRole>,
    pub bindings: Vec<GivenBinding>,
}

pub fn rule(random: &mut Random, of_cluster: bool) -> GivenRule {
    let verbs = random.words(VERBS, 3);
    if of_cluster && random.chance(20) {
        return GivenRule { verbs, urls: random.words(URLS, 2), ..GivenRule::default() };
    }
    GivenRule {
        verbs,
        groups: random.words(API_GROUPS, 2),
        resources: random.words(RESOURCES, 3),
        names: if random.chance(25) { random.words(NAMES, 2) } else { Vec::new() },
        urls: Vec::new(),
    }
}

/// A cluster that the API server takes as it is.
pub fn cluster(random: &mut Random, roles: usize, bindings: usize) -> Given {
    let mut given = Given::default();
    for number in 0..roles {
        let of_cluster = random.chance(50);
        let mut role = GivenRole {
            namespace: if of_cluster { "" } else { random.pick(NAMESPACES) },
            name: format!("r{}", number / 2),
            ..GivenRole::default()
        };
        if of_cluster && random.chance(20) {
            role.gathers = random.words(LABELS, 1);
        } else {
            role.rules = (0..random.below(3)).map(|_| rule(random, of_cluster)).collect();
        }
        if of_cluster && random.chance(50) {
            role.labels = random.words(LABELS, 2);
        }
        let same =
            |other: &GivenRole| (other.namespace, &other.name) == (role.namespace, &role.name);
        if !given.roles.iter().any(same) {
            given.roles.push(role);
        }
    }
    for number in 0..bindings {
        let binding = binding(random, number, roles);
        given.bindings.push(binding);
    }
    given
}

pub fn binding(random: &mut Random, number: usize, roles: usize) -> GivenBinding {
    let namespace = if random.chance(40) { "" } else { random.pick(NAMESPACES) };
    let kind = if namespace.is_empty() || random.chance(40) { "ClusterRole" } else { "Role" };
    let subjects = (0..=random.below(2))
        .map(|_| match random.below(3) {
            0 => ("User", "", random.pick(USERS)),
            1 => ("Group", "", random.pick(GROUPS)),
            // In a RoleBinding the namespace may be left out.
            _ if !namespace.is_empty() && random.chance(30) => ("ServiceAccount", "", "web"),
            _ => ("ServiceAccount", random.pick(NAMESPACES), "web"),
        })
        .collect();
    GivenBinding {
        namespace,
        name: format!("b{number}"),
        // Some name a role that is not there.
        role: (kind, format!("r{}", random.below(roles / 2 + 2))),
        subjects,
    }
}

/// A question that a SubjectAccessReview can hold.
pub fn request(random: &mut Random) -> Request<'static> {
    if random.chance(15) {
        return Request::url(random.pick(&["get", "post"]), random.pick(ASKED_URLS));
    }
    let (resource, subresource) = random.pick(&[
        ("pods", ""),
        ("pods", "exec"),
        ("pods", "log"),
        ("secrets", ""),
        ("deployments", ""),
        ("deployments", "scale"),
        ("namespaces", ""),
        ("roles", ""),
        ("clusterroles", ""),
        ("widgets", ""),
        ("widgets", "scale"),
        ("*", ""),
        ("pods", "*"),
    ]);
    Request {
        verb: random.pick(VERBS),
        target: Target::Resource {
            group: random.pick(&["", "apps", "rbac.authorization.k8s.io", "example.com", "*"]),
            resource,
            subresource,
            name: random.pick(&["", "", "a", "b", "c", "one"]),
            namespace: random.pick(&["", "one", "two", "three", "four"]),
        },
    }
}

/// A user with groups; sometimes nobody known.
pub fn caller(random: &mut Random) -> (&'static str, Vec<String>) {
    let user = if random.chance(10) { "nobody" } else { random.pick(USERS) };
    let groups = (0..random.below(3)).map(|_| random.pick(GROUPS).to_owned()).collect();
    (user, groups)
}

impl Given {
    /// As manifests; with `filled`, roles that gather have the rules that a controller would write.
    pub fn yaml(&self, filled: bool) -> String {
        let mut out = String::new();
        let api = "rbac.authorization.k8s.io";
        let put = |out: &mut String, kind: &str, namespace: &str, name: &str| {
            let namespace = if namespace.is_empty() {
                String::new()
            } else {
                format!(", namespace: {namespace}")
            };
            write!(
                out,
                "---\napiVersion: {api}/v1\nkind: {kind}\nmetadata: {{name: {name}{namespace}"
            )
            .expect("a string takes all");
        };
        for role in &self.roles {
            let kind = if role.namespace.is_empty() { "ClusterRole" } else { "Role" };
            put(&mut out, kind, role.namespace, &role.name);
            let labels: BTreeMap<&str, &str> =
                role.labels.iter().map(|label| (*label, "yes")).collect();
            writeln!(out, ", labels: {labels:?}}}").expect("a string takes all");
            if !role.gathers.is_empty() {
                out += "aggregationRule:\n  clusterRoleSelectors:\n";
                for label in &role.gathers {
                    writeln!(out, "  - matchLabels: {{{label}: \"yes\"}}")
                        .expect("a string takes all");
                }
            }
            let rules = if filled { self.rules_of(role) } else { role.rules.clone() };
            out += "rules:";
            out += if rules.is_empty() { " []\n" } else { "\n" };
            for rule in rules {
                writeln!(
                    out,
                    "- {{verbs: {:?}, apiGroups: {:?}, resources: {:?}, resourceNames: {:?}, nonResourceURLs: {:?}}}",
                    rule.verbs, rule.groups, rule.resources, rule.names, rule.urls
                )
                .expect("a string takes all");
            }
        }
        for binding in &self.bindings {
            let kind =
                if binding.namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" };
            put(&mut out, kind, binding.namespace, &binding.name);
            let (kind, name) = &binding.role;
            writeln!(
                out,
                "}}\nroleRef: {{apiGroup: {api}, kind: {kind}, name: {name}}}\nsubjects:"
            )
            .expect("a string takes all");
            for (kind, namespace, name) in &binding.subjects {
                let rest = match (*kind, *namespace) {
                    ("ServiceAccount", "") => String::new(),
                    ("ServiceAccount", namespace) => format!(", namespace: {namespace}"),
                    _ => format!(", apiGroup: {api}"),
                };
                writeln!(out, "- {{kind: {kind}, name: {name:?}{rest}}}")
                    .expect("a string takes all");
            }
        }
        out
    }

    /// What the controller would write into a role, round by round until nothing changes.
    fn rules_of(&self, role: &GivenRole) -> Vec<GivenRule> {
        let mut rules: BTreeMap<&str, Vec<GivenRule>> = self
            .roles
            .iter()
            .filter(|role| role.namespace.is_empty())
            .map(|role| (role.name.as_str(), role.rules.clone()))
            .collect();
        if role.gathers.is_empty() {
            return role.rules.clone();
        }
        loop {
            let mut changed = false;
            for gathering in self.roles.iter().filter(|role| !role.gathers.is_empty()) {
                let mut new: Vec<GivenRule> = Vec::new();
                for other in self.roles.iter().filter(|o| o.namespace.is_empty()) {
                    let selected =
                        gathering.gathers.iter().any(|label| other.labels.contains(label));
                    if selected && other.name != gathering.name {
                        for rule in &rules[other.name.as_str()] {
                            let key = format!("{rule:?}");
                            if !new.iter().any(|known| format!("{known:?}") == key) {
                                new.push(rule.clone());
                            }
                        }
                    }
                }
                let known = rules.get_mut(gathering.name.as_str()).expect("all are there");
                if known.len() != new.len() {
                    changed = true;
                    *known = new;
                }
            }
            if !changed {
                return rules[role.name.as_str()].clone();
            }
        }
    }

    /// The authorizer, read from the Go source line by line, without an index.
    pub fn may(&self, user: &str, groups: &[String], request: &Request<'_>) -> bool {
        let namespace = request.namespace();
        self.bindings
            .iter()
            .filter(|binding| {
                binding.namespace.is_empty()
                    || (!namespace.is_empty() && binding.namespace == namespace)
            })
            .filter(|binding| {
                binding.subjects.iter().any(|(kind, of, name)| match *kind {
                    "User" => *name == user,
                    "Group" => groups.iter().any(|group| group == name),
                    _ => {
                        let of = if of.is_empty() { binding.namespace } else { of };
                        !of.is_empty() && user == format!("system:serviceaccount:{of}:{name}")
                    }
                })
            })
            .any(|binding| {
                let home = if binding.role.0 == "Role" { binding.namespace } else { "" };
                self.roles
                    .iter()
                    .filter(|role| role.namespace == home && role.name == binding.role.1)
                    .flat_map(|role| self.rules_of(role))
                    .any(|rule| rule_allows(&rule, request))
            })
    }
}

/// `RuleAllows` of `plugin/pkg/auth/authorizer/rbac/rbac.go`.
fn rule_allows(rule: &GivenRule, request: &Request<'_>) -> bool {
    if !rule.verbs.iter().any(|verb| *verb == "*" || *verb == request.verb) {
        return false;
    }
    match request.target {
        Target::Url(path) => rule.urls.iter().any(|url| {
            *url == "*"
                || *url == path
                || (url.ends_with('*') && path.starts_with(url.trim_end_matches('*')))
        }),
        Target::Resource { group, resource, subresource, name, .. } => {
            let combined = if subresource.is_empty() {
                resource.to_owned()
            } else {
                format!("{resource}/{subresource}")
            };
            rule.groups.iter().any(|known| *known == "*" || *known == group)
                && rule.resources.iter().any(|known| {
                    *known == "*"
                        || *known == combined
                        || (!subresource.is_empty()
                            && known.len() == subresource.len() + 2
                            && known.starts_with("*/")
                            && known.ends_with(subresource))
                })
                && (rule.names.is_empty() || rule.names.contains(&name))
        }
    }
}

/// An inventory of a text.
pub fn inventory(text: &str) -> Inventory {
    let source = Arc::new(Source::new("test.yaml", text.to_owned()));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        assert!(reading.error.is_none(), "{:?} in\n{text}", reading.error);
        for document in reading.documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    inventory
}
