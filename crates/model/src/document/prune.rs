//! Takes values out of a document.
//!
//! What comes out of a cluster holds more than was declared: defaults, copies for old clients, the
//! status. The rooms that read clusters leave such values out before anybody looks, and what stays
//! keeps its place in the text.

use std::ops::Range;

use super::{Document, VALUE};

impl Document {
    /// The document without some values, named by [`Node::index`](super::Node::index): a value of a
    /// map goes with its key, an item of a list by itself. The root can't be taken out.
    #[must_use]
    pub fn without(mut self, mut values: Vec<u32>) -> Document {
        values.retain(|&index| index > 0 && (index as usize) < self.nodes.len());
        values.sort_unstable();
        let mut ranges: Vec<Range<u32>> = Vec::with_capacity(values.len());
        for index in values {
            let node = &self.nodes[index as usize];
            let start = if node.flags & VALUE == 0 { index } else { index - 1 };
            if ranges.last().is_none_or(|last| last.end <= start) {
                ranges.push(start..node.next);
            }
        }
        if ranges.is_empty() {
            return self;
        }
        // Nodes taken out up to the end of each range.
        let mut gone: Vec<u32> = Vec::with_capacity(ranges.len());
        for range in &ranges {
            gone.push(gone.last().copied().unwrap_or_default() + (range.end - range.start));
        }
        let mut kept = Vec::with_capacity(self.nodes.len() - gone[gone.len() - 1] as usize);
        let mut from = 0;
        let end = self.nodes.len() as u32;
        for range in ranges.iter().chain(std::iter::once(&(end..end))) {
            kept.extend(self.nodes[from as usize..range.start as usize].iter().map(|node| {
                // A subtree that is kept never ends inside one that is not.
                let before = ranges.partition_point(|range| range.end <= node.next);
                let mut node = *node;
                node.next -= before.checked_sub(1).map_or(0, |last| gone[last]);
                node
            }));
            from = range.end;
        }
        self.nodes = kept;
        self
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::Arc;

    use super::super::{Kind, Limits, Node, chunks, read};
    use super::*;
    use crate::source::Source;

    fn document(text: &str) -> Document {
        let source = Arc::new(Source::new("t", text.to_owned()));
        read(&source, chunks(&source)[0], &Limits::default()).documents.remove(0)
    }

    fn show(node: Node<'_>, out: &mut String) {
        match node.kind() {
            Kind::Map => {
                out.push('{');
                for (key, value) in node.entries() {
                    write!(out, "{}:", key.text()).expect("a String takes all");
                    show(value, out);
                }
                out.push('}');
            }
            Kind::Seq => {
                out.push('[');
                node.items().for_each(|item| show(item, out));
                out.push(']');
            }
            _ => write!(out, "{} ", node.text()).expect("a String takes all"),
        }
    }

    fn without(text: &str, gone: &[&str]) -> String {
        let document = document(text);
        let gone = document.nodes().filter(|n| gone.contains(&n.text()) && !n.text().is_empty());
        let gone: Vec<u32> = gone.map(Node::index).collect();
        let mut out = String::new();
        show(document.without(gone).root(), &mut out);
        out
    }

    #[test]
    fn values_go_with_their_keys_and_items_by_themselves() {
        let text = r#"{"a": 1, "b": {"c": 2, "d": [3, {"e": 4}, 5]}, "f": 6}"#;
        assert_eq!(without(text, &[]), "{a:1 b:{c:2 d:[3 {e:4 }5 ]}f:6 }");
        assert_eq!(without(text, &["1"]), "{b:{c:2 d:[3 {e:4 }5 ]}f:6 }");
        assert_eq!(without(text, &["6", "3"]), "{a:1 b:{c:2 d:[{e:4 }5 ]}}");
        assert_eq!(without(text, &["4", "5"]), "{a:1 b:{c:2 d:[3 {}]}f:6 }");
        assert_eq!(without(text, &["1", "2", "3", "4", "5", "6"]), "{b:{d:[{}]}}");
    }

    #[test]
    fn a_subtree_goes_whole_and_the_root_stays() {
        let document = document(r#"{"a": {"b": [1, 2]}, "c": 3}"#);
        let a = document.root().get("a").expect("it is there");
        let gone = vec![0, a.index(), a.get("b").expect("it is there").index(), 99];
        let document = document.without(gone);
        assert_eq!(document.len(), 3);
        assert_eq!(document.root().get("c").and_then(Node::as_i64), Some(3));
        let c = document.root().get("c").expect("it is there");
        assert_eq!(c.path_from(document.root()).to_string(), "c");
    }
}
