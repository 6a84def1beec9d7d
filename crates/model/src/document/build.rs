//! From parser events to the flat tree, with aliases, merge keys and duplicate keys resolved.

use std::collections::HashMap;
use std::sync::Arc;

use super::{DECODED, Document, Duplicate, FLOW, Kind, Limits, NodeData, PLAIN, ReadError, VALUE};
use crate::source::{Source, Span};

/// Where a scalar's text stands.
#[derive(Clone, Copy)]
pub(super) enum Text<'t> {
    /// In the source, at these bytes.
    Verbatim(Span),
    /// Nowhere: it is made of escapes or folded lines.
    Decoded(&'t str),
}

struct Frame {
    index: u32,
    kind: Kind,
    /// A map waits for a key.
    wants_key: bool,
    /// A map has a `<<` key.
    merges: bool,
    /// Where the last value in it ends.
    last_end: u32,
    anchor: usize,
}

/// The subtree of an anchor.
struct Anchor {
    /// Its nodes, their indices counted from 0.
    nodes: Vec<NodeData>,
    /// How many lists and maps lie within each other at its deepest.
    depth: usize,
}

impl Anchor {
    fn new(nodes: Vec<NodeData>) -> Anchor {
        let (mut open, mut depth) = (Vec::new(), 0);
        for (index, node) in nodes.iter().enumerate() {
            while open.last().is_some_and(|&end| end as usize <= index) {
                open.pop();
            }
            if matches!(node.kind, Kind::Seq | Kind::Map) {
                open.push(node.next);
                depth = depth.max(open.len());
            }
        }
        Anchor { nodes, depth }
    }
}

/// Builds documents one after the other.
pub(super) struct Builder<'s> {
    source: &'s Arc<Source>,
    nodes: Vec<NodeData>,
    decoded: String,
    duplicates: Vec<Duplicate>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchor>,
    depth: usize,
    /// Nodes that aliases, anchors and merges may still copy.
    copies: usize,
    documents: Vec<Document>,
}

impl<'s> Builder<'s> {
    pub(super) fn new(source: &'s Arc<Source>, limits: &Limits, bytes: usize) -> Self {
        Builder {
            source,
            // Manifests have a node for about ten bytes.
            nodes: Vec::with_capacity(bytes / 10 + 4),
            decoded: String::new(),
            duplicates: Vec::new(),
            frames: Vec::new(),
            anchors: HashMap::new(),
            depth: limits.depth,
            copies: limits.alias_nodes_per_byte.saturating_mul(bytes).min(limits.alias_nodes),
            documents: Vec::new(),
        }
    }

    /// Whether the next scalar is a key of a map.
    pub(super) fn wants_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.wants_key)
    }

    /// Whether the next value belongs to a key.
    pub(super) fn wants_value(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.kind == Kind::Map && !frame.wants_key)
    }

    /// Whether the document has no node yet.
    pub(super) fn is_untouched(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The value of a key with nothing behind it; it stands where the key ends.
    pub(super) fn null_value(&mut self) -> Result<(), ReadError> {
        let end = self.nodes.last().map_or(0, |key| key.end);
        let span = Span { start: end, end };
        self.scalar(span, Text::Verbatim(span), Kind::Null, true, 0)
    }

    /// Whether the next value stands in brackets. The map of a lone pair in a list (`[a: b]`) has
    /// none of its own.
    pub(super) fn in_flow(&self) -> bool {
        self.frames.iter().rev().take(2).any(|f| self.nodes[f.index as usize].flags & FLOW != 0)
    }

    /// The current map merges what stands under the key just seen.
    pub(super) fn mark_merge(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.merges = true;
        }
    }

    fn push(&mut self, span: Span, kind: Kind, flags: u8) -> usize {
        let value = self.frames.last().is_some_and(|f| f.kind == Kind::Map && !f.wants_key);
        let index = self.nodes.len();
        self.nodes.push(NodeData {
            start: span.start,
            end: span.end,
            next: index as u32 + 1,
            text: 0,
            len: 0,
            kind,
            flags: flags | if value { VALUE } else { 0 },
        });
        index
    }

    /// Something that ends at `end` stands in the innermost collection.
    fn extend(&mut self, end: u32) {
        if let Some(frame) = self.frames.last_mut() {
            frame.last_end = frame.last_end.max(end);
        }
    }

    /// The value just finished was a key, a value or an item.
    fn finish_value(&mut self) {
        if let Some(frame) = self.frames.last_mut()
            && frame.kind == Kind::Map
        {
            frame.wants_key = !frame.wants_key;
        }
    }

    pub(super) fn scalar(
        &mut self,
        span: Span,
        text: Text<'_>,
        kind: Kind,
        plain: bool,
        anchor: usize,
    ) -> Result<(), ReadError> {
        self.extend(span.end);
        let index = self.push(span, kind, if plain { PLAIN } else { 0 });
        let node = &mut self.nodes[index];
        match text {
            Text::Verbatim(place) => {
                (node.text, node.len) = (place.start, place.end - place.start);
            }
            Text::Decoded(text) => {
                node.flags |= DECODED;
                (node.text, node.len) = (self.decoded.len() as u32, text.len() as u32);
                self.decoded.push_str(text);
            }
        }
        if anchor != 0 {
            self.remember(anchor, index)?;
        }
        self.finish_value();
        Ok(())
    }

    pub(super) fn open(
        &mut self,
        kind: Kind,
        span: Span,
        flow: bool,
        anchor: usize,
    ) -> Result<(), ReadError> {
        if self.wants_key() {
            return Err(error(span.start, "a list or map as a key has no form in JSON"));
        }
        if self.frames.len() >= self.depth {
            return Err(self.too_deep(span.start));
        }
        let index = self.push(span, kind, if flow { FLOW } else { 0 }) as u32;
        self.frames.push(Frame {
            index,
            kind,
            wants_key: kind == Kind::Map,
            merges: false,
            last_end: 0,
            anchor,
        });
        Ok(())
    }

    pub(super) fn close(&mut self, end: u32) -> Result<(), ReadError> {
        // The parsers pair openings with closings.
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let index = frame.index as usize;
        if frame.kind == Kind::Map && (frame.merges || self.has_duplicates(index)) {
            self.rebuild(index, frame.merges)?;
        }
        let next = self.nodes.len() as u32;
        // A list in block style starts at its first item: the parser reports some at the dash before
        // it, and some not.
        if frame.kind == Kind::Seq
            && self.nodes[index].flags & FLOW == 0
            && let Some(first) = self.nodes.get(index + 1).map(|item| item.start)
        {
            self.nodes[index].start = self.nodes[index].start.max(first);
        }
        // A block ends where its last value ends; parsers report the start of what follows.
        let node = &mut self.nodes[index];
        node.next = next;
        node.end = if node.flags & FLOW != 0 { end } else { frame.last_end }.max(node.start);
        let end = node.end;
        self.extend(end);
        if frame.anchor != 0 {
            self.remember(frame.anchor, index)?;
        }
        self.finish_value();
        Ok(())
    }

    pub(super) fn alias(&mut self, anchor: usize, span: Span) -> Result<(), ReadError> {
        let Some(repeated) = self.anchors.remove(&anchor) else {
            return Err(error(span.start, "the alias stands inside the value that it repeats"));
        };
        if self.wants_key() && repeated.nodes[0].kind != Kind::Str {
            return Err(error(span.start, "an alias as a key must repeat a string"));
        }
        if self.frames.len() + repeated.depth > self.depth {
            return Err(self.too_deep(span.start));
        }
        self.spend(repeated.nodes.len(), span.start)?;
        self.extend(span.end);
        let value = self.frames.last().is_some_and(|f| f.kind == Kind::Map && !f.wants_key);
        let at = self.append(&repeated.nodes);
        let node = &mut self.nodes[at];
        node.flags = (node.flags & !VALUE) | if value { VALUE } else { 0 };
        self.anchors.insert(anchor, repeated);
        self.finish_value();
        Ok(())
    }

    /// Ends a document; one without content is dropped, as kubectl drops it.
    pub(super) fn finish_document(&mut self) {
        let nodes = std::mem::take(&mut self.nodes);
        let decoded = std::mem::take(&mut self.decoded);
        let duplicates = std::mem::take(&mut self.duplicates);
        self.anchors.clear();
        self.frames.clear();
        if nodes.first().is_some_and(|root| root.kind != Kind::Null) {
            let mut nodes = nodes;
            nodes.shrink_to_fit();
            self.documents.push(Document {
                source: Arc::clone(self.source),
                nodes,
                decoded,
                duplicates,
            });
        }
    }

    pub(super) fn into_documents(self) -> Vec<Document> {
        self.documents
    }

    fn text(&self, node: &NodeData) -> &str {
        let from =
            if node.flags & DECODED == 0 { self.source.text() } else { self.decoded.as_str() };
        &from[node.text as usize..(node.text + node.len) as usize]
    }

    /// Indices of the keys of the map at `index`, which reaches to the end of the nodes.
    fn keys(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let mut next = index + 1;
        std::iter::from_fn(move || {
            let key = next;
            (key < self.nodes.len()).then(|| {
                next = self.nodes[key + 1].next as usize;
                key
            })
        })
    }

    fn has_duplicates(&self, index: usize) -> bool {
        const FEW: usize = 12;
        let mut few = [""; FEW];
        for (count, key) in self.keys(index).enumerate() {
            let text = self.text(&self.nodes[key]);
            if count == FEW {
                let mut all = std::collections::HashSet::new();
                return self.keys(index).any(|key| !all.insert(self.text(&self.nodes[key])));
            }
            if few[..count].contains(&text) {
                return true;
            }
            few[count] = text;
        }
        false
    }

    /// Writes the map at `index` again with its merges taken in and only the winner of each key.
    ///
    /// As in go-yaml v2, a merge takes effect where it stands: it overrides keys before it and is
    /// overridden by keys after it; in a list of merges the earlier one wins.
    fn rebuild(&mut self, index: usize, merges: bool) -> Result<(), ReadError> {
        let keys: Vec<usize> = self.keys(index).map(|key| key - index - 1).collect();
        let old = self.nodes.split_off(index + 1);
        // `next` in `old` still counts from the document's start.
        let shift = index as u32 + 1;
        let mut winners: Vec<(usize, bool)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut put = |builder: &mut Self, key: usize, explicit: bool| {
            let text = builder.text(&old[key]).to_owned();
            if let Some(&place) = places.get(&text) {
                let (loser, was_explicit) = winners[place];
                if explicit && was_explicit {
                    builder.duplicates.push(Duplicate {
                        dropped: span_of(&old[loser]),
                        kept: span_of(&old[key]),
                    });
                }
                winners[place] = (key, explicit);
            } else {
                places.insert(text, winners.len());
                winners.push((key, explicit));
            }
        };
        for &key in &keys {
            if !(merges && old[key].flags & PLAIN != 0 && self.text(&old[key]) == "<<") {
                put(self, key, true);
                continue;
            }
            let value = &old[key + 1];
            let sources: Vec<usize> = match value.kind {
                Kind::Map => vec![key + 1],
                Kind::Seq => {
                    let mut items = Vec::new();
                    let mut item = key + 2;
                    while item < (value.next - shift) as usize {
                        items.push(item);
                        item = (old[item].next - shift) as usize;
                    }
                    items.reverse();
                    items
                }
                _ => vec![key + 1],
            };
            for from in sources {
                if old[from].kind != Kind::Map {
                    return Err(error(
                        old[key].start,
                        "a merge key (<<) takes a map or a list of maps",
                    ));
                }
                let mut merged = from + 1;
                while merged < (old[from].next - shift) as usize {
                    put(self, merged, false);
                    merged = (old[merged + 1].next - shift) as usize;
                }
            }
        }
        for (key, _) in winners {
            let end = (old[key + 1].next - shift) as usize;
            let delta = self.nodes.len() as i64 - (key as i64 + i64::from(shift));
            self.nodes.extend(
                old[key..end]
                    .iter()
                    .map(|node| NodeData { next: (i64::from(node.next) + delta) as u32, ..*node }),
            );
        }
        Ok(())
    }

    fn append(&mut self, subtree: &[NodeData]) -> usize {
        let at = self.nodes.len();
        self.nodes
            .extend(subtree.iter().map(|node| NodeData { next: node.next + at as u32, ..*node }));
        at
    }

    fn remember(&mut self, anchor: usize, index: usize) -> Result<(), ReadError> {
        self.spend(self.nodes.len() - index, self.nodes[index].start)?;
        let subtree = self.nodes[index..]
            .iter()
            .map(|node| NodeData { next: node.next - index as u32, ..*node })
            .collect();
        self.anchors.insert(anchor, Anchor::new(subtree));
        Ok(())
    }

    fn too_deep(&self, offset: u32) -> ReadError {
        error(offset, format!("nested deeper than {} levels", self.depth))
    }

    fn spend(&mut self, nodes: usize, offset: u32) -> Result<(), ReadError> {
        self.copies = self.copies.checked_sub(nodes).ok_or_else(|| {
            error(offset, "aliases repeat too much of the document (an alias bomb?)")
        })?;
        Ok(())
    }
}

fn span_of(node: &NodeData) -> Span {
    Span { start: node.start, end: node.end }
}

pub(super) fn error(offset: u32, cause: impl Into<String>) -> ReadError {
    ReadError { cause: cause.into(), offset }
}
