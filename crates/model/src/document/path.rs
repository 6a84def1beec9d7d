//! The way to a field, in words that stay true when lists are reordered.

use std::fmt;

use super::{Kind, Node};

/// One step of a [`Path`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Segment<'a> {
    /// A key of a map.
    Key(&'a str),
    /// An item of a list.
    Item {
        /// Its position, from 0.
        index: u32,
        /// The item.
        item: Node<'a>,
    },
}

impl<'a> Segment<'a> {
    /// What an item is known by: its `name`, or itself where it is a scalar.
    pub fn name(self) -> Option<&'a str> {
        match self {
            Segment::Key(_) => None,
            Segment::Item { item, .. } => match item.kind() {
                Kind::Map => item.get("name").and_then(Node::as_str),
                Kind::Seq => None,
                _ => Some(item.text()),
            },
        }
    }
}

/// The way from a root to a node.
///
/// It prints as `spec.containers[app].ports[0].hostPort`: an item by its name where it has one,
/// and else by its position; a key with a dot or a bracket in quotes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path<'a> {
    segments: Vec<Segment<'a>>,
}

impl<'a> Path<'a> {
    pub(super) fn find(root: Node<'a>, target: Node<'a>) -> Self {
        let mut segments = Vec::new();
        let mut here = root;
        while here != target {
            let step = match here.kind() {
                Kind::Map => here
                    .entries()
                    .find(|(key, value)| *key == target || value.contains(target))
                    .map(|(key, value)| (Segment::Key(key.text()), value)),
                Kind::Seq => here
                    .items()
                    .enumerate()
                    .find(|(_, item)| item.contains(target))
                    .map(|(index, item)| (Segment::Item { index: index as u32, item }, item)),
                _ => None,
            };
            let Some((segment, next)) = step else { break };
            segments.push(segment);
            if next.key() == Some(target) {
                break;
            }
            here = next;
        }
        Path { segments }
    }

    /// The steps, outermost first.
    pub fn segments(&self) -> &[Segment<'a>] {
        &self.segments
    }

    /// The path as it prints.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(80);
        for segment in &self.segments {
            match segment {
                Segment::Key(key) if key.bytes().any(is_special) => {
                    text.push_str(&format!("[{key:?}]"));
                }
                Segment::Key(key) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(key);
                }
                Segment::Item { index, item } => {
                    text.push('[');
                    match (item.kind(), segment.name()) {
                        (Kind::Map, Some(name)) => text.push_str(name),
                        _ => text.push_str(&index.to_string()),
                    }
                    text.push(']');
                }
            }
        }
        text
    }
}

/// Whether a key with this byte is told apart from the path around it by quotes.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'.' | b'[' | b']' | b'"' | b'/')
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}
