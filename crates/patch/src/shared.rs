//! Changes of values that an anchor shares with other places.
//!
//! The tree has a copy of the value wherever an alias or merge key repeats it; the text has it once.
//! Where all copies change alike, the text changes there. Where one does alone, it is written out:
//! an alias becomes the value with its change, and what a merge key brings is overridden by a key
//! of its own behind it. Nothing else is left but to change the others too, and that is refused.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use seawall_model::Value;
use seawall_model::document::{Kind, Node};

use crate::Refused;
use crate::layout::Layout;
use crate::plan::Plan;

/// Most nodes of a value that is written out.
const LARGEST: usize = 200;

/// How the changes of a document come into its text.
#[derive(Default)]
pub(crate) struct Settled<'a> {
    /// What is changed where it stands.
    pub(crate) direct: Vec<Node<'a>>,
    /// Values, each an alias behind its key, that are written out with their changes.
    pub(crate) aliases: Vec<(Node<'a>, Value)>,
    /// For each map, what overrides its merge key.
    pub(crate) overrides: BTreeMap<u32, Vec<(Cow<'static, str>, Value)>>,
}

/// Finds for each change of a plan where the text is to be edited for it.
pub(crate) fn settle<'a>(plan: &Plan<'a>, layout: &Layout<'_>) -> Result<Settled<'a>, Refused> {
    let mut settled = Settled::default();
    // Changes come in reading order, and so the last of these is the one that may hold a change.
    let mut written_out: Option<Node<'a>> = None;
    // By the first copy, whether all change alike.
    let mut agreed: HashMap<u32, bool> = HashMap::new();
    for (node, change) in plan.changes() {
        let Some(copies) = plan.copies(node) else {
            // A key that is an alias stands elsewhere.
            if node.key().is_some_and(|key| plan.copies(key).is_some()) {
                return Err(Refused::Shared);
            }
            settled.direct.push(node);
            continue;
        };
        let alike = |index: &u32| plan.get(plan.document().node(*index)) == Some(change);
        if *agreed.entry(copies[0]).or_insert_with(|| copies.iter().all(alike)) {
            if copies[0] == node.index() {
                settled.direct.push(node);
            }
            continue;
        }
        if written_out.is_some_and(|outer| outer.contains(node)) {
            continue;
        }
        let (map, value) = outermost(plan, node).ok_or(Refused::Shared)?;
        let key = value.key().ok_or(Refused::Shared)?;
        let own = map.span().start <= key.span().start && key.span().end <= map.span().end;
        let entry = value == node && (change.remove || change.rename.is_some());
        match (own, entry) {
            (true, true) => settled.direct.push(node),
            (true, false) if layout.alias(key).is_some() => {
                settled.aliases.push((value, changed(plan, value)?));
                written_out = Some(value);
            }
            (false, false) => {
                let name = Cow::Owned(key.text().to_owned());
                let overrides = settled.overrides.entry(map.index()).or_default();
                overrides.push((name, changed(plan, value)?));
                written_out = Some(value);
            }
            _ => return Err(Refused::Shared),
        }
    }
    Ok(settled)
}

/// The outermost value around a node that stands in several places, and the map that it stands in.
fn outermost<'a>(plan: &Plan<'a>, node: Node<'a>) -> Option<(Node<'a>, Node<'a>)> {
    let mut around = plan.document().root();
    loop {
        let mut children = around.entries().map(|(_, value)| value).chain(around.items());
        let next = children.find(|child| child.contains(node))?;
        if plan.copies(next).is_some() {
            return (around.kind() == Kind::Map).then_some((around, next));
        }
        around = next;
    }
}

/// A value as it is after the changes in it.
fn changed(plan: &Plan<'_>, node: Node<'_>) -> Result<Value, Refused> {
    const NO_VALUE: Refused =
        Refused::Layout("the alias stands for something that is not written out");
    if node.descendants().nth(LARGEST).is_some() {
        return Err(Refused::Layout("the alias stands for too much to be written out"));
    }
    let change = plan.get(node);
    if let Some(value) = change.and_then(|change| change.replace.as_ref()) {
        return Ok(value.clone());
    }
    let stays = |node: Node<'_>| !plan.get(node).is_some_and(|change| change.remove);
    Ok(match node.kind() {
        Kind::Map => {
            let mut entries = Vec::new();
            for (key, value) in node.entries().filter(|(_, value)| stays(*value)) {
                let renamed = plan.get(value).and_then(|change| change.rename.clone());
                let name = renamed.unwrap_or_else(|| Cow::Owned(key.text().to_owned()));
                entries.push((name, changed(plan, value)?));
            }
            entries.extend(change.into_iter().flat_map(|change| change.insert.iter().cloned()));
            Value::Map(entries)
        }
        Kind::Seq => {
            let items = node.items().filter(|item| stays(*item));
            let mut items = items.map(|item| changed(plan, item)).collect::<Result<Vec<_>, _>>()?;
            items.extend(change.into_iter().flat_map(|change| change.append.iter().cloned()));
            Value::List(items)
        }
        Kind::Bool => Value::Bool(node.as_bool().ok_or(NO_VALUE)?),
        Kind::Int => Value::Int(node.as_i64().ok_or(NO_VALUE)?),
        Kind::Str => Value::str(node.text().to_owned()),
        Kind::Null | Kind::Float => return Err(NO_VALUE),
    })
}
