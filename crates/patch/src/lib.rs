//! How is this text changed and nothing else?
//!
//! Edits of the tree become splices of the text: comments, order, quotes, indentation, line ends
//! and the end of the file stay as they are, and what is new takes the style of its neighbours.
//!
//! ```text
//! edits ─► Plan ─► block, flow ─► Splices ─► text ─► verify
//!          what     how the text    where       ▲        │ read again: the intended tree, and
//!          changes  is laid out                 └────────┘ nothing else? else refused
//! ```
//!
//! Nothing is trusted that was not read again: a text is given out only if the reader makes of it
//! the tree that the edits mean. What can't be edited so is refused with the reason, and the text
//! stays as it was:
//!
//! - a value that an anchor shares with other places, where these would change too (`shared`);
//! - edits that overlap each other;
//! - layouts that are rare and easily broken, such as the first entry of `- a: 1` going while a
//!   list nests on the same line.
//!
//! Of comments: what stands behind a removed value on its line, or inside it, goes with it;
//! comment lines above stay, for they may speak of more, unless the list or map is left empty. A new entry is put behind comment lines
//! that follow its map at its own indentation or deeper, for those are mostly entries that were
//! commented out.
//!
//! Pure: no input or output, no clock. The crates for this that exist either build on tree-sitter
//! (`yamlpatch`), a C library with YAML rules other than Kubernetes', or bring a second YAML parser
//! (`yaml-edit`); the reader of `seawall-model` already knows where every value stands.

mod block;
mod flow;
mod layout;
mod plan;
mod render;
mod shared;
mod splice;
mod verify;

use std::collections::BTreeMap;
use std::sync::Arc;

use seawall_model::document::{Kind, Node};
use seawall_model::{Edit, Source, Value};

use layout::Layout;
use plan::Plan;
use shared::{Settled, settle};
use splice::Splices;

/// Why a text is not edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Two edits concern the same bytes or contradict each other; one after the other they may go.
    #[error("it overlaps another edit of the same place")]
    Conflict,
    /// The value stands in several places, and the others would change with it.
    #[error("an alias or merge key uses the value elsewhere too, where it would change with it")]
    Shared,
    /// The tree has no place for the edit.
    #[error("{0}")]
    Misplaced(String),
    /// The text is laid out in a way that is not edited.
    #[error("{0}")]
    Layout(&'static str),
    /// The edited text would not read as intended.
    #[error("the text would not read as intended: {0}")]
    Unproven(String),
}

/// The text of a source after edits of the documents in it; all or nothing.
///
/// # Errors
///
/// Where the edits can't be made without changing something else, with the reason.
pub fn patch(source: &Arc<Source>, edits: &[Edit<'_>]) -> Result<String, Refused> {
    // By where the document's root stands, which no other document's does.
    let mut plans: BTreeMap<u32, Plan<'_>> = BTreeMap::new();
    for edit in edits {
        let document = edit.at.document();
        debug_assert!(Arc::ptr_eq(document.source(), source), "an edit of another source");
        let start = document.root().span().start;
        plans.entry(start).or_insert_with(|| Plan::new(document)).add(edit)?;
    }
    let mut splices = Splices::default();
    for plan in plans.values() {
        plan.consistent()?;
        lay_out(plan, &mut splices)?;
    }
    let text = splices.apply(source.text())?;
    verify::verify(source, &plans, &text)?;
    Ok(text)
}

fn lay_out(plan: &Plan<'_>, splices: &mut Splices) -> Result<(), Refused> {
    let layout = Layout::new(plan.document());
    let Settled { direct, aliases, mut overrides } = settle(plan, &layout)?;
    for (value, written) in &aliases {
        block::write_out(&layout, *value, plan.in_brackets(*value), written, splices)?;
    }
    for node in &direct {
        let (node, Some(change)) = (*node, plan.get(*node)) else { continue };
        if let Some(value) = &change.replace {
            block::replace(&layout, node, plan.in_brackets(node), value, splices)?;
        }
        if let Some(name) = &change.rename {
            let key = node.key().ok_or(Refused::Layout("it has no key to rename"))?;
            splices.put(key.span(), render::like(layout.written(key.span()), name), key.index());
        }
        let more = overrides.remove(&node.index()).unwrap_or_default();
        let entries = change.insert.iter().chain(&more).map(|(key, value)| (Some(&**key), value));
        let items = change.append.iter().map(|value| (None, value));
        insert(&layout, node, &entries.chain(items).collect::<Vec<_>>(), splices)?;
    }
    for (index, entries) in &overrides {
        let entries: Vec<_> = entries.iter().map(|(key, value)| (Some(&**key), value)).collect();
        insert(&layout, plan.document().node(*index), &entries, splices)?;
    }
    for (parent, gone) in plan.removals(&direct)? {
        if parent.is_flow() {
            flow::remove(&layout, parent, &gone, splices)?;
        } else if matches!(parent.kind(), Kind::Map) {
            block::remove_entries(&layout, parent, &gone, plan.in_brackets(parent), splices)?;
        } else {
            block::remove_items(&layout, parent, &gone, plan.in_brackets(parent), splices)?;
        }
    }
    Ok(())
}

/// Puts entries into a map, or items into a list.
fn insert(
    layout: &Layout<'_>,
    node: Node<'_>,
    new: &[(Option<&str>, &Value)],
    splices: &mut Splices,
) -> Result<(), Refused> {
    match (new, node.is_flow()) {
        ([], _) => Ok(()),
        (_, true) => flow::insert(layout, node, new, splices),
        (_, false) => block::insert(layout, node, new, splices),
    }
}
