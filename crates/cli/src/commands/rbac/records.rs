//! What the answers are made of: subjects, bindings, roles and rules with their places.

use seawall_model::{Inventory, Object, ObjectKind};
use seawall_rbac::{Grant, Policy, Rule, Subject};
use seawall_report::list::{self, Column, ListFormat};
use serde::Serialize;

use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::{Read, Sources, Wanted};

/// What was read, and the policy in it.
pub(super) struct Asked {
    pub(super) read: Read,
    pub(super) policy: Policy,
    /// Everything that an answer may lack.
    pub(super) unread: Vec<String>,
    /// Whether a live cluster was read.
    live: bool,
}

impl Asked {
    /// Reads what a question is about, and warns of what could not be understood.
    pub(super) fn new(
        sources: &Sources,
        wanted: &[Wanted],
        global: &Global,
    ) -> anyhow::Result<Self> {
        let read = sources.read_wanted(global, wanted)?;
        let policy = Policy::read(&read.inventory);
        let unread = read.with_gaps(gaps(&policy, &read.inventory));
        Ok(Asked { read, policy, unread, live: sources.is_cluster() })
    }

    /// Warns of a namespace that nothing that was read is of. Where no role is bound, rules for the
    /// whole cluster still hold, so that there is an answer.
    pub(super) fn doubt_namespace(&self, name: Option<&str>) {
        // A cluster was perhaps read in part; and objects without a namespace land in the default.
        let Some(name) = name.filter(|name| !self.live && *name != "default") else { return };
        let mut objects = self.read.inventory.objects().filter(|object| !object.is_built_in());
        let known = objects.any(|object| match object.kind() {
            ObjectKind::Namespace => object.name() == name,
            _ => object.namespace() == Some(name),
        });
        if !known {
            tracing::warn!("nothing that was read is of the namespace {name}");
        }
    }

    /// What the command comes to, unless what was not read or understood forbids it.
    pub(super) fn outcome(&self, outcome: Outcome) -> Outcome {
        self.read.outcome_with(outcome, !self.policy.gaps().is_empty())
    }

    /// Writes a list with what it may lack.
    pub(super) fn write<T: Serialize>(
        &self,
        format: ListFormat,
        columns: &[Column<T>],
        items: &[T],
        nothing: &str,
    ) -> anyhow::Result<()> {
        to_stdout(|out| list::answer(format, columns, items, nothing, &self.unread, out))
    }
}

/// What was read and not understood.
pub(super) fn gaps(policy: &Policy, inventory: &Inventory) -> Vec<String> {
    let of = |gap: &seawall_rbac::Gap| {
        let object = inventory.object(gap.object as usize);
        let place = place(object, Some(gap.node));
        format!("{place}: {}: {}", object.id(), gap.why)
    };
    policy.gaps().iter().map(of).collect()
}

/// `file:line` of a node of an object, or of the object itself.
pub(super) fn place(object: Object<'_>, node: Option<u32>) -> String {
    let document = object.root().document();
    let node = node.map_or_else(|| object.head(), |node| document.node(node));
    let source = document.source();
    format!("{}:{}", source.name(), source.position(node.anchor().start).line)
}

/// A role or binding.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Named {
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// A grant, in words.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantRecord<'a> {
    pub(super) subject: Subject,
    /// Where it holds; nothing for the whole cluster.
    pub(super) namespace: Option<&'a str>,
    pub(super) binding: Named,
    pub(super) role: Named,
    pub(super) rule: Rule<'a>,
    /// Whether Kubernetes made both binding and role.
    pub(super) default: bool,
    /// Where the binding stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) binding_at: Option<String>,
    /// Where the rule stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule_at: Option<String>,
}

impl<'a> GrantRecord<'a> {
    pub(super) fn new(policy: &'a Policy, inventory: &Inventory, grant: Grant) -> Self {
        let binding = policy.binding(grant.binding);
        let role = policy.role(grant.role);
        let home = policy.role(policy.home_of(grant.rule));
        let (_, node) = policy.place_of(grant.rule);
        let object = |number: u32| inventory.object(number as usize);
        GrantRecord {
            subject: policy.subject(grant.subject),
            namespace: binding.scope().namespace(),
            binding: binding_of(policy, grant.binding),
            role: Named {
                kind: role.kind().name().to_owned(),
                namespace: role.namespace().map(str::to_owned),
                name: role.name().to_owned(),
            },
            rule: policy.rule(grant.rule),
            default: policy.is_default(&grant),
            binding_at: binding.object().map(|number| place(object(number), None)),
            rule_at: home.object().map(|number| place(object(number), node)),
        }
    }

    /// `*` for the whole cluster.
    pub(super) fn scope(&self) -> String {
        self.namespace.unwrap_or("*").to_owned()
    }
}

pub(super) fn binding_of(policy: &Policy, id: seawall_rbac::BindingId) -> Named {
    let binding = policy.binding(id);
    Named {
        kind: binding.kind().to_owned(),
        namespace: binding.scope().namespace().map(str::to_owned),
        name: binding.name().to_owned(),
    }
}

/// Rules in a cell.
pub(super) fn shown(rules: &[Rule<'_>]) -> String {
    rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
