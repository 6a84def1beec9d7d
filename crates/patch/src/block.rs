//! Edits of lists and maps whose entries have lines of their own.

use seawall_model::Value;
use seawall_model::document::{Kind, Node};

use crate::Refused;
use crate::layout::Layout;
use crate::render::{self, Style};
use crate::splice::Splices;

const ON_ONE_LINE: Refused = Refused::Layout("its line holds the start of something else");
const LAST_ONE: Refused = Refused::Layout("nothing would be left where it stands");

/// Puts new entries behind those of a map, or items behind those of a list.
pub(crate) fn insert(
    layout: &Layout<'_>,
    node: Node<'_>,
    new: &[(Option<&str>, &Value)],
    splices: &mut Splices,
) -> Result<(), Refused> {
    let first = node.span().start as usize;
    let column = if node.kind() == Kind::Seq {
        layout
            .dash(first)
            .ok_or(Refused::Layout("the list's dash is not where it is looked for"))?
    } else {
        first
    };
    let prefix = layout.prefix(column);
    let at = layout.behind(node, prefix.len());
    let eol = layout.eol(at);
    let mut text = String::new();
    for (key, value) in new {
        text.push_str(eol);
        text.push_str(&prefix);
        text.push_str(&render::block_entry(layout, *key, value, eol, &prefix));
    }
    splices.insert(at, text, node.index());
    Ok(())
}

/// Gives a node another value.
pub(crate) fn replace(
    layout: &Layout<'_>,
    node: Node<'_>,
    in_brackets: bool,
    value: &Value,
    splices: &mut Splices,
) -> Result<(), Refused> {
    let span = node.span();
    let block = matches!(node.kind(), Kind::Map | Kind::Seq) && !node.is_flow();
    if !block && span.start < span.end {
        let text = match value {
            Value::Str(text) => render::like(layout.written(span), text),
            value if in_brackets || node.is_flow() => render::inline(value, &layout.style(node)),
            value => render::inline(value, &Style::YAML),
        };
        splices.put(span, text, node.index());
        return Ok(());
    }
    let key = node.key().ok_or(Refused::Layout("it stands in a list, without a key"))?;
    let colon = colon(layout, key)?;
    if block {
        return inline_instead(layout, node, &render::inline(value, &Style::YAML), splices);
    }
    // Nothing stands behind the colon.
    behind_colon(layout, (key, colon, colon + 1), in_brackets, value, splices);
    Ok(())
}

/// Puts a value on the line of the key of a list or map in block style, and removes its lines.
fn inline_instead(
    layout: &Layout<'_>,
    node: Node<'_>,
    value: &str,
    splices: &mut Splices,
) -> Result<(), Refused> {
    let key = node.key().ok_or(LAST_ONE)?;
    let colon = colon(layout, key)?;
    let (line, end) = (layout.line_end(colon), layout.line_end(node.span().end as usize));
    if node.span().start as usize <= line {
        return Err(ON_ONE_LINE);
    }
    splices.insert(colon + 1, format!(" {value}"), node.index());
    splices.cut(line, end);
    Ok(())
}

fn colon(layout: &Layout<'_>, key: Node<'_>) -> Result<usize, Refused> {
    layout.colon(key).ok_or(Refused::Layout("the key's colon is not where it is looked for"))
}

/// Puts a value in the place of an alias that stands behind its key.
pub(crate) fn write_out(
    layout: &Layout<'_>,
    node: Node<'_>,
    in_brackets: bool,
    value: &Value,
    splices: &mut Splices,
) -> Result<(), Refused> {
    let key = node.key().ok_or(LAST_ONE)?;
    let alias = layout.alias(key).ok_or(Refused::Shared)?;
    let colon = colon(layout, key)?;
    splices.cut(colon + 1, alias.end);
    behind_colon(layout, (key, colon, alias.end), in_brackets, value, splices);
    Ok(())
}

/// Puts a value behind a colon; `at` is where on its line a scalar goes.
fn behind_colon(
    layout: &Layout<'_>,
    (key, colon, at): (Node<'_>, usize, usize),
    in_brackets: bool,
    value: &Value,
    splices: &mut Splices,
) {
    if in_brackets {
        let text = format!(" {}", render::inline(value, &layout.style(key)));
        return splices.insert(at, text, key.index());
    }
    let line = layout.line_end(colon);
    let eol = layout.eol(colon);
    let prefix = layout.prefix(key.span().start as usize);
    let mut text = String::new();
    render::block_value(layout, value, eol, &prefix, &mut text);
    let at = if text.starts_with(eol) { line } else { at };
    splices.insert(at, text, key.index());
}

/// Removes values with their keys from a map.
pub(crate) fn remove_entries(
    layout: &Layout<'_>,
    map: Node<'_>,
    gone: &[Node<'_>],
    in_brackets: bool,
    splices: &mut Splices,
) -> Result<(), Refused> {
    if in_brackets {
        return Err(ON_ONE_LINE);
    }
    let mut left = map.entries().filter(|(_, value)| !gone.contains(value));
    let next = left.next();
    if next.is_none() {
        return inline_instead(layout, map, "{}", splices);
    }
    for value in gone {
        let key = value.key().ok_or(LAST_ONE)?;
        let (start, end) = (key.span().start as usize, layout.value_end(key, *value));
        if end < start {
            return Err(Refused::Shared);
        }
        if layout.is_first(start) {
            cut_lines(layout, start, end, splices);
            continue;
        }
        // The first entry of an item, on the line of its dash: the next moves there.
        let next = map
            .entries()
            .find(|(_, value)| !gone.contains(value))
            .map(|(key, _)| key.span().start as usize)
            .filter(|next| *next > end)
            .ok_or(ON_ONE_LINE)?;
        let skipped =
            gone.iter().filter(|other| (start..next).contains(&(other.span().end as usize)));
        if skipped.count() > 1 {
            return Err(Refused::Conflict);
        }
        let line = layout.line_end(end);
        if layout.text()[line..next].trim().is_empty() {
            splices.cut(start, next);
        } else {
            // Comment lines stand between: they stay, and the dash has a line of its own.
            let blank = layout.before(start).trim_end().len();
            splices.cut(layout.line_start(start) + blank, line);
        }
    }
    Ok(())
}

/// Removes items from a list.
pub(crate) fn remove_items(
    layout: &Layout<'_>,
    list: Node<'_>,
    gone: &[Node<'_>],
    in_brackets: bool,
    splices: &mut Splices,
) -> Result<(), Refused> {
    if in_brackets {
        return Err(ON_ONE_LINE);
    }
    if list.items().all(|item| gone.contains(&item)) {
        return inline_instead(layout, list, "[]", splices);
    }
    for item in gone {
        let dash = layout.dash(item.span().start as usize);
        let dash = dash.filter(|dash| layout.is_first(*dash)).ok_or(ON_ONE_LINE)?;
        cut_lines(layout, dash, item.span().end as usize, splices);
    }
    Ok(())
}

/// Removes the lines from that of one place to that of another. The last line of a text that has
/// no line end takes that of the line before with it.
fn cut_lines(layout: &Layout<'_>, start: usize, end: usize, splices: &mut Splices) {
    let (line, next) = (layout.line_start(start), layout.next_line(end));
    let last = next == layout.text().len() && !layout.text().ends_with('\n');
    if last && line > 0 {
        splices.cut(layout.line_end(line - 1), next);
    } else {
        splices.cut(line, next);
    }
}
