//! What the edits of one document come to, node by node.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::iter::Peekable;

use seawall_model::document::{Document, Kind, Node};
use seawall_model::{Change, Edit, Value};

use crate::Refused;

/// What becomes of a node.
#[derive(Default, PartialEq)]
pub(crate) struct NodeChange {
    /// It gets another value.
    pub(crate) replace: Option<Value>,
    /// It goes, with its key.
    pub(crate) remove: bool,
    /// Its key becomes another.
    pub(crate) rename: Option<Cow<'static, str>>,
    /// It gets further entries.
    pub(crate) insert: Vec<(Cow<'static, str>, Value)>,
    /// It gets further items.
    pub(crate) append: Vec<Value>,
}

/// The changes of a document, by the number of the node.
pub(crate) struct Plan<'a> {
    document: &'a Document,
    changes: BTreeMap<u32, NodeChange>,
    /// The nodes of each place in the text, where a document repeats one.
    uses: Option<HashMap<Place, Vec<u32>>>,
    /// The lists and maps that changed nodes stand in; found when all edits are added.
    parents: OnceCell<HashMap<u32, u32>>,
}

/// Where a node stands in the text, and what it is there.
type Place = (u32, u32, Kind);

fn place(node: Node<'_>) -> Place {
    (node.span().start, node.span().end, node.kind())
}

impl<'a> Plan<'a> {
    pub(crate) fn new(document: &'a Document) -> Self {
        Plan {
            document,
            changes: BTreeMap::new(),
            uses: repeats(document).then(|| uses(document)),
            parents: OnceCell::new(),
        }
    }

    pub(crate) fn document(&self) -> &'a Document {
        self.document
    }

    /// The change of a node, if there is one.
    pub(crate) fn get(&self, node: Node<'_>) -> Option<&NodeChange> {
        self.changes.get(&node.index())
    }

    /// All changes in reading order.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (Node<'a>, &NodeChange)> {
        self.changes.iter().map(|(index, change)| (self.document.node(*index), change))
    }

    /// Adds what an edit means.
    pub(crate) fn add(&mut self, edit: &Edit<'a>) -> Result<(), Refused> {
        match &edit.change {
            Change::Set { path, value } => self.set(edit.at, path, value),
            Change::Remove => {
                self.touch(edit.at).remove = true;
                Ok(())
            }
            Change::Rename(name) => {
                let change = self.touch(edit.at);
                match &change.rename {
                    Some(other) if other != name => Err(Refused::Conflict),
                    _ => {
                        change.rename = Some(name.clone());
                        Ok(())
                    }
                }
            }
            Change::Append(value) if edit.at.kind() == Kind::Seq => {
                let change = self.touch(edit.at);
                if !change.append.contains(value) {
                    change.append.push(value.clone());
                }
                Ok(())
            }
            Change::Append(value) => self.set(edit.at, &[], &Value::List(vec![value.clone()])),
        }
    }

    fn set(
        &mut self,
        at: Node<'a>,
        path: &[Cow<'static, str>],
        value: &Value,
    ) -> Result<(), Refused> {
        let nested = |path: &[Cow<'static, str>]| {
            path.iter()
                .rev()
                .fold(value.clone(), |inner, key| Value::Map(vec![(key.clone(), inner)]))
        };
        let mut here = at;
        for (depth, key) in path.iter().enumerate() {
            match here.kind() {
                Kind::Map => match here.entries().find(|(known, _)| known.text() == key) {
                    Some((_, value)) => here = value,
                    None => {
                        let new = nested(&path[depth + 1..]);
                        let insert = &mut self.touch(here).insert;
                        return merge_entry(insert, key.clone(), new);
                    }
                },
                Kind::Null => return self.replace(here, nested(&path[depth..])),
                kind => {
                    let field = here.key().map_or("the value", Node::text);
                    let why = format!("{field} is {} where a map belongs", kind.noun());
                    return Err(Refused::Misplaced(why));
                }
            }
        }
        self.replace(here, value.clone())
    }

    fn replace(&mut self, node: Node<'a>, value: Value) -> Result<(), Refused> {
        let change = self.touch(node);
        change.replace = Some(match change.replace.take() {
            None => value,
            Some(known) => merged(known, value)?,
        });
        Ok(())
    }

    fn touch(&mut self, node: Node<'a>) -> &mut NodeChange {
        self.changes.entry(node.index()).or_default()
    }

    /// Whether the document repeats what stands before, by alias or merge key.
    pub(crate) fn repeats(&self) -> bool {
        self.uses.is_some()
    }

    /// All nodes that stand where a node does, if there are several.
    pub(crate) fn copies(&self, node: Node<'_>) -> Option<&[u32]> {
        let nodes = self.uses.as_ref()?.get(&place(node))?;
        (nodes.len() > 1).then_some(nodes)
    }

    /// That no change lies inside what another removes or replaces, and no key comes twice.
    pub(crate) fn consistent(&self) -> Result<(), Refused> {
        for (node, change) in self.changes() {
            let whole = change.remove || change.replace.is_some();
            let further = change.rename.is_some() || !change.insert.is_empty();
            if (change.remove && (change.replace.is_some() || further || !change.append.is_empty()))
                || (change.replace.is_some()
                    && (!change.insert.is_empty() || !change.append.is_empty()))
            {
                return Err(Refused::Conflict);
            }
            let mut below = self.changes.range(node.index() + 1..);
            if whole && below.next().is_some_and(|(i, _)| node.contains(self.document.node(*i))) {
                return Err(Refused::Conflict);
            }
            if let Some(name) = &change.rename
                && let Some(parent) = self.parent(node)
            {
                let taken = parent.entries().any(|(key, _)| key.text() == name)
                    || self.get(parent).is_some_and(|c| c.insert.iter().any(|(k, _)| k == name));
                if taken {
                    return Err(Refused::Misplaced(format!("there is a {name} already")));
                }
            }
        }
        Ok(())
    }

    /// The list or map that a changed node stands in.
    fn parent(&self, node: Node<'a>) -> Option<Node<'a>> {
        let parents = self.parents.get_or_init(|| {
            let mut parents = HashMap::new();
            let mut changed = self.changes.keys().copied().peekable();
            find_parents(self.document.root(), &mut changed, &mut parents);
            parents
        });
        parents.get(&node.index()).map(|parent| self.document.node(*parent))
    }

    /// Whether a node stands in a list or map in brackets.
    pub(crate) fn in_brackets(&self, node: Node<'a>) -> bool {
        self.parent(node).is_some_and(Node::is_flow)
    }

    /// What of some nodes is removed, by the list or map that it is removed from.
    pub(crate) fn removals(
        &self,
        of: &[Node<'a>],
    ) -> Result<Vec<(Node<'a>, Vec<Node<'a>>)>, Refused> {
        let mut removals: BTreeMap<u32, Vec<Node<'a>>> = BTreeMap::new();
        let removed = |node: &&Node<'a>| self.get(**node).is_some_and(|change| change.remove);
        for &node in of.iter().filter(removed) {
            let parent = self.parent(node).ok_or(Refused::Layout("it is the whole document"))?;
            removals.entry(parent.index()).or_default().push(node);
        }
        let by_parent = removals.into_iter();
        Ok(by_parent.map(|(parent, gone)| (self.document.node(parent), gone)).collect())
    }
}

/// Notes the parents of the nodes of ascending numbers that stand below `node`. Only what holds one
/// of them is looked into.
fn find_parents(
    node: Node<'_>,
    changed: &mut Peekable<impl Iterator<Item = u32>>,
    parents: &mut HashMap<u32, u32>,
) {
    changed.next_if_eq(&node.index());
    let children = node.entries().map(|(_, value)| value).chain(node.items());
    for child in children {
        let holds = |index: &u32| child.contains(node.document().node(*index));
        let Some(next) = changed.peek() else { return };
        if holds(next) {
            if *next == child.index() {
                parents.insert(child.index(), node.index());
            }
            find_parents(child, changed, parents);
        }
    }
}

fn merge_entry(
    entries: &mut Vec<(Cow<'static, str>, Value)>,
    key: Cow<'static, str>,
    value: Value,
) -> Result<(), Refused> {
    match entries.iter_mut().find(|(known, _)| *known == key) {
        Some((_, known)) => {
            let old = std::mem::replace(known, Value::Bool(false));
            *known = merged(old, value)?;
        }
        None => entries.push((key, value)),
    }
    Ok(())
}

/// Two values for one place: maps that add to each other, or the same.
fn merged(known: Value, new: Value) -> Result<Value, Refused> {
    match (known, new) {
        (Value::Map(mut known), Value::Map(new)) => {
            for (key, value) in new {
                merge_entry(&mut known, key, value)?;
            }
            Ok(Value::Map(known))
        }
        (known, new) if known == new => Ok(known),
        _ => Err(Refused::Conflict),
    }
}

/// Whether a document repeats what stands before, by alias or merge key: its scalars then do not
/// follow each other in the text.
fn repeats(document: &Document) -> bool {
    let mut end = 0;
    document.nodes().filter(|node| !matches!(node.kind(), Kind::Map | Kind::Seq)).any(|node| {
        let before = node.span().start < end;
        end = node.span().end;
        before
    })
}

fn uses(document: &Document) -> HashMap<Place, Vec<u32>> {
    let mut uses: HashMap<Place, Vec<u32>> = HashMap::new();
    for node in document.nodes() {
        uses.entry(place(node)).or_default().push(node.index());
    }
    uses
}
