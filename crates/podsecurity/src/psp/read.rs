//! Typed reading, where what is malformed is an answer of its own.

use seawall_model::Undecided;
use seawall_model::document::Node;

/// A range of numbers, both ends within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The smallest.
    pub min: i64,
    /// The largest.
    pub max: i64,
}

impl Range {
    /// Whether a number lies in it.
    pub fn holds(self, number: i64) -> bool {
        (self.min..=self.max).contains(&number)
    }

    /// Whether a number lies in one of several.
    pub fn any_holds(ranges: &[Range], number: i64) -> bool {
        ranges.iter().any(|range| range.holds(number))
    }

    /// Ranges for messages: `1-10, 80`.
    pub fn list(ranges: &[Range]) -> String {
        let shown: Vec<String> = ranges
            .iter()
            .map(|range| match range {
                Range { min, max } if min == max => min.to_string(),
                Range { min, max } => format!("{min}-{max}"),
            })
            .collect();
        shown.join(", ")
    }
}

/// A string; empty where it is absent.
pub(super) fn text<'a>(at: Node<'a>, key: &str) -> Result<String, Undecided<'a>> {
    Ok(optional_text(at, key)?.unwrap_or_default())
}

pub(super) fn optional_text<'a>(at: Node<'a>, key: &str) -> Result<Option<String>, Undecided<'a>> {
    Ok(at.field(key)?.map(Node::string).transpose()?.map(|read| read.value.to_owned()))
}

/// A boolean; false where it is absent.
pub(super) fn flag<'a>(at: Node<'a>, key: &str) -> Result<bool, Undecided<'a>> {
    Ok(optional_flag(at, key)?.unwrap_or(false))
}

pub(super) fn optional_flag<'a>(at: Node<'a>, key: &str) -> Result<Option<bool>, Undecided<'a>> {
    Ok(at.field(key)?.map(Node::boolean).transpose()?.map(|read| read.value))
}

pub(super) fn optional_number<'a>(at: Node<'a>, key: &str) -> Result<Option<i64>, Undecided<'a>> {
    Ok(at.field(key)?.map(Node::integer).transpose()?.map(|read| read.value))
}

/// What stands in a list; nothing where it is absent.
pub(super) fn list<'a, T>(
    at: Node<'a>,
    key: &str,
    read: impl FnMut(Node<'a>) -> Result<T, Undecided<'a>>,
) -> Result<Vec<T>, Undecided<'a>> {
    match at.field(key)? {
        Some(items) => items.list()?.map(read).collect(),
        None => Ok(Vec::new()),
    }
}

/// The strings of a list.
pub(super) fn texts<'a>(at: Node<'a>, key: &str) -> Result<Vec<String>, Undecided<'a>> {
    list(at, key, |item| Ok(item.string()?.value.to_owned()))
}

/// The ranges of a list; an end that is absent is 0.
pub(super) fn ranges<'a>(at: Node<'a>, key: &str) -> Result<Vec<Range>, Undecided<'a>> {
    list(at, key, |item| {
        let end = |key| optional_number(item, key).map(Option::unwrap_or_default);
        Ok(Range { min: end("min")?, max: end("max")? })
    })
}
