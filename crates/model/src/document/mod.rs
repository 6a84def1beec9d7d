//! A document as Kubernetes understands it, with the place of every value.
//!
//! The tree is one flat list of nodes in reading order; a subtree is a run of it, so walking is
//! walking memory forward, and a node costs 24 bytes beside the source text that it points into.
//! Aliases and merge keys are already resolved and duplicate keys dropped (and remembered in
//! [`Document::duplicates`]), so what a [`Node`] shows is what the API server sees.

mod build;
mod json;
mod path;
mod plain;
mod prune;
mod scalar;
mod split;
mod yaml;

use std::sync::Arc;

pub use path::{Path, Segment};
pub use split::{Chunk, chunks};

use crate::source::{Location, Source, Span};

/// The bounds within which a document is read. What goes beyond them is an error with its place.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest file in bytes.
    pub file_bytes: u64,
    /// Largest document in bytes.
    pub document_bytes: usize,
    /// Deepest nesting of sequences and mappings.
    pub depth: usize,
    /// Most nodes that anchors and aliases may copy, for each byte of the document.
    pub alias_nodes_per_byte: usize,
    /// Most nodes that they may copy in all, however large the document.
    pub alias_nodes: usize,
    /// Whether plain YAML takes the fast path, which decides the same; off only to compare them.
    pub fast_path: bool,
}

impl Default for Limits {
    /// A file of 1 GiB, documents of 64 MiB (etcd refuses objects over 1.5 MiB; a List may be
    /// larger), 200 levels, and 8 nodes a byte from aliases (a written node takes about ten bytes) but not more
    /// than a million (28 MB).
    fn default() -> Self {
        Limits {
            file_bytes: 1 << 30,
            document_bytes: 64 << 20,
            depth: 200,
            alias_nodes_per_byte: 8,
            alias_nodes: 1_000_000,
            fast_path: true,
        }
    }
}

/// What a value is, after YAML 1.1 resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool,
    /// An integer of 64 bits.
    Int,
    /// Any other number.
    Float,
    /// A string.
    Str,
    /// A list.
    Seq,
    /// A map with string keys.
    Map,
}

impl Kind {
    /// The kind with its article, for messages: "a boolean".
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool => "a boolean",
            Kind::Int => "an integer",
            Kind::Float => "a number with a fraction",
            Kind::Str => "a string",
            Kind::Seq => "a list",
            Kind::Map => "a map",
        }
    }
}

/// Why a text, or the rest of it, could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{cause}")]
pub struct ReadError {
    /// What is wrong.
    pub cause: String,
    /// Byte offset in the source.
    pub offset: u32,
}

/// A key that stands twice in one map; the API server's strict decoding refuses it, and the
/// decoders behind `kubectl` let the last one win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The key that lost.
    pub dropped: Span,
    /// The key that won.
    pub kept: Span,
}

const PLAIN: u8 = 1;
const DECODED: u8 = 2;
const VALUE: u8 = 4;
const FLOW: u8 = 8;

#[derive(Clone, Copy, Debug)]
struct NodeData {
    start: u32,
    end: u32,
    /// Index one past the subtree.
    next: u32,
    /// Where a scalar's text stands: in the source, or in `Document::decoded`.
    text: u32,
    len: u32,
    kind: Kind,
    flags: u8,
}

/// One document.
#[derive(Debug)]
pub struct Document {
    source: Arc<Source>,
    nodes: Vec<NodeData>,
    /// Text of scalars that does not stand verbatim in the source (escapes, folded lines).
    decoded: String,
    duplicates: Vec<Duplicate>,
}

/// Everything that one [`Chunk`] holds.
#[derive(Debug, Default)]
pub struct Reading {
    /// The documents read; usually one.
    pub documents: Vec<Document>,
    /// Why the rest of the chunk could not be read.
    pub error: Option<ReadError>,
}

/// Reads a chunk of a source.
///
/// ```
/// # use std::sync::Arc;
/// # use seawall_model::{Source, document::{chunks, read, Limits}};
/// let source = Arc::new(Source::new("a.yaml", "a: yes\n---\nb: 0644\n".to_owned()));
/// let all: Vec<_> = chunks(&source).into_iter().map(|c| read(&source, c, &Limits::default())).collect();
/// assert_eq!(all[0].documents[0].root().get("a").unwrap().as_bool(), Some(true));
/// assert_eq!(all[1].documents[0].root().get("b").unwrap().as_i64(), Some(420));
/// ```
pub fn read(source: &Arc<Source>, chunk: Chunk, limits: &Limits) -> Reading {
    let length = (chunk.span.end - chunk.span.start) as usize;
    if length > limits.document_bytes {
        return Reading {
            documents: Vec::new(),
            error: Some(ReadError {
                cause: format!(
                    "the document has {length} bytes; at most {} are read",
                    limits.document_bytes
                ),
                offset: chunk.span.start,
            }),
        };
    }
    if chunk.json {
        let reading = json::read(source, chunk, limits);
        // kubectl falls back to YAML where JSON fails; flow mappings with comments are the usual case.
        if reading.error.is_none() {
            return reading;
        }
        let as_yaml = yaml::read(source, chunk, limits);
        return if as_yaml.error.is_none() { as_yaml } else { reading };
    }
    if limits.fast_path
        && let Some(documents) = plain::read(source, chunk, limits)
    {
        return Reading { documents, error: None };
    }
    yaml::read(source, chunk, limits)
}

impl Document {
    /// The text that the document stands in.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The outermost value.
    pub fn root(&self) -> Node<'_> {
        Node { document: self, index: 0 }
    }

    /// Keys that stood twice.
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// How many nodes the tree has.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no tree at all; a document that was read always has a root.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// All nodes in reading order, keys included.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.nodes.len() as u32).map(|index| Node { document: self, index })
    }

    /// The node of an index that [`Node::index`] gave for this document.
    pub fn node(&self, index: u32) -> Node<'_> {
        debug_assert!((index as usize) < self.nodes.len());
        Node { document: self, index }
    }
}

/// A value in a document: a handle that is copied freely.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    document: &'a Document,
    index: u32,
}

impl PartialEq for Node<'_> {
    /// The same place in the same document.
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && std::ptr::eq(self.document, other.document)
    }
}

impl Eq for Node<'_> {}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = self.document.source.position(self.span().start);
        write!(f, "{:?} {:?} at {}:{}", self.kind(), self.text(), at.line, at.column)
    }
}

impl<'a> Node<'a> {
    fn data(self) -> &'a NodeData {
        &self.document.nodes[self.index as usize]
    }

    fn at(self, index: u32) -> Node<'a> {
        Node { document: self.document, index }
    }

    /// The document that the node belongs to.
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// The node's number in its document, stable for the document's life.
    pub fn index(self) -> u32 {
        self.index
    }

    /// What the value is.
    pub fn kind(self) -> Kind {
        self.data().kind
    }

    /// Where the value stands.
    pub fn span(self) -> Span {
        let data = self.data();
        Span { start: data.start, end: data.end }
    }

    /// Where the value stands, with its source.
    pub fn location(self) -> Location {
        Location { source: Arc::clone(&self.document.source), span: self.span() }
    }

    /// A scalar's text, decoded: of strings the string, of other scalars the text as written;
    /// empty for lists and maps.
    pub fn text(self) -> &'a str {
        let data = self.data();
        let from = if data.flags & DECODED == 0 {
            self.document.source.text()
        } else {
            &self.document.decoded
        };
        &from[data.text as usize..(data.text + data.len) as usize]
    }

    /// As [`Node::text`]; comparing bytes spares the search for the ends of characters.
    fn bytes(self) -> &'a [u8] {
        let data = self.data();
        let from = if data.flags & DECODED == 0 {
            self.document.source.text()
        } else {
            &self.document.decoded
        };
        &from.as_bytes()[data.text as usize..(data.text + data.len) as usize]
    }

    /// Whether a scalar was written without quotes or block style.
    pub fn is_plain(self) -> bool {
        self.data().flags & PLAIN != 0
    }

    /// Whether a list or map was written in brackets.
    pub fn is_flow(self) -> bool {
        self.data().flags & FLOW != 0
    }

    /// Whether the value is null, which the API server reads as absent.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The string, if it is one.
    pub fn as_str(self) -> Option<&'a str> {
        (self.kind() == Kind::Str).then(|| self.text())
    }

    /// The boolean, if it is one.
    pub fn as_bool(self) -> Option<bool> {
        match self.kind() {
            Kind::Bool => scalar::boolean(self.text()),
            _ => None,
        }
    }

    /// The integer, if it is one that fits.
    pub fn as_i64(self) -> Option<i64> {
        match self.kind() {
            Kind::Int => i64::try_from(scalar::integer(self.text())?).ok(),
            _ => None,
        }
    }

    /// The number as a float, if it is a number.
    pub fn as_f64(self) -> Option<f64> {
        match self.kind() {
            // `!!float 010` is a float by its tag and eight by its digits.
            Kind::Int | Kind::Float => scalar::integer(self.text())
                .map(|value| value as f64)
                .or_else(|| scalar::float(self.text())),
            _ => None,
        }
    }

    /// The value of a key; `None` where this is no map, the key is missing, or its value is null
    /// (which the API server reads as absent).
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.entries()
            .find(|(k, _)| k.data().len as usize == key.len() && k.bytes() == key.as_bytes())
            .map(|(_, v)| v)
            .filter(|v| !v.is_null())
    }

    /// The value at the end of a chain of keys.
    pub fn at_path(self, path: &[&str]) -> Option<Node<'a>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Keys and values of a map in reading order; nothing for other kinds.
    pub fn entries(self) -> Entries<'a> {
        let data = self.data();
        let end = if data.kind == Kind::Map { data.next } else { self.index + 1 };
        Entries { document: self.document, next: self.index + 1, end }
    }

    /// Items of a list; nothing for other kinds.
    pub fn items(self) -> Items<'a> {
        let data = self.data();
        let end = if data.kind == Kind::Seq { data.next } else { self.index + 1 };
        Items { document: self.document, next: self.index + 1, end }
    }

    /// The key under which this value stands in its map, if it does.
    pub fn key(self) -> Option<Node<'a>> {
        (self.data().flags & VALUE != 0).then(|| self.at(self.index - 1))
    }

    /// All nodes of the subtree in reading order, this one first, keys included.
    pub fn descendants(self) -> impl Iterator<Item = Node<'a>> {
        (self.index..self.data().next).map(move |index| self.at(index))
    }

    /// Whether `other` is this node or stands below it.
    pub fn contains(self, other: Node<'_>) -> bool {
        std::ptr::eq(self.document, other.document)
            && (self.index..self.data().next).contains(&other.index)
    }

    /// The way from `root` to this node; empty where this is `root` or is not below it.
    pub fn path_from(self, root: Node<'a>) -> Path<'a> {
        Path::find(root, self)
    }

    /// The place that stands for this node in a finding: a scalar itself, and of a list or map
    /// its key (or its first line), for the whole block would mark half the file.
    pub fn anchor(self) -> Span {
        let data = self.data();
        match data.kind {
            Kind::Seq | Kind::Map => match self.key() {
                Some(key) => key.span(),
                None if data.flags & FLOW == 0 && data.next > self.index + 1 => {
                    self.at(self.index + 1).anchor()
                }
                None => self.span(),
            },
            Kind::Null if data.start == data.end => self.key().map_or(self.span(), Node::span),
            _ => self.span(),
        }
    }
}

/// Iterator over the entries of a map.
#[derive(Clone)]
pub struct Entries<'a> {
    document: &'a Document,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Node<'a>, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let key = Node { document: self.document, index: self.next };
        let value = Node { document: self.document, index: self.next + 1 };
        self.next = value.data().next;
        Some((key, value))
    }
}

/// Iterator over the items of a list.
#[derive(Clone)]
pub struct Items<'a> {
    document: &'a Document,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let item = Node { document: self.document, index: self.next };
        self.next = item.data().next;
        Some(item)
    }
}
