//! What a policy says of the pods it means, in one language for all policy kinds.
//!
//! `metav1.LabelSelector`, Calico's selectors and Cilium's endpoint selectors differ in notation and
//! in what they look at (labels of the pod, of its namespace, its service account), not in what
//! they are: conditions joined by *and*, *or* and *not*. They are read into an [`Expression`] and
//! answered for all pods at once, on bitsets.
//!
//! An answer has a lower and an upper bound, for some conditions cannot be decided: whether a pod
//! without a known address is in a CIDR block, or what a field means that Seawall does not know.

use std::borrow::Cow;
use std::collections::HashMap;

use fixedbitset::FixedBitSet;
use seawall_model::document::Node;
use seawall_model::{Selector, Test, Undecided};

use crate::address::AddressSet;
use crate::pods::Namespace;
use crate::shape::Shape;

/// Whose labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    Pod,
    Namespace,
}

/// What a label's value must be. Where the label is missing none holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    In(Vec<Cow<'a, str>>),
    Exists,
    Contains(Cow<'a, str>),
    StartsWith(Cow<'a, str>),
    EndsWith(Cow<'a, str>),
}

impl Value<'_> {
    /// Whether it holds for a value that is there.
    pub(crate) fn holds(&self, value: &str) -> bool {
        match self {
            Value::In(values) => values.iter().any(|wanted| wanted == value),
            Value::Exists => true,
            Value::Contains(part) => value.contains(part.as_ref()),
            Value::StartsWith(part) => value.starts_with(part.as_ref()),
            Value::EndsWith(part) => value.ends_with(part.as_ref()),
        }
    }
}

/// A condition on pods.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression<'a> {
    All,
    Nothing,
    /// The pod's namespace has one of these names.
    InNamespace(Vec<Cow<'a, str>>),
    /// The pod's service account has one of these names.
    Account(Vec<Cow<'a, str>>),
    Label(Scope, Cow<'a, str>, Value<'a>),
    /// The pod uses the network of its node.
    HostNetwork,
    /// The pod has an address in the set.
    Address(AddressSet),
    And(Vec<Expression<'a>>),
    Or(Vec<Expression<'a>>),
    Not(Box<Expression<'a>>),
    /// Cannot be decided, for this reason.
    Unknown(String),
}

impl<'a> Expression<'a> {
    /// Both.
    pub(crate) fn and(self, other: Expression<'a>) -> Self {
        match (self, other) {
            (Expression::All, one) | (one, Expression::All) => one,
            (Expression::And(mut parts), one) => {
                parts.push(one);
                Expression::And(parts)
            }
            (one, other) => Expression::And(vec![one, other]),
        }
    }

    /// Either.
    pub(crate) fn or(self, other: Expression<'a>) -> Self {
        match (self, other) {
            (Expression::Nothing, one) | (one, Expression::Nothing) => one,
            (Expression::Or(mut parts), one) => {
                parts.push(one);
                Expression::Or(parts)
            }
            (one, other) => Expression::Or(vec![one, other]),
        }
    }

    /// Not this.
    pub(crate) fn negated(self) -> Self {
        Expression::Not(Box::new(self))
    }

    /// The pods of a namespace.
    pub(crate) fn in_namespace(name: &'a str) -> Self {
        Expression::InNamespace(vec![name.into()])
    }

    /// A `metav1.LabelSelector` on the labels of a scope.
    pub(crate) fn selector(scope: Scope, node: Node<'a>) -> Result<Self, Undecided<'a>> {
        let selector = Selector::of(node)?;
        let mut all = Expression::All;
        for requirement in selector.requirements() {
            let label = |value| Expression::Label(scope, Cow::Borrowed(requirement.key), value);
            let owned =
                |values: &[&'a str]| Value::In(values.iter().map(|v| Cow::Borrowed(*v)).collect());
            all = all.and(match &requirement.test {
                Test::Is(value) => label(owned(&[value])),
                Test::In(values) => label(owned(values)),
                Test::NotIn(values) => label(owned(values)).negated(),
                Test::Exists => label(Value::Exists),
                Test::DoesNotExist => label(Value::Exists).negated(),
            });
        }
        Ok(all)
    }

    /// Calls back with every label's scope and name, and every address set, that is asked for.
    pub(crate) fn visit<'e>(&'e self, seen: &mut impl FnMut(&'e Expression<'a>)) {
        seen(self);
        match self {
            Expression::And(parts) | Expression::Or(parts) => {
                for part in parts {
                    part.visit(seen);
                }
            }
            Expression::Not(part) => part.visit(seen),
            _ => {}
        }
    }

    /// Why the answer may have two bounds, if it may.
    pub(crate) fn doubt(&self) -> Option<String> {
        let mut why = None;
        self.visit(&mut |part| match part {
            Expression::Unknown(reason) => {
                why.get_or_insert_with(|| reason.clone());
            }
            Expression::Address(_) => {
                why.get_or_insert_with(|| {
                    "whether pods without a known address are in the block".to_owned()
                });
            }
            _ => {}
        });
        why
    }
}

/// The pods that surely, and those that possibly, are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picked {
    /// Surely.
    pub(crate) least: FixedBitSet,
    /// Surely or possibly; `None` where that is the same.
    pub(crate) most: Option<FixedBitSet>,
}

impl Picked {
    fn sure(least: FixedBitSet) -> Self {
        Picked { least, most: None }
    }

    /// Surely or possibly.
    pub(crate) fn most(&self) -> &FixedBitSet {
        self.most.as_ref().unwrap_or(&self.least)
    }

    fn combine(&mut self, other: &Picked, operation: fn(&mut FixedBitSet, &FixedBitSet)) {
        if self.most.is_some() || other.most.is_some() {
            let mut most = self.most().clone();
            operation(&mut most, other.most());
            self.most = Some(most);
        }
        operation(&mut self.least, &other.least);
    }
}

/// Which shapes have which label, namespace and address.
pub(crate) struct Index<'w, 'a> {
    shapes: &'w [Shape<'a>],
    namespaces: &'w [Namespace<'a>],
    by_namespace: Vec<FixedBitSet>,
    names: HashMap<&'a str, usize>,
    labels: HashMap<&'a str, HashMap<&'a str, FixedBitSet>>,
    accounts: HashMap<&'a str, FixedBitSet>,
    host_network: FixedBitSet,
    /// In the order of `Shape::inside`.
    addresses: &'w [AddressSet],
}

impl<'w, 'a> Index<'w, 'a> {
    pub(crate) fn new(
        shapes: &'w [Shape<'a>],
        namespaces: &'w [Namespace<'a>],
        addresses: &'w [AddressSet],
    ) -> Self {
        let empty = || FixedBitSet::with_capacity(shapes.len());
        let mut index = Index {
            shapes,
            namespaces,
            by_namespace: namespaces.iter().map(|_| empty()).collect(),
            names: namespaces.iter().enumerate().map(|(n, space)| (space.name, n)).collect(),
            labels: HashMap::new(),
            accounts: HashMap::new(),
            host_network: empty(),
            addresses,
        };
        for (number, shape) in shapes.iter().enumerate() {
            index.by_namespace[shape.namespace].insert(number);
            for (key, value) in &shape.labels {
                let values = index.labels.entry(key).or_default();
                values.entry(value).or_insert_with(empty).insert(number);
            }
            index.accounts.entry(shape.account).or_insert_with(empty).insert(number);
            index.host_network.set(number, shape.host_network);
        }
        index
    }

    fn empty(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.shapes.len())
    }

    fn full(&self) -> FixedBitSet {
        let mut all = self.empty();
        all.insert_range(..);
        all
    }

    /// The shapes for which an expression holds.
    pub(crate) fn answer(&self, expression: &Expression<'_>) -> Picked {
        match expression {
            Expression::All => Picked::sure(self.full()),
            Expression::Nothing => Picked::sure(self.empty()),
            Expression::HostNetwork => Picked::sure(self.host_network.clone()),
            Expression::InNamespace(names) => {
                let mut found = self.empty();
                for name in names {
                    if let Some(&number) = self.names.get(name.as_ref()) {
                        found.union_with(&self.by_namespace[number]);
                    }
                }
                Picked::sure(found)
            }
            Expression::Account(names) => {
                let mut found = self.empty();
                for name in names {
                    if let Some(shapes) = self.accounts.get(name.as_ref()) {
                        found.union_with(shapes);
                    }
                }
                Picked::sure(found)
            }
            Expression::Label(Scope::Pod, key, value) => {
                let mut found = self.empty();
                if let Some(values) = self.labels.get(key.as_ref()) {
                    match value {
                        Value::In(wanted) => {
                            for shapes in wanted.iter().filter_map(|one| values.get(one.as_ref())) {
                                found.union_with(shapes);
                            }
                        }
                        other => {
                            for (_, shapes) in values.iter().filter(|(have, _)| other.holds(have)) {
                                found.union_with(shapes);
                            }
                        }
                    }
                }
                Picked::sure(found)
            }
            Expression::Label(Scope::Namespace, key, value) => {
                let mut found = self.empty();
                for (space, shapes) in self.namespaces.iter().zip(&self.by_namespace) {
                    if space.label(key).is_some_and(|have| value.holds(have)) {
                        found.union_with(shapes);
                    }
                }
                Picked::sure(found)
            }
            Expression::Address(set) => {
                let number = self.addresses.iter().position(|known| known == set);
                let (mut least, mut most) = (self.empty(), self.empty());
                for (shape, bits) in self.shapes.iter().enumerate() {
                    match number.and_then(|number| bits.inside[number]) {
                        Some(true) => {
                            least.insert(shape);
                            most.insert(shape);
                        }
                        Some(false) => {}
                        None => most.insert(shape),
                    }
                }
                Picked { most: (least != most).then_some(most), least }
            }
            Expression::And(parts) => self.all_of(parts, self.full(), FixedBitSet::intersect_with),
            Expression::Or(parts) => self.all_of(parts, self.empty(), FixedBitSet::union_with),
            Expression::Not(part) => {
                let Picked { mut least, most } = self.answer(part);
                least.toggle_range(..);
                match most {
                    None => Picked::sure(least),
                    Some(mut most) => {
                        most.toggle_range(..);
                        Picked { least: most, most: Some(least) }
                    }
                }
            }
            Expression::Unknown(_) => Picked { least: self.empty(), most: Some(self.full()) },
        }
    }

    fn all_of(
        &self,
        parts: &[Expression<'_>],
        start: FixedBitSet,
        operation: fn(&mut FixedBitSet, &FixedBitSet),
    ) -> Picked {
        let mut all = Picked::sure(start);
        for part in parts {
            all.combine(&self.answer(part), operation);
        }
        all
    }
}
