//! Where in a pod a policy finds something.

use std::borrow::Cow;
use std::fmt;

use seawall_model::document::Node;
use seawall_model::workload;

/// A step on the way from a pod to one of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a map.
    Key(Cow<'static, str>),
    /// An item of a list, from 0.
    Item(usize),
}

/// The way from a pod (whose children are `metadata` and `spec`) to one of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(Vec<Step>);

impl Place {
    /// A field below `spec`.
    pub(super) fn spec(keys: &[&'static str]) -> Self {
        Place(vec![Step::Key("spec".into())]).keys(keys)
    }

    /// An annotation of the pod.
    pub(super) fn annotation(key: String) -> Self {
        let mut place = Place(vec![Step::Key("metadata".into()), Step::Key("annotations".into())]);
        place.0.push(Step::Key(key.into()));
        place
    }

    /// An item of a list.
    pub(super) fn item(mut self, index: usize) -> Self {
        self.0.push(Step::Item(index));
        self
    }

    /// A field further down.
    pub(super) fn keys(mut self, keys: &[&'static str]) -> Self {
        self.0.extend(keys.iter().map(|key| Step::Key(Cow::Borrowed(*key))));
        self
    }

    /// The steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Where the field stands in a workload: the nearest node that is there, and what is missing
    /// below it, empty where the field itself is there.
    pub fn find<'a>(&self, pod: &workload::Pod<'a>) -> (Node<'a>, String) {
        let (first, mut rest) = match self.0.split_first() {
            Some((Step::Key(key), rest)) if key == "metadata" => (pod.metadata, rest),
            Some((_, rest)) => (Some(pod.spec), rest),
            None => (None, &[][..]),
        };
        let Some(mut node) = first else { return (pod.spec, String::new()) };
        while let Some((step, further)) = rest.split_first() {
            let next = match step {
                Step::Key(key) => node.get(key),
                Step::Item(index) => node.items().nth(*index),
            };
            let Some(next) = next else { break };
            (node, rest) = (next, further);
        }
        (node, Place(rest.to_vec()).to_string())
    }
}

impl fmt::Display for Place {
    /// `spec.containers[0].securityContext.runAsUser`; a key with a dot or slash in quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            match step {
                Step::Item(index) => write!(f, "[{index}]")?,
                Step::Key(key) if key.contains(['.', '/']) => write!(f, "[{key:?}]")?,
                Step::Key(key) if number == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

/// Why a policy does not fit a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The field at fault.
    pub place: Place,
    /// What is wrong, with the actual values, and what would be allowed.
    pub reason: String,
}

impl Rejection {
    pub(super) fn new(place: Place, reason: impl Into<String>) -> Self {
        Rejection { place, reason: reason.into() }
    }
}
