//! Reads an edited text again: it must be the tree that was meant, and nothing else.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use seawall_model::document::{Chunk, Document, Kind, Limits, Node, chunks, read};
use seawall_model::{Source, Value};

use crate::Refused;
use crate::plan::{NodeChange, Plan};

pub(crate) fn verify(
    source: &Arc<Source>,
    plans: &BTreeMap<u32, Plan<'_>>,
    text: &str,
) -> Result<(), Refused> {
    let unproven = |why: &str| Refused::Unproven(why.to_owned());
    let edited = Arc::new(Source::new(Arc::clone(source.name()), text.to_owned()));
    let (old, new) = (chunks(source), chunks(&edited));
    if old.len() != new.len() {
        return Err(unproven("documents would begin or end elsewhere"));
    }
    let limits = Limits::default();
    for (old, new) in old.into_iter().zip(new) {
        if written(source, old) == written(&edited, new) {
            continue;
        }
        let (old, new) = (read(source, old, &limits), read(&edited, new, &limits));
        if let Some(error) = new.error {
            let at = edited.position(error.offset);
            return Err(Refused::Unproven(format!("line {}: {error}", at.line)));
        }
        if old.error.is_some() || old.documents.len() != new.documents.len() {
            return Err(unproven("documents would begin or end elsewhere"));
        }
        for (old, new) in old.documents.iter().zip(&new.documents) {
            if old.duplicates().len() != new.duplicates().len() {
                return Err(unproven("a key would stand twice"));
            }
            let plan = plans.get(&old.root().span().start);
            compare(old, new, plan).map_err(|at| {
                let at = old.source().position(at.span().start);
                Refused::Unproven(format!(
                    "line {}, column {} would have another value",
                    at.line, at.column
                ))
            })?;
        }
    }
    Ok(())
}

fn written(source: &Source, chunk: Chunk) -> &str {
    &source.text()[chunk.span.start as usize..chunk.span.end as usize]
}

fn compare<'a>(old: &'a Document, new: &Document, plan: Option<&Plan<'_>>) -> Result<(), Node<'a>> {
    // A key that overrides a merged one may come to stand in another place of the tree's order.
    let in_order = !plan.is_some_and(Plan::repeats);
    same(old.root(), new.root(), plan, in_order)
}

/// Whether `new` is what a plan makes of `old`; else the old value that would differ.
fn same<'a>(
    old: Node<'a>,
    new: Node<'_>,
    plan: Option<&Plan<'_>>,
    in_order: bool,
) -> Result<(), Node<'a>> {
    let ensure = |holds: bool| if holds { Ok(()) } else { Err(old) };
    let change_of = |node: Node<'a>| plan.and_then(|plan| plan.get(node));
    let change = change_of(old);
    if let Some(value) = change.and_then(|change| change.replace.as_ref()) {
        return ensure(is(new, value));
    }
    ensure(old.kind() == new.kind())?;
    let stays = |node: Node<'a>| !change_of(node).is_some_and(|change| change.remove);
    match old.kind() {
        Kind::Map => {
            let mut entries = new.entries();
            let by_name: HashMap<&str, Node<'_>> = match in_order {
                true => HashMap::new(),
                false => new.entries().map(|(key, value)| (key.text(), value)).collect(),
            };
            let mut count = 0;
            let mut found = |name: &str| {
                count += 1;
                if !in_order {
                    return by_name.get(name).copied();
                }
                entries.next().filter(|(key, _)| key.text() == name).map(|(_, value)| value)
            };
            for (key, value) in old.entries().filter(|(_, value)| stays(*value)) {
                let renamed = change_of(value).and_then(|change| change.rename.as_deref());
                let new = found(renamed.unwrap_or(key.text())).ok_or(value)?;
                same(value, new, plan, in_order)?;
            }
            let inserted = change.map_or(&[][..], |change: &NodeChange| &change.insert);
            for (key, value) in inserted {
                ensure(is(found(key).ok_or(old)?, value))?;
            }
            ensure(new.entries().count() == count)
        }
        Kind::Seq => {
            let mut found = new.items();
            for item in old.items().filter(|item| stays(*item)) {
                same(item, found.next().ok_or(item)?, plan, in_order)?;
            }
            for value in change.map_or(&[][..], |change: &NodeChange| &change.append) {
                ensure(is(found.next().ok_or(old)?, value))?;
            }
            ensure(found.next().is_none())
        }
        Kind::Null => Ok(()),
        _ => ensure(old.text() == new.text()),
    }
}

/// Whether a node is a value.
fn is(node: Node<'_>, value: &Value) -> bool {
    match value {
        Value::Bool(value) => node.as_bool() == Some(*value),
        Value::Int(value) => node.as_i64() == Some(*value),
        Value::Str(value) => node.as_str() == Some(value),
        Value::List(values) => {
            node.kind() == Kind::Seq
                && node.items().count() == values.len()
                && node.items().zip(values).all(|(item, value)| is(item, value))
        }
        Value::Map(values) => {
            node.kind() == Kind::Map
                && node.entries().count() == values.len()
                && node
                    .entries()
                    .zip(values)
                    .all(|((key, item), (name, value))| key.text() == name && is(item, value))
        }
    }
}
