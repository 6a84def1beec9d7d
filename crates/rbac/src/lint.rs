//! Roles and bindings that do not say what their authors think, or say it twice.

use std::collections::{BTreeMap, BTreeSet};

use seawall_model::{Inventory, ObjectKind, Severity};

use crate::cover::covers;
use crate::defaults;
use crate::policy::{Binding, Origin, Policy, Role, RoleId, RoleKind, Scope, SubjectId};
use crate::resources::Resources;
use crate::rule::Rule;
use crate::subject::Subject;

/// Most rules of a role that are compared with each other.
const MOST_RULES: usize = 400;

/// What is wrong, as a name and how much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lint {
    /// A binding names a role that is not there.
    DanglingBinding,
    /// A binding names a service account that is not there.
    MissingSubject,
    /// A binding names nobody, or somebody who can't be.
    NoSubject,
    /// A subject has the same role by another binding.
    DuplicateBinding,
    /// A rule stands twice in a role.
    DuplicateRule,
    /// Other rules of the role say all that a rule says.
    ShadowedRule,
    /// A rule, or a part of it, grants nothing.
    GrantsNothing,
    /// A wildcard that could be written out.
    Wildcard,
    /// A ClusterRoleBinding that a RoleBinding could do.
    ClusterWide,
    /// A role of Kubernetes has more than Kubernetes gave it.
    EditedDefault,
}

impl Lint {
    /// The name.
    pub fn id(self) -> &'static str {
        match self {
            Lint::DanglingBinding => "dangling-binding",
            Lint::MissingSubject => "missing-subject",
            Lint::NoSubject => "no-subject",
            Lint::DuplicateBinding => "duplicate-binding",
            Lint::DuplicateRule => "duplicate-rule",
            Lint::ShadowedRule => "shadowed-rule",
            Lint::GrantsNothing => "grants-nothing",
            Lint::Wildcard => "wildcard",
            Lint::ClusterWide => "cluster-wide",
            Lint::EditedDefault => "edited-default",
        }
    }

    /// How much it matters.
    pub fn severity(self) -> Severity {
        match self {
            Lint::EditedDefault => Severity::High,
            Lint::DanglingBinding | Lint::MissingSubject | Lint::Wildcard => Severity::Medium,
            Lint::GrantsNothing | Lint::ClusterWide | Lint::NoSubject => Severity::Low,
            Lint::DuplicateBinding | Lint::DuplicateRule | Lint::ShadowedRule => Severity::Info,
        }
    }
}

/// Something that is wrong with a role or binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What.
    pub lint: Lint,
    /// The role or binding, such as `Role shop/reader`.
    pub of: String,
    /// Its object's number in the inventory.
    pub object: Option<u32>,
    /// The node of the rule in its document, where it is about one.
    pub node: Option<u32>,
    /// What is wrong and what to do.
    pub message: String,
}

struct Linter<'a> {
    policy: &'a Policy,
    inventory: &'a Inventory,
    resources: &'a Resources,
    remarks: Vec<Remark>,
}

/// All remarks on what somebody declared, in the order of reading.
pub fn lint(policy: &Policy, inventory: &Inventory, resources: &Resources) -> Vec<Remark> {
    let mut linter = Linter { policy, inventory, resources, remarks: Vec::new() };
    for role in policy.roles().filter(|role| !role.origin().is_default()) {
        linter.role(role);
    }
    for binding in policy.bindings().filter(|binding| !binding.origin().is_default()) {
        linter.binding(binding);
    }
    linter.duplicate_bindings();
    let mut remarks = linter.remarks;
    remarks.sort_by(|a, b| {
        (a.object, a.node, a.lint, &a.message).cmp(&(b.object, b.node, b.lint, &b.message))
    });
    remarks
}

impl Linter<'_> {
    fn of_role(&mut self, role: Role<'_>, node: Option<u32>, lint: Lint, message: String) {
        let (of, object) = (role.to_string(), role.object());
        self.remarks.push(Remark { lint, of, object, node, message });
    }

    fn of_binding(&mut self, binding: Binding<'_>, lint: Lint, message: String) {
        let (of, object) = (binding.to_string(), binding.object());
        self.remarks.push(Remark { lint, of, object, node: None, message });
    }

    fn role(&mut self, role: Role<'_>) {
        let rules: Vec<Rule<'_>> = role.rules().iter().map(|id| self.policy.rule(*id)).collect();
        if role.origin() == Origin::Edited {
            let namespace = role.namespace().unwrap_or_default();
            let added = defaults::added_to(role.kind(), namespace, role.name(), &rules);
            let added = added.map_or("more than can be told".to_owned(), |added| shown(&added));
            let message = format!(
                "Kubernetes made this role, and somebody added: {added}; put it into a role of its own"
            );
            self.of_role(role, None, Lint::EditedDefault, message);
        }
        if role.is_aggregated() {
            return;
        }
        self.said_twice(role, &rules);
        for (rule, id) in rules.iter().zip(role.rules()) {
            let node = self.policy.place_of(*id).1;
            self.nothing(role, rule, node);
            self.wildcards(role, rule, node);
        }
    }

    fn said_twice(&mut self, role: Role<'_>, rules: &[Rule<'_>]) {
        if rules.len() > MOST_RULES {
            return;
        }
        for (index, rule) in rules.iter().enumerate() {
            let node = self.policy.place_of(role.rules()[index]).1;
            let number = index + 1;
            if let Some(first) = rules[..index].iter().position(|other| same(other, rule)) {
                let message = format!("rule {number} says what rule {} says", first + 1);
                self.of_role(role, node, Lint::DuplicateRule, message);
                continue;
            }
            // Of two that say the same the first has been spoken of.
            let others: Vec<Rule<'_>> = rules
                .iter()
                .enumerate()
                .filter(|(at, other)| *at != index && !same(other, rule))
                .map(|(_, other)| other.clone())
                .collect();
            let is_empty = rule.verbs.is_empty();
            if !is_empty && covers(&others, std::slice::from_ref(rule)).is_ok_and(|l| l.is_empty())
            {
                let message = format!("other rules of the role say all of rule {number} ({rule})");
                self.of_role(role, node, Lint::ShadowedRule, message);
            }
        }
    }

    fn nothing(&mut self, role: Role<'_>, rule: &Rule<'_>, node: Option<u32>) {
        let mut say = |message: String| self.of_role(role, node, Lint::GrantsNothing, message);
        if rule.verbs.is_empty() {
            say("a rule without verbs grants nothing".to_owned());
        }
        if rule.resources.is_empty() && rule.urls.is_empty() {
            say("a rule without resources grants nothing".to_owned());
        }
        if !rule.resources.is_empty() && rule.api_groups.is_empty() {
            say("a rule without apiGroups grants nothing; the core group is \"\"".to_owned());
        }
        for resource in rule.resources.iter().filter(|resource| resource.ends_with("/*")) {
            say(format!(
                "resource {resource} matches nothing; write the subresources, or * for all resources"
            ));
        }
        let on_objects = rule.resources.iter().all(|r| !r.contains('/') && *r != "*");
        if !rule.resource_names.is_empty() && on_objects {
            for verb in ["create", "deletecollection"] {
                if rule.verbs.contains(&verb) {
                    say(format!(
                        "{verb} is never granted under resourceNames: the request has no name"
                    ));
                }
            }
        }
        if role.kind() == RoleKind::Role && !rule.urls.is_empty() {
            say("a Role grants no nonResourceURLs; write a ClusterRole".to_owned());
        }
        for url in rule.urls.iter().filter(|url| !url.starts_with('/') && **url != "*") {
            say(format!("no path begins like {url:?}; paths begin with /"));
        }
        for resource in &rule.resources {
            for group in &rule.api_groups {
                self.unknown(role, (resource, group), rule, node);
            }
        }
    }

    /// A resource that its group does not have, or that lives in no namespace; verbs that it does
    /// not serve.
    fn unknown(
        &mut self,
        role: Role<'_>,
        (resource, group): (&str, &str),
        rule: &Rule<'_>,
        node: Option<u32>,
    ) {
        let (name, sub) = resource.split_once('/').unwrap_or((resource, ""));
        if name.contains('*') || sub.contains('*') || group == "*" {
            return;
        }
        let Some(known) = self.resources.find(group, name) else {
            // What a group that is not known holds is not known either; and of several groups one
            // may be meant.
            let several = rule.api_groups.iter().any(|g| self.resources.find(g, name).is_some());
            if several || self.resources.of_group(group).next().is_none() {
                return;
            }
            let other = self.resources.named(name).next().map(|found| {
                let group = if found.group.is_empty() { "\"\" (core)" } else { &found.group };
                format!("; {name} is in the group {group}")
            });
            let near = self.resources.resolve(name).ok().filter(|found| found.group == group);
            let hint = other
                .or_else(|| near.map(|found| format!("; did you mean {}?", found.name)))
                .unwrap_or_default();
            let group = if group.is_empty() { "core" } else { group };
            let message = format!("the API group {group} has no resource {name}{hint}");
            self.of_role(role, node, Lint::GrantsNothing, message);
            return;
        };
        let itself = group.is_empty() && name == "namespaces";
        if role.kind() == RoleKind::Role && !known.namespaced && !itself {
            let message = format!("{name} live in no namespace, and a Role grants nothing on them");
            self.of_role(role, node, Lint::GrantsNothing, message);
        }
        let verbs = if sub.is_empty() {
            &known.verbs
        } else {
            match known.subresources.iter().find(|(own, _)| own == sub) {
                Some((_, verbs)) => verbs,
                // Aggregated APIs and newer versions have others.
                None => return,
            }
        };
        let wrong = |verb: &&&str| {
            let lower = verb.to_lowercase();
            lower != **verb && verbs.contains(&lower)
        };
        for verb in rule.verbs.iter().filter(wrong) {
            let message = format!("verbs are in lower case: {verb} matches nothing");
            self.of_role(role, node, Lint::GrantsNothing, message);
        }
    }

    fn wildcards(&mut self, role: Role<'_>, rule: &Rule<'_>, node: Option<u32>) {
        let any = |list: &[&str]| list.contains(&"*");
        if any(&rule.verbs) && !any(&rule.resources) {
            let verbs: Option<BTreeSet<&str>> = self.verbs(rule);
            if let Some(verbs) = verbs.filter(|verbs| !verbs.is_empty()) {
                let verbs: Vec<&str> = verbs.into_iter().collect();
                let message = format!(
                    "verbs * on {}: write those that are needed of {}",
                    rule.objects(),
                    verbs.join(", ")
                );
                self.of_role(role, node, Lint::Wildcard, message);
            }
        }
        if any(&rule.resources) && !any(&rule.api_groups) {
            let groups = rule.api_groups.iter();
            let names: Vec<&str> = groups
                .flat_map(|group| self.resources.of_group(group))
                .map(|resource| resource.name.as_str())
                .collect();
            if !names.is_empty() {
                let message = format!(
                    "resources * of {:?}: write those that are needed of {}",
                    rule.api_groups,
                    names.join(", ")
                );
                self.of_role(role, node, Lint::Wildcard, message);
            }
        }
        if any(&rule.api_groups) && !any(&rule.resources) {
            let groups: BTreeSet<&str> = rule
                .resources
                .iter()
                .flat_map(|resource| self.resources.named(resource.split('/').next().unwrap_or("")))
                .map(|resource| resource.group.as_str())
                .collect();
            if !groups.is_empty() {
                let message = format!(
                    "apiGroups *: {} is in {groups:?}; another API may bring a resource of the same \
                     name",
                    rule.resources.join(", ")
                );
                self.of_role(role, node, Lint::Wildcard, message);
            }
        }
    }

    /// The verbs that the resources of a rule serve; `None` where one is not known.
    fn verbs(&self, rule: &Rule<'_>) -> Option<BTreeSet<&str>> {
        let mut all = BTreeSet::new();
        for resource in &rule.resources {
            let (name, sub) = resource.split_once('/').unwrap_or((resource, ""));
            let known =
                rule.api_groups.iter().find_map(|group| self.resources.find(group, name))?;
            let verbs = if sub.is_empty() {
                &known.verbs
            } else {
                &known.subresources.iter().find(|(own, _)| own == sub)?.1
            };
            all.extend(verbs.iter().map(String::as_str));
        }
        Some(all)
    }

    fn binding(&mut self, binding: Binding<'_>) {
        let reference = binding.role_ref();
        match binding.role() {
            None => {
                let message = format!(
                    "{} {} is not among what was read: the binding grants nothing, until somebody \
                     creates a role of that name",
                    reference.kind, reference.name
                );
                self.of_binding(binding, Lint::DanglingBinding, message);
            }
            Some(role) => self.could_be_narrower(binding, role),
        }
        if binding.subjects().is_empty() {
            let message = "it names no subject that can be anybody".to_owned();
            self.of_binding(binding, Lint::NoSubject, message);
        }
        for &subject in binding.subjects() {
            if let Some((namespace, name)) = self.policy.service_account_of(subject)
                && self.is_missing(namespace, name)
            {
                let message = format!(
                    "ServiceAccount {namespace}/{name} is not there; whoever may create it has the \
                     role"
                );
                self.of_binding(binding, Lint::MissingSubject, message);
            }
        }
    }

    /// Whether a service account is not there, which only those of its namespace tell.
    fn is_missing(&self, namespace: &str, name: &str) -> bool {
        let places = [Some(namespace), (namespace == "default").then_some("")];
        let of = |place: &str| {
            self.inventory
                .in_namespace(ObjectKind::ServiceAccount, Some(place))
                .map(|account| account.name() == name)
                .collect::<Vec<_>>()
        };
        let known: Vec<bool> = places.into_iter().flatten().flat_map(of).collect();
        // `default` is made with the namespace, and stands in nobody's manifests.
        !known.is_empty() && !known.contains(&true) && name != "default"
    }

    fn could_be_narrower(&mut self, binding: Binding<'_>, role: Role<'_>) {
        if binding.scope() != Scope::Cluster || binding.subjects().is_empty() {
            return;
        }
        let namespaces: Option<BTreeSet<&str>> = binding
            .subjects()
            .iter()
            .map(|subject| self.policy.service_account_of(*subject).map(|(namespace, _)| namespace))
            .collect();
        let Some(namespaces) = namespaces else { return };
        let namespaced = |rule: &Rule<'_>| {
            rule.urls.is_empty()
                && !rule.resources.is_empty()
                && rule.resources.iter().all(|resource| {
                    let name = resource.split('/').next().unwrap_or_default();
                    rule.api_groups.iter().all(|group| {
                        self.resources.find(group, name).is_some_and(|known| known.namespaced)
                    })
                })
        };
        let rules: Vec<Rule<'_>> = role.rules().iter().map(|id| self.policy.rule(*id)).collect();
        if let (1, Some(namespace)) = (namespaces.len(), namespaces.first())
            && !rules.is_empty()
            && rules.iter().all(namespaced)
        {
            let message = format!(
                "{role} grants only what lives in namespaces, and all subjects are accounts of \
                 {namespace}: if they work there alone, a RoleBinding in {namespace} is enough"
            );
            self.of_binding(binding, Lint::ClusterWide, message);
        }
    }

    fn duplicate_bindings(&mut self) {
        let mut given: BTreeMap<(SubjectId, RoleId), Vec<Binding<'_>>> = BTreeMap::new();
        for binding in self.policy.bindings() {
            let Some(role) = binding.role() else { continue };
            for &subject in binding.subjects() {
                given.entry((subject, role.id)).or_default().push(binding);
            }
        }
        for ((subject, role), bindings) in given {
            if bindings.len() < 2 {
                continue;
            }
            let mut first: BTreeMap<Scope<'_>, Binding<'_>> = BTreeMap::new();
            for binding in &bindings {
                if binding.scope() == Scope::Cluster {
                    first.entry(Scope::Cluster).or_insert(*binding);
                }
            }
            for binding in bindings {
                let wider = first.get(&Scope::Cluster).copied();
                let same = first.get(&binding.scope()).copied();
                match wider.or(same).filter(|other| other.id != binding.id) {
                    Some(other) if !binding.origin().is_default() => {
                        let who: Subject = self.policy.subject(subject);
                        let role = self.policy.role(role);
                        let message = format!("{who} has {role} by {other} already");
                        self.of_binding(binding, Lint::DuplicateBinding, message);
                    }
                    _ => {
                        first.entry(binding.scope()).or_insert(binding);
                    }
                }
            }
        }
    }
}

/// Whether two rules say the same, in whatever order.
fn same(a: &Rule<'_>, b: &Rule<'_>) -> bool {
    let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
    set(&a.verbs) == set(&b.verbs)
        && set(&a.api_groups) == set(&b.api_groups)
        && set(&a.resources) == set(&b.resources)
        && set(&a.resource_names) == set(&b.resource_names)
        && set(&a.urls) == set(&b.urls)
}

/// Rules in a sentence; of many the first few.
fn shown(rules: &[Rule<'_>]) -> String {
    const MOST: usize = 5;
    let merged = crate::merge::merge(rules).unwrap_or_else(|_| rules.to_vec());
    let mut words: Vec<String> = merged.iter().take(MOST).map(ToString::to_string).collect();
    if merged.len() > MOST {
        words.push(format!("{} more", merged.len() - MOST));
    }
    words.join("; ")
}
