//! What would put a finding right: edits of the tree, not of the text.
//!
//! A check's fix says which values of which fields should change. How the text must change for
//! that, and nothing else, is the question of `seawall-patch`.

use std::borrow::Cow;

use crate::document::Node;
use crate::finding::Finding;
use crate::inventory::Inventory;
use crate::object::Object;
use crate::workload::{Container, Pod, pods_of};

/// How a check's findings are put right without a person who decides.
#[derive(Clone, Copy, Debug)]
pub struct Fix {
    /// Whether it may be applied unasked.
    pub safety: Safety,
    /// The edits for one finding. Asked for only when a fix is wanted.
    pub edits: for<'a> fn(&Flaw<'a>) -> Edits<'a>,
}

/// Whether a fix changes what a working workload can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// An ordinary workload does not notice it; why.
    Safe(&'static str),
    /// Some workloads do less, or no longer start; which and why.
    Unsafe(&'static str),
}

impl Safety {
    /// Whether it is [`Safety::Safe`].
    pub fn is_safe(self) -> bool {
        matches!(self, Safety::Safe(_))
    }

    /// Why it is so, as a sentence.
    pub fn why(self) -> &'static str {
        match self {
            Safety::Safe(why) | Safety::Unsafe(why) => why,
        }
    }
}

/// Why no machine puts a check's findings right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoFix {
    /// What to write is not in the manifests.
    Decision,
    /// An object is missing, and fixes change those that are there.
    NewObject,
    /// Two things do not agree, and which of them is meant is not written.
    Intent,
    /// What is wrong stands outside the manifests.
    Outside,
    /// A secret has been written down.
    Leaked,
    /// Somebody may use the rights.
    Rights,
    /// The check is one of the team's own.
    Custom,
}

impl NoFix {
    /// The reason, as sentences.
    pub fn why(self) -> &'static str {
        match self {
            NoFix::Decision => {
                "What to write instead depends on what the workload and its cluster need, which \
                 the manifests do not say."
            }
            NoFix::NewObject => {
                "It takes an object that is not there, and `seawall fix` changes those that are."
            }
            NoFix::Intent => {
                "Two things do not agree, or something is not understood, and the manifests do \
                 not say what was meant."
            }
            NoFix::Outside => {
                "The manifest is not what is wrong, or does not hold what is needed: it takes \
                 another image, version or node."
            }
            NoFix::Leaked => {
                "A secret that was written down stays known when the file changes: it has to be \
                 replaced where it is accepted, and kept elsewhere."
            }
            NoFix::Rights => {
                "Whose work needs the rights, and which of them, the manifests do not say."
            }
            NoFix::Custom => "It is a check of the team's own, and those carry none.",
        }
    }
}

/// The edits that put one finding right, or why there are none here.
pub type Edits<'a> = Result<Vec<Edit<'a>>, Unfixed>;

/// Why a check's fix leaves one finding alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfixed {
    /// What to write is not known here: it is for a person, as if the check had no fix.
    Open(Cow<'static, str>),
    /// What to write is known, and would do harm as long as something else stands.
    Refused(Cow<'static, str>),
}

impl<T: Into<Cow<'static, str>>> From<T> for Unfixed {
    fn from(why: T) -> Self {
        Unfixed::Open(why.into())
    }
}

/// A finding seen again in the inventory that was checked.
#[derive(Clone, Copy, Debug)]
pub struct Flaw<'a> {
    /// The object.
    pub object: Object<'a>,
    /// The container at fault; empty where none is.
    pub container: &'a str,
    /// The field at fault, or the nearest parent of one that is missing.
    pub node: Node<'a>,
    /// What is missing below the node, or what else tells the finding from others there.
    pub detail: &'a str,
}

impl<'a> Flaw<'a> {
    /// What a finding is about, in the inventory whose check made it; `None` where the finding has
    /// no place in a document.
    pub fn of(finding: &'a Finding, inventory: &'a Inventory) -> Option<Self> {
        let place = finding.site.place?;
        let object = inventory.object(place.object as usize);
        let container = finding.site.subject.container.as_deref().unwrap_or_default();
        let node = object.root().document().node(place.node);
        Some(Flaw { object, container, node, detail: &finding.detail })
    }

    /// The pod or pod template that it stands in.
    ///
    /// # Errors
    ///
    /// Where it stands in none.
    pub fn pod(&self) -> Result<Pod<'a>, Cow<'static, str>> {
        let holds = |node: Node<'a>| node.contains(self.node);
        pods_of(self.object)
            .into_iter()
            .find(|pod| holds(pod.spec) || pod.metadata.is_some_and(holds))
            .ok_or(Cow::Borrowed("it stands in no pod"))
    }

    /// The container that it stands in or names.
    ///
    /// # Errors
    ///
    /// Where there is none, or several bear the name.
    pub fn container(&self) -> Result<Container<'a>, Cow<'static, str>> {
        let pod = self.pod()?;
        if let Some(around) = pod.containers().iter().find(|c| c.node.contains(self.node)) {
            return Ok(*around);
        }
        let mut named =
            pod.containers().iter().filter(|c| !c.name.is_empty() && c.name == self.container);
        match (named.next(), named.next()) {
            (Some(one), None) => Ok(*one),
            (None, _) => Err(Cow::Borrowed("there is no such container")),
            _ => Err(Cow::Borrowed("several containers have this name")),
        }
    }
}

/// One change of a document's tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit<'a> {
    /// Where.
    pub at: Node<'a>,
    /// What.
    pub change: Change,
}

/// What an [`Edit`] does to its node.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The field at the end of `path` below the node gets this value; missing maps on the way are
    /// made. With no path it is the node itself.
    Set {
        /// Keys, outermost first.
        path: Vec<Cow<'static, str>>,
        /// The value.
        value: Value,
    },
    /// The node goes: with its key from a map, or as an item from a list.
    Remove,
    /// The key of the node becomes another.
    Rename(Cow<'static, str>),
    /// The node, a list, gets one more item.
    Append(Value),
}

impl<'a> Edit<'a> {
    /// Sets the field at the end of a path below a node.
    pub fn set(at: Node<'a>, path: &[&'static str], value: Value) -> Self {
        let path = path.iter().map(|key| Cow::Borrowed(*key)).collect();
        Edit { at, change: Change::Set { path, value } }
    }

    /// Removes a node.
    pub fn remove(at: Node<'a>) -> Self {
        Edit { at, change: Change::Remove }
    }

    /// Gives a node's key another name.
    pub fn rename(at: Node<'a>, key: impl Into<Cow<'static, str>>) -> Self {
        Edit { at, change: Change::Rename(key.into()) }
    }

    /// Appends an item to a list.
    pub fn append(at: Node<'a>, value: Value) -> Self {
        Edit { at, change: Change::Append(value) }
    }
}

/// A value that an edit writes.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each is the kind of that name")]
pub enum Value {
    Bool(bool),
    Int(i64),
    Str(Cow<'static, str>),
    List(Vec<Value>),
    Map(Vec<(Cow<'static, str>, Value)>),
}

impl Value {
    /// A string.
    pub fn str(text: impl Into<Cow<'static, str>>) -> Self {
        Value::Str(text.into())
    }

    /// A map of one entry.
    pub fn entry(key: impl Into<Cow<'static, str>>, value: Value) -> Self {
        Value::Map(vec![(key.into(), value)])
    }
}
