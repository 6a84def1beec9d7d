//! Edits of lists and maps in brackets, JSON's among them.

use seawall_model::Value;
use seawall_model::document::{Kind, Node};

use crate::Refused;
use crate::layout::Layout;
use crate::render;
use crate::splice::Splices;

const COMMENT: Refused = Refused::Layout("a comment stands where the brackets are edited");

/// An entry or item in the text.
#[derive(Clone, Copy)]
struct Child<'a> {
    value: Node<'a>,
    start: usize,
    end: usize,
}

fn children<'a>(layout: &Layout<'_>, node: Node<'a>) -> Result<Vec<Child<'a>>, Refused> {
    let (open, close) = (node.span().start as usize, node.span().end as usize);
    let child = |key: Option<Node<'a>>, value: Node<'a>| {
        let mut end = key.map_or(value.span().end as usize, |key| layout.value_end(key, value));
        if value.is_null() && value.span().start == value.span().end {
            // Of `{a:}` and `{a}` nothing is the value.
            let rest = &layout.text()[end..];
            let blanks = rest.len() - rest.trim_start().len();
            if rest[blanks..].starts_with(':') {
                end += blanks + 1;
            }
        }
        let start = key.unwrap_or(value).span().start as usize;
        if open < start && start <= end && end < close {
            Ok(Child { value, start, end })
        } else {
            Err(Refused::Shared)
        }
    };
    match node.kind() {
        Kind::Map => node.entries().map(|(key, value)| child(Some(key), value)).collect(),
        _ => node.items().map(|item| child(None, item)).collect(),
    }
}

/// Puts new entries or items behind the last.
pub(crate) fn insert(
    layout: &Layout<'_>,
    node: Node<'_>,
    new: &[(Option<&str>, &Value)],
    splices: &mut Splices,
) -> Result<(), Refused> {
    let text = layout.text();
    let (open, close) = (node.span().start as usize, node.span().end as usize - 1);
    let style = layout.style(node);
    let step = layout.json_step();
    let entry = |(key, value): &(Option<&str>, &Value), eol: &str, prefix: &str| match step {
        Some(step) => render::spread_entry(*key, value, &style, eol, prefix, step),
        None => render::inline_entry(*key, value, &style),
    };
    let mut children = match children(layout, node) {
        // What a merge key brings stands elsewhere; behind all there is a place all the same.
        Err(Refused::Shared) => return insert_last(layout, node, new, splices),
        children => children?,
    };
    let Some(last) = children.pop() else {
        if !text[open + 1..close].trim().is_empty() {
            return Err(COMMENT);
        }
        match step {
            Some(step) => {
                let (outer, eol) = (layout.indentation(open), layout.eol(open));
                let prefix = format!("{outer}{step}");
                let entries: Vec<String> = new.iter().map(|new| entry(new, eol, &prefix)).collect();
                let entries = entries.join(&format!(",{eol}{prefix}"));
                let inner = format!("{eol}{prefix}{entries}{eol}{outer}");
                splices.replace(open + 1, close, inner, node.index());
            }
            None => {
                let entries: Vec<String> = new.iter().map(|new| entry(new, "", "")).collect();
                splices.insert(open + 1, entries.join(style.comma), node.index());
            }
        }
        return Ok(());
    };
    if !layout.is_first(last.start) || !text[open..last.start].contains('\n') {
        let entries = new.iter().map(|(key, value)| {
            format!("{}{}", style.comma, render::inline_entry(*key, value, &style))
        });
        splices.insert(last.end, entries.collect(), node.index());
        return Ok(());
    }
    let (prefix, eol) = (layout.before(last.start), layout.eol(open));
    let entries: Vec<String> = new.iter().map(|new| entry(new, eol, prefix)).collect();
    let entries = entries.join(&format!(",{eol}{prefix}"));
    let next = layout.skip(last.end);
    let line = layout.line_end(last.end);
    if text.as_bytes().get(next) == Some(&b',') {
        splices.insert(layout.line_end(next), format!("{eol}{prefix}{entries},"), node.index());
    } else if line >= close || text[last.end..line].trim().is_empty() {
        splices.insert(last.end, format!(",{eol}{prefix}{entries}"), node.index());
    } else {
        splices.insert(last.end, ",".to_owned(), node.index());
        splices.insert(line, format!("{eol}{prefix}{entries}"), node.index());
    }
    Ok(())
}

/// Puts new entries before the closing bracket of a map that is not empty.
fn insert_last(
    layout: &Layout<'_>,
    node: Node<'_>,
    new: &[(Option<&str>, &Value)],
    splices: &mut Splices,
) -> Result<(), Refused> {
    let (open, close) = (node.span().start as usize + 1, node.span().end as usize - 1);
    let inside = layout.text()[open..close].trim_end();
    if inside.contains('#') {
        return Err(COMMENT);
    }
    let style = layout.style(node);
    let entries = new.iter().map(|(key, value)| render::inline_entry(*key, value, &style));
    let entries = entries.collect::<Vec<_>>().join(style.comma);
    let at = open + inside.strip_suffix(',').unwrap_or(inside).len();
    splices.insert(at, format!("{}{entries}", style.comma), node.index());
    Ok(())
}

/// Removes values, with their keys from a map.
pub(crate) fn remove(
    layout: &Layout<'_>,
    node: Node<'_>,
    gone: &[Node<'_>],
    splices: &mut Splices,
) -> Result<(), Refused> {
    let text = layout.text();
    let all = children(layout, node)?;
    let goes = |child: &Child<'_>| gone.contains(&child.value);
    let Some(kept) = all.iter().rposition(|child| !goes(child)) else {
        let (open, close) = (node.span().start as usize + 1, node.span().end as usize - 1);
        if text[open..close].contains('#') {
            return Err(COMMENT);
        }
        splices.cut(open, close);
        return Ok(());
    };
    for child in all[..kept].iter().filter(|child| goes(child)) {
        cut_with_comma(layout, child, splices)?;
    }
    if let Some(last) = all[kept + 1..].last() {
        let comma = layout.skip(all[kept].end);
        let end = layout.skip(last.end);
        if text.as_bytes().get(end) == Some(&b',') {
            // A comma may stand behind the last.
            for child in &all[kept + 1..] {
                cut_with_comma(layout, child, splices)?;
            }
        } else if text[comma..all[kept + 1].start].contains('#') {
            return Err(COMMENT);
        } else {
            splices.cut(comma, last.end);
        }
    }
    Ok(())
}

fn cut_with_comma(
    layout: &Layout<'_>,
    child: &Child<'_>,
    splices: &mut Splices,
) -> Result<(), Refused> {
    let text = layout.text();
    let comma = layout.skip(child.end);
    if text[child.end..comma].contains('#') {
        return Err(COMMENT);
    }
    let line = layout.line_end(comma);
    let rest = text[comma + 1..line].trim_start();
    if layout.is_first(child.start) && (rest.is_empty() || rest.starts_with('#')) {
        splices.cut(layout.line_start(child.start), layout.next_line(comma));
    } else {
        let blanks =
            text[comma + 1..].len() - text[comma + 1..].trim_start_matches([' ', '\t']).len();
        splices.cut(child.start, comma + 1 + blanks);
    }
    Ok(())
}
