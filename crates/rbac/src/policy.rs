//! Roles, bindings and subjects, indexed: what every question is asked of.
//!
//! All strings are numbers ([`Symbols`]), and everything refers to everything else by number, so a
//! policy is plain data that outlives the inventory it was read from. Three ways lead through it:
//! from a subject and a namespace to bindings, from a role and a resource to rules, and from a
//! resource to all rules that match it and back to bindings.

use std::collections::HashMap;

use crate::matching::url_prefix;
use crate::rule::Rule;
use crate::subject::{Subject, service_account};
use crate::symbols::{Symbol, Symbols};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) u32);

        impl $name {
            pub(crate) fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// The number of a role.
    RoleId;
    /// The number of a rule.
    RuleId;
    /// The number of a binding.
    BindingId;
    /// The number of a subject that some binding names.
    SubjectId;
}

/// Role or ClusterRole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoleKind {
    /// A role of a namespace.
    Role,
    /// A role of the cluster.
    ClusterRole,
}

impl RoleKind {
    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            RoleKind::Role => "Role",
            RoleKind::ClusterRole => "ClusterRole",
        }
    }
}

/// Where a role or binding comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// Somebody declared it.
    Declared,
    /// Kubernetes made it, and it is as Kubernetes makes it.
    Default,
    /// Kubernetes made it, and somebody gave it more than Kubernetes did.
    Edited,
    /// It is not among what was read, but every cluster has it.
    Assumed,
}

impl Origin {
    /// Whether Kubernetes alone answers for it.
    pub fn is_default(self) -> bool {
        matches!(self, Origin::Default | Origin::Assumed)
    }
}

/// Where a binding holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope<'a> {
    /// In every namespace, and for what lives in none.
    Cluster,
    /// In one namespace.
    Namespace(&'a str),
}

impl<'a> Scope<'a> {
    /// The namespace, if it is one.
    pub fn namespace(self) -> Option<&'a str> {
        match self {
            Scope::Cluster => None,
            Scope::Namespace(name) => Some(name),
        }
    }
}

impl std::fmt::Display for Scope<'_> {
    /// The namespace's name, or `*`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.namespace().unwrap_or("*"))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct RuleData {
    pub(crate) verbs: Box<[Symbol]>,
    pub(crate) groups: Box<[Symbol]>,
    pub(crate) resources: Box<[Symbol]>,
    pub(crate) names: Box<[Symbol]>,
    pub(crate) urls: Box<[Symbol]>,
    /// The role that it stands in; an aggregated role has it too.
    pub(crate) role: RoleId,
    /// Its place in the role's list, from 0.
    pub(crate) position: u32,
    /// The node of the rule in its document.
    pub(crate) node: Option<u32>,
}

#[derive(Clone, Debug)]
pub(crate) struct RoleData {
    pub(crate) kind: RoleKind,
    /// `None` of a ClusterRole.
    pub(crate) namespace: Option<Symbol>,
    pub(crate) name: Symbol,
    pub(crate) rules: Vec<RuleId>,
    pub(crate) object: Option<u32>,
    pub(crate) origin: Origin,
    pub(crate) aggregated: bool,
    /// Rules by each of their resources, sorted.
    pub(crate) by_resource: Box<[(Symbol, RuleId)]>,
    /// Rules with URLs.
    pub(crate) with_urls: Box<[RuleId]>,
    /// By where they hold: those of the whole cluster first, then by namespace.
    pub(crate) bindings: Vec<BindingId>,
}

#[derive(Clone, Debug)]
pub(crate) struct BindingData {
    pub(crate) name: Symbol,
    /// `None` of a ClusterRoleBinding.
    pub(crate) namespace: Option<Symbol>,
    /// As written; a role of another kind than the two is none.
    pub(crate) role_kind: Symbol,
    pub(crate) role_name: Symbol,
    pub(crate) role: Option<RoleId>,
    pub(crate) subjects: Vec<SubjectId>,
    pub(crate) object: Option<u32>,
    pub(crate) origin: Origin,
}

#[derive(Clone, Debug)]
pub(crate) struct SubjectData {
    pub(crate) is_group: bool,
    /// A user's or group's name; a service account is a user.
    pub(crate) name: Symbol,
    /// Bindings by where they hold: those of the whole cluster first, then by namespace.
    pub(crate) bindings: Vec<(Option<Symbol>, BindingId)>,
}

/// Something that could not be understood, so that answers may lack it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The object's number in the inventory.
    pub object: u32,
    /// The node in its document.
    pub node: u32,
    /// What is wrong.
    pub why: String,
}

/// Who may do what.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub(crate) symbols: Symbols,
    pub(crate) roles: Vec<RoleData>,
    pub(crate) rules: Vec<RuleData>,
    pub(crate) bindings: Vec<BindingData>,
    pub(crate) subjects: Vec<SubjectData>,
    pub(crate) gaps: Vec<Gap>,
    /// Service accounts with a cloud identity, and the annotation that gives it.
    pub(crate) cloud_identities: Vec<(Subject, String)>,
    pub(crate) role_names: HashMap<(RoleKind, Option<Symbol>, Symbol), RoleId>,
    subject_names: HashMap<(bool, Symbol), SubjectId>,
    /// With the namespace of the role that each stands in, by which they are sorted: none for a
    /// ClusterRole, which comes first.
    pub(crate) rules_by_resource: HashMap<Symbol, Vec<(Option<Symbol>, RuleId)>>,
    pub(crate) rules_by_url: HashMap<Symbol, Vec<RuleId>>,
    /// URLs of rules that end in `*`.
    pub(crate) url_prefixes: Vec<Symbol>,
    /// The roles that have a rule.
    pub(crate) roles_of_rule: Vec<Vec<RoleId>>,
}

impl Policy {
    pub(crate) fn add_role(&mut self, role: RoleData) -> RoleId {
        let id = RoleId(self.roles.len() as u32);
        self.role_names.insert((role.kind, role.namespace, role.name), id);
        self.roles.push(role);
        id
    }

    pub(crate) fn add_rule(&mut self, rule: RuleData) -> RuleId {
        let id = RuleId(self.rules.len() as u32);
        self.rules.push(rule);
        id
    }

    /// The number of a subject, which is given one if it has none.
    pub(crate) fn intern_subject(&mut self, is_group: bool, name: &str) -> SubjectId {
        let name = self.symbols.intern(name);
        let next = SubjectId(self.subjects.len() as u32);
        let id = *self.subject_names.entry((is_group, name)).or_insert(next);
        if id == next {
            self.subjects.push(SubjectData { is_group, name, bindings: Vec::new() });
        }
        id
    }

    /// Resolves references and makes the index, once all roles and bindings are there.
    pub(crate) fn link(&mut self) {
        for (index, binding) in self.bindings.iter_mut().enumerate() {
            let id = BindingId(index as u32);
            let kind = match self.symbols.text(binding.role_kind) {
                "Role" => binding.namespace.map(|namespace| (RoleKind::Role, Some(namespace))),
                "ClusterRole" => Some((RoleKind::ClusterRole, None)),
                _ => None,
            };
            binding.role = kind.and_then(|(kind, namespace)| {
                self.role_names.get(&(kind, namespace, binding.role_name)).copied()
            });
            if let Some(role) = binding.role {
                self.roles[role.index()].bindings.push(id);
            }
            for subject in &binding.subjects {
                self.subjects[subject.index()].bindings.push((binding.namespace, id));
            }
        }
        for role in &mut self.roles {
            role.bindings.sort_by_key(|id| (self.bindings[id.index()].namespace, *id));
        }
        for subject in &mut self.subjects {
            subject.bindings.sort_unstable();
            subject.bindings.dedup();
        }
        self.roles_of_rule = vec![Vec::new(); self.rules.len()];
        for (index, role) in self.roles.iter_mut().enumerate() {
            let mut by_resource = Vec::new();
            for &id in &role.rules {
                let rule = &self.rules[id.index()];
                by_resource.extend(rule.resources.iter().map(|&resource| (resource, id)));
                self.roles_of_rule[id.index()].push(RoleId(index as u32));
            }
            by_resource.sort_unstable();
            by_resource.dedup();
            role.by_resource = by_resource.into();
            let with_urls = |id: &&RuleId| !self.rules[id.index()].urls.is_empty();
            role.with_urls = role.rules.iter().filter(with_urls).copied().collect();
        }
        for (index, rule) in self.rules.iter().enumerate() {
            let id = RuleId(index as u32);
            for &resource in &rule.resources {
                let home = self.roles[rule.role.index()].namespace;
                self.rules_by_resource.entry(resource).or_default().push((home, id));
            }
            for &url in &rule.urls {
                let rules = self.rules_by_url.entry(url).or_default();
                if rules.is_empty() && url_prefix(self.symbols.text(url)).is_some() {
                    self.url_prefixes.push(url);
                }
                rules.push(id);
            }
        }
        self.rules_by_resource.values_mut().for_each(|rules| rules.sort_unstable());
    }

    /// What could not be understood.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// All roles, those that every cluster has included.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = Role<'_>> {
        (0..self.roles.len() as u32).map(|id| self.role(RoleId(id)))
    }

    /// All bindings, those that every cluster has included.
    pub fn bindings(&self) -> impl ExactSizeIterator<Item = Binding<'_>> {
        (0..self.bindings.len() as u32).map(|id| self.binding(BindingId(id)))
    }

    /// All subjects that some binding names.
    pub fn subjects(&self) -> impl ExactSizeIterator<Item = SubjectId> + use<> {
        (0..self.subjects.len() as u32).map(SubjectId)
    }

    /// A role.
    pub fn role(&self, id: RoleId) -> Role<'_> {
        Role { policy: self, id }
    }

    /// A binding.
    pub fn binding(&self, id: BindingId) -> Binding<'_> {
        Binding { policy: self, id }
    }

    /// Who a subject is.
    pub fn subject(&self, id: SubjectId) -> Subject {
        let data = &self.subjects[id.index()];
        let name = self.symbols.text(data.name);
        if data.is_group { Subject::Group(name.to_owned()) } else { Subject::user(name) }
    }

    /// The number of a subject, if a binding names it.
    pub fn find_subject(&self, subject: &Subject) -> Option<SubjectId> {
        match subject.user_name() {
            Some(name) => self.find_subject_named(false, &name),
            None => self.find_subject_named(true, subject.name()),
        }
    }

    pub(crate) fn find_subject_named(&self, is_group: bool, name: &str) -> Option<SubjectId> {
        let name = self.symbols.find(name)?;
        self.subject_names.get(&(is_group, name)).copied()
    }

    /// The namespace and name of a subject that is a service account.
    pub fn service_account_of(&self, id: SubjectId) -> Option<(&str, &str)> {
        let data = &self.subjects[id.index()];
        if data.is_group { None } else { service_account(self.symbols.text(data.name)) }
    }

    /// The bindings that name a subject, those of the whole cluster first.
    pub fn bindings_of(&self, subject: SubjectId) -> impl Iterator<Item = BindingId> + '_ {
        self.subjects[subject.index()].bindings.iter().map(|(_, binding)| *binding)
    }

    /// The role of a kind and name, in a namespace where it is a Role.
    pub fn find_role(&self, kind: RoleKind, namespace: Option<&str>, name: &str) -> Option<RoleId> {
        let namespace = match namespace {
            Some(namespace) => Some(self.symbols.find(namespace)?),
            None => None,
        };
        self.role_names.get(&(kind, namespace, self.symbols.find(name)?)).copied()
    }

    /// A rule, as words.
    pub fn rule(&self, id: RuleId) -> Rule<'_> {
        let data = &self.rules[id.index()];
        let words = |symbols: &[Symbol]| symbols.iter().map(|s| self.symbols.text(*s)).collect();
        Rule {
            api_groups: words(&data.groups),
            resources: words(&data.resources),
            resource_names: words(&data.names),
            urls: words(&data.urls),
            verbs: words(&data.verbs),
        }
    }

    /// The role in which a rule stands; an aggregated role that has it too is another.
    pub fn home_of(&self, rule: RuleId) -> RoleId {
        self.rules[rule.index()].role
    }

    /// The place of a rule in its role's list, from 0, and its node in the role's document.
    pub fn place_of(&self, rule: RuleId) -> (u32, Option<u32>) {
        let data = &self.rules[rule.index()];
        (data.position, data.node)
    }

    pub(crate) fn scope(&self, namespace: Option<Symbol>) -> Scope<'_> {
        namespace.map_or(Scope::Cluster, |namespace| Scope::Namespace(self.symbols.text(namespace)))
    }
}

/// A role of a policy.
#[derive(Clone, Copy, Debug)]
pub struct Role<'a> {
    pub(crate) policy: &'a Policy,
    /// Its number.
    pub id: RoleId,
}

impl<'a> Role<'a> {
    fn data(self) -> &'a RoleData {
        &self.policy.roles[self.id.index()]
    }

    /// Role or ClusterRole.
    pub fn kind(self) -> RoleKind {
        self.data().kind
    }

    /// The namespace of a Role.
    pub fn namespace(self) -> Option<&'a str> {
        self.data().namespace.map(|namespace| self.policy.symbols.text(namespace))
    }

    /// Its name.
    pub fn name(self) -> &'a str {
        self.policy.symbols.text(self.data().name)
    }

    /// Its rules, in order; of an aggregated role those of the roles that it gathers.
    pub fn rules(self) -> &'a [RuleId] {
        &self.data().rules
    }

    /// Whether it gathers the rules of others.
    pub fn is_aggregated(self) -> bool {
        self.data().aggregated
    }

    /// Where it comes from.
    pub fn origin(self) -> Origin {
        self.data().origin
    }

    /// Its object's number in the inventory.
    pub fn object(self) -> Option<u32> {
        self.data().object
    }

    /// The bindings that give it, those of the whole cluster first.
    pub fn bindings(self) -> &'a [BindingId] {
        &self.data().bindings
    }
}

impl std::fmt::Display for Role<'_> {
    /// `ClusterRole view`, `Role shop/reader`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.namespace() {
            Some(namespace) => write!(f, "Role {namespace}/{}", self.name()),
            None => write!(f, "ClusterRole {}", self.name()),
        }
    }
}

/// The role that a binding names, whether there is one or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleRef<'a> {
    /// `Role` or `ClusterRole`, as written.
    pub kind: &'a str,
    /// The name.
    pub name: &'a str,
}

/// A binding of a policy.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    pub(crate) policy: &'a Policy,
    /// Its number.
    pub id: BindingId,
}

impl<'a> Binding<'a> {
    fn data(self) -> &'a BindingData {
        &self.policy.bindings[self.id.index()]
    }

    /// `RoleBinding` or `ClusterRoleBinding`.
    pub fn kind(self) -> &'static str {
        if self.data().namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" }
    }

    /// Where it holds.
    pub fn scope(self) -> Scope<'a> {
        self.policy.scope(self.data().namespace)
    }

    /// Its name.
    pub fn name(self) -> &'a str {
        self.policy.symbols.text(self.data().name)
    }

    /// The role that it names.
    pub fn role_ref(self) -> RoleRef<'a> {
        let data = self.data();
        let text = |symbol| self.policy.symbols.text(symbol);
        RoleRef { kind: text(data.role_kind), name: text(data.role_name) }
    }

    /// The role, if there is one of that name.
    pub fn role(self) -> Option<Role<'a>> {
        self.data().role.map(|role| self.policy.role(role))
    }

    /// Its subjects, as far as they can be anybody.
    pub fn subjects(self) -> &'a [SubjectId] {
        &self.data().subjects
    }

    /// Where it comes from.
    pub fn origin(self) -> Origin {
        self.data().origin
    }

    /// Its object's number in the inventory.
    pub fn object(self) -> Option<u32> {
        self.data().object
    }
}

impl std::fmt::Display for Binding<'_> {
    /// `ClusterRoleBinding admins`, `RoleBinding shop/readers`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.scope() {
            Scope::Namespace(namespace) => write!(f, "RoleBinding {namespace}/{}", self.name()),
            Scope::Cluster => write!(f, "ClusterRoleBinding {}", self.name()),
        }
    }
}
