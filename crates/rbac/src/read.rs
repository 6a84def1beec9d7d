//! From the objects of an inventory to a policy.

use seawall_model::document::{Limits, Node, chunks, read};
use seawall_model::{Entry, Inventory, Labels, Object, ObjectKind, Source, Undecided};
use std::collections::HashSet;
use std::sync::Arc;

use crate::aggregate::{self, Candidate};
use crate::defaults;
use crate::policy::{
    BindingData, Gap, Origin, Policy, RoleData, RoleId, RoleKind, RuleData, SubjectId,
};
use crate::subject::Subject;
use crate::symbols::Symbol;

/// The namespace of objects that name none, as `kubectl` applies them.
const DEFAULT_NAMESPACE: &str = "default";

const ROLES: [ObjectKind; 2] = [ObjectKind::ClusterRole, ObjectKind::Role];
const BINDINGS: [ObjectKind; 2] = [ObjectKind::ClusterRoleBinding, ObjectKind::RoleBinding];

impl Policy {
    /// The roles and bindings of an inventory.
    ///
    /// Where `cluster-admin` is not among them, nobody has read a cluster: what every cluster of
    /// the newest known version has is then added, and marked as [`Origin::Assumed`]. A role that
    /// gathers others is filled as the controller would; one that was read from a cluster has been,
    /// and counts as it is.
    ///
    /// What can't be understood is left out and noted in [`Policy::gaps`].
    pub fn read(inventory: &Inventory) -> Policy {
        Self::read_as_of(inventory, defaults::newest())
    }

    /// As [`Policy::read`], with what every cluster of a minor version of Kubernetes 1 has.
    pub fn read_as_of(inventory: &Inventory, minor: u32) -> Policy {
        Self::read_layers(&[(inventory, Layer::Read)], minor)
    }

    /// What a cluster would have once `manifests` are applied to what `base` holds: what they
    /// describe takes the place of what was there. Numbers of objects are those of `manifests`.
    pub fn read_applied(base: &Inventory, manifests: &Inventory) -> Policy {
        let layers = [(manifests, Layer::Read), (base, Layer::Below)];
        Self::read_layers(&layers, defaults::newest())
    }

    /// Reads layers of which the first that has an object counts.
    fn read_layers(layers: &[(&Inventory, Layer)], minor: u32) -> Policy {
        let has = |layer: &Inventory, object: Object<'_>| {
            layer.named(object.kind(), object.namespace(), object.name()).next().is_some()
        };
        let cluster_was_read = layers.iter().any(|(layer, _)| {
            layer.named(ObjectKind::ClusterRole, None, "cluster-admin").next().is_some()
        });
        let assumed = if cluster_was_read { Inventory::new() } else { assumed(minor) };
        let mut layers = layers.to_vec();
        layers.push((&assumed, Layer::Assumed));
        // A controller runs once more where something is applied.
        let settles = layers.iter().any(|(_, layer)| *layer == Layer::Below);
        let mut reader = Reader { policy: Policy::default(), candidates: Vec::new(), settles };
        let seen_above = |index: usize, object: Object<'_>| {
            layers[..index].iter().any(|(layer, _)| has(layer, object))
        };
        for (index, (inventory, layer)) in layers.iter().enumerate() {
            for object in ROLES.iter().flat_map(|kind| inventory.of_kind(*kind)) {
                if !seen_above(index, object) {
                    reader.role(object, *layer);
                }
            }
        }
        for (index, (inventory, layer)) in layers.iter().enumerate() {
            for object in BINDINGS.iter().flat_map(|kind| inventory.of_kind(*kind)) {
                if !seen_above(index, object) {
                    reader.binding(object, *layer);
                }
            }
            for object in inventory.of_kind(ObjectKind::ServiceAccount) {
                reader.service_account(object);
            }
        }
        reader.candidates.sort_by(|a, b| {
            let name = |c: &Candidate<'_>| reader.policy.roles[c.role.index()].name;
            let text = |c: &Candidate<'_>| reader.policy.symbols.text(name(c));
            text(a).cmp(text(b))
        });
        let Reader { mut policy, candidates, .. } = reader;
        aggregate::fill(&mut policy, &candidates);
        policy.link();
        policy
    }
}

/// Where an object comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    /// What the policy is read from.
    Read,
    /// What it would be applied to.
    Below,
    /// What every cluster has.
    Assumed,
}

impl Layer {
    /// The number that an object is known by.
    fn object(self, object: Object<'_>) -> Option<u32> {
        (self == Layer::Read).then_some(object.index())
    }
}

/// Annotations that give a service account an identity at a cloud provider.
const CLOUD_IDENTITIES: [&str; 3] = [
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
];

/// What every cluster has, as an inventory.
fn assumed(minor: u32) -> Inventory {
    let source = Arc::new(Source::new("defaults", defaults::manifests(minor)));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    inventory
}

struct Reader<'a> {
    policy: Policy,
    candidates: Vec<Candidate<'a>>,
    /// Whether roles that gather are filled though they were.
    settles: bool,
}

impl<'a> Reader<'a> {
    fn intern(&mut self, text: &str) -> Symbol {
        self.policy.symbols.intern(text)
    }

    fn gap(&mut self, object: Object<'_>, layer: Layer, undecided: &Undecided<'_>) {
        // The defaults are part of the program, and have none.
        debug_assert!(layer != Layer::Assumed, "{}", undecided.why);
        aggregate::note(&mut self.policy, object.index(), undecided);
    }

    fn namespace(&mut self, object: Object<'_>) -> Symbol {
        self.intern(object.namespace().unwrap_or(DEFAULT_NAMESPACE))
    }

    fn role(&mut self, object: Object<'a>, layer: Layer) {
        let kind = match object.kind() {
            ObjectKind::Role => RoleKind::Role,
            _ => RoleKind::ClusterRole,
        };
        let namespace = (kind == RoleKind::Role).then(|| self.namespace(object));
        let name = self.intern(object.name());
        let again = self.policy.role_names.get(&(kind, namespace, name)).copied();
        let id = again.unwrap_or_else(|| {
            self.policy.add_role(RoleData {
                kind,
                namespace,
                name,
                rules: Vec::new(),
                object: layer.object(object),
                origin: if layer == Layer::Assumed { Origin::Assumed } else { Origin::Declared },
                aggregated: false,
                by_resource: Box::default(),
                with_urls: Box::default(),
                bindings: Vec::new(),
            })
        });
        if again.is_some() {
            self.policy.gaps.push(Gap {
                object: object.index(),
                node: object.head().index(),
                why: format!(
                    "{} {} is described more than once; the rules of all count",
                    object.id().kind,
                    object.name()
                ),
            });
        }
        if let Err(undecided) = self.rules(object, id, layer) {
            self.gap(object, layer, &undecided);
        }
        if kind == RoleKind::ClusterRole
            && let Err(undecided) = self.candidate(object, id)
        {
            self.gap(object, layer, &undecided);
        }
        if layer != Layer::Assumed {
            self.policy.roles[id.index()].origin = self.origin_of(id);
        }
    }

    fn rules(
        &mut self,
        object: Object<'a>,
        role: RoleId,
        layer: Layer,
    ) -> Result<(), Undecided<'a>> {
        let Some(rules) = object.root().field("rules")? else { return Ok(()) };
        for (position, node) in rules.list()?.enumerate() {
            match self.rule(node, role, position as u32) {
                Ok(mut rule) => {
                    rule.node = (layer == Layer::Read).then_some(node.index());
                    let id = self.policy.add_rule(rule);
                    self.policy.roles[role.index()].rules.push(id);
                }
                Err(undecided) => self.gap(object, layer, &undecided),
            }
        }
        Ok(())
    }

    fn rule(
        &mut self,
        node: Node<'a>,
        role: RoleId,
        position: u32,
    ) -> Result<RuleData, Undecided<'a>> {
        let mut list = |key: &str| -> Result<Box<[Symbol]>, Undecided<'a>> {
            let items = node.field(key)?.map(Node::list).transpose()?;
            let words = items.into_iter().flatten();
            words.map(|item| Ok(self.policy.symbols.intern(item.string()?.value))).collect()
        };
        Ok(RuleData {
            verbs: list("verbs")?,
            groups: list("apiGroups")?,
            resources: list("resources")?,
            names: list("resourceNames")?,
            urls: list("nonResourceURLs")?,
            role,
            position,
            node: None,
        })
    }

    fn candidate(&mut self, object: Object<'a>, role: RoleId) -> Result<(), Undecided<'a>> {
        let selectors = aggregate::selectors(object)?;
        self.policy.roles[role.index()].aggregated |= selectors.is_some();
        let observed = object.metadata().is_some_and(|metadata| metadata.get("uid").is_some());
        self.candidates.push(Candidate {
            role,
            labels: Labels::of_metadata(object.metadata())?,
            selectors: selectors.filter(|_| self.settles || !observed),
        });
        Ok(())
    }

    fn origin_of(&self, id: RoleId) -> Origin {
        let role = self.policy.role(id);
        let (kind, namespace) = (role.kind(), role.namespace().unwrap_or_default());
        if !defaults::is_role(kind, namespace, role.name()) {
            return Origin::Declared;
        }
        let rules: Vec<_> = role.rules().iter().map(|rule| self.policy.rule(*rule)).collect();
        match defaults::added_to(kind, namespace, role.name(), &rules) {
            Some(added) if added.is_empty() => Origin::Default,
            _ => Origin::Edited,
        }
    }

    fn binding(&mut self, object: Object<'a>, layer: Layer) {
        let namespace = (object.kind() == ObjectKind::RoleBinding).then(|| self.namespace(object));
        let role = match role_ref(object) {
            Ok(role) => role,
            Err(undecided) => return self.gap(object, layer, &undecided),
        };
        let mut data = BindingData {
            name: self.intern(object.name()),
            namespace,
            role_kind: self.intern(role.0),
            role_name: self.intern(role.1),
            role: None,
            subjects: Vec::new(),
            object: layer.object(object),
            origin: if layer == Layer::Assumed { Origin::Assumed } else { Origin::Declared },
        };
        let mut described = Vec::new();
        let nodes =
            object.root().field("subjects").and_then(|list| list.map(Node::list).transpose());
        let nodes = match nodes {
            Ok(nodes) => nodes.into_iter().flatten().collect(),
            Err(undecided) => {
                self.gap(object, layer, &undecided);
                Vec::new()
            }
        };
        let mut seen = HashSet::new();
        for node in nodes {
            match subject(node) {
                Ok(subject) => {
                    described.push(subject);
                    let id = self.subject(subject, namespace);
                    data.subjects.extend(id.filter(|id| seen.insert(*id)));
                }
                Err(undecided) => self.gap(object, layer, &undecided),
            }
        }
        let namespace = namespace.map_or("", |namespace| self.policy.symbols.text(namespace));
        let is_default = defaults::is_binding(
            &object.id().kind,
            namespace,
            object.name(),
            role,
            described.into_iter(),
        );
        if is_default && layer != Layer::Assumed {
            data.origin = Origin::Default;
        }
        self.policy.bindings.push(data);
    }

    fn service_account(&mut self, object: Object<'a>) {
        let given = CLOUD_IDENTITIES.into_iter().find(|key| object.annotation(key).is_some());
        if let Some(annotation) = given {
            let namespace = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
            let subject = Subject::service_account(namespace, object.name());
            let identity = (subject, annotation.to_owned());
            if !self.policy.cloud_identities.contains(&identity) {
                self.policy.cloud_identities.push(identity);
            }
        }
    }

    /// `appliesToUser` of `pkg/registry/rbac/validation`: a service account without a namespace is
    /// one of the binding's, and in a ClusterRoleBinding nobody.
    fn subject(
        &mut self,
        [kind, namespace, name]: [&str; 3],
        binding: Option<Symbol>,
    ) -> Option<SubjectId> {
        match kind {
            "User" => Some(self.policy.intern_subject(false, name)),
            "Group" => Some(self.policy.intern_subject(true, name)),
            "ServiceAccount" => {
                let namespace = match (namespace, binding) {
                    ("", None) => return None,
                    ("", Some(binding)) => self.policy.symbols.text(binding),
                    (namespace, _) => namespace,
                };
                let name = format!("system:serviceaccount:{namespace}:{name}");
                Some(self.policy.intern_subject(false, &name))
            }
            _ => None,
        }
    }
}

fn role_ref(binding: Object<'_>) -> Result<(&str, &str), Undecided<'_>> {
    let root = binding.root();
    let Some(node) = root.field("roleRef")? else {
        return Err(Undecided { node: root, why: "the binding has no roleRef".into() });
    };
    let (Some(kind), Some(name)) = (node.field("kind")?, node.field("name")?) else {
        return Err(Undecided { node, why: "the roleRef has no kind or no name".into() });
    };
    Ok((kind.string()?.value, name.string()?.value))
}

/// Kind, namespace (empty where there is none) and name.
fn subject(node: Node<'_>) -> Result<[&str; 3], Undecided<'_>> {
    let (Some(kind), Some(name)) = (node.field("kind")?, node.field("name")?) else {
        return Err(Undecided { node, why: "the subject has no kind or no name".into() });
    };
    let namespace = match node.field("namespace")? {
        Some(namespace) => namespace.string()?.value,
        None => "",
    };
    Ok([kind.string()?.value, namespace, name.string()?.value])
}
