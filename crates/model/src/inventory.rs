//! All that is known of a cluster, or of the manifests that will make one, indexed.

use std::collections::HashMap;
use std::sync::Arc;

use crate::coverage::{Coverage, Outcome as PartOutcome, Part};
use crate::document::{Document, Node};
use crate::object::{Found, Object, ObjectEntry, ObjectId, ObjectKind, objects_of};

/// What one document became: the step from text to inventory that runs on all cores.
#[derive(Debug)]
pub struct Entry {
    document: Document,
    objects: Vec<(u32, ObjectKind, Arc<ObjectId>)>,
    parts: Vec<Part>,
}

impl Entry {
    /// Finds the objects of a document; `number` is its place in the file, from 1.
    pub fn new(document: Document, number: u32) -> Self {
        let mut found = Vec::new();
        objects_of(document.root(), &mut found);
        let mut objects = Vec::with_capacity(found.len());
        let mut other: Option<(Node<'_>, String)> = None;
        let line = |node: Node<'_>| document.source().position(node.span().start).line;
        for item in found {
            match item {
                Found::Object { root, kind, id } => {
                    objects.push((root.index(), kind, Arc::new(id)));
                }
                Found::Other { node, why } => {
                    other.get_or_insert((node, why));
                }
            }
        }
        let part = |line, outcome| Part {
            file: Arc::clone(document.source().name()),
            document: number,
            line,
            outcome,
        };
        let root_line = line(document.root());
        let scanned = part(root_line, PartOutcome::Scanned { objects: objects.len() as u32 });
        let parts = match other {
            None => vec![scanned],
            Some((_, why)) if objects.is_empty() => {
                vec![part(root_line, PartOutcome::NotKubernetes { why })]
            }
            // An item of a List that is no object: its neighbours are scanned, it is not.
            Some((node, why)) => {
                let cause = format!("an item of the list is no object: {why}");
                let column = document.source().position(node.span().start).column;
                vec![scanned, part(line(node), PartOutcome::Unreadable { cause, column })]
            }
        };
        Entry { document, objects, parts }
    }

    /// What became of the document: one part, and one more for each thing in it that is no object.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

/// Objects with their documents, found by kind and by name.
#[derive(Debug, Default)]
pub struct Inventory {
    documents: Vec<Document>,
    objects: Vec<ObjectEntry>,
    by_kind: HashMap<ObjectKind, Vec<u32>>,
    by_name: HashMap<ObjectKind, HashMap<Box<str>, Vec<u32>>>,
    /// By namespace as written, `""` where there is none.
    by_namespace: HashMap<Box<str>, HashMap<ObjectKind, Vec<u32>>>,
    coverage: Coverage,
}

impl Inventory {
    /// An inventory of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what a document became.
    pub fn add(&mut self, entry: Entry) {
        let document = self.documents.len() as u32;
        for (root, kind, id) in entry.objects {
            let index = self.objects.len() as u32;
            self.by_kind.entry(kind).or_default().push(index);
            if matches!(kind, ObjectKind::Namespace | ObjectKind::ServiceAccount) {
                let names = self.by_name.entry(kind).or_default();
                names.entry(id.name.as_str().into()).or_default().push(index);
            }
            let namespace = id.namespace.as_deref().unwrap_or_default();
            let kinds = match self.by_namespace.get_mut(namespace) {
                Some(kinds) => kinds,
                None => self.by_namespace.entry(namespace.into()).or_default(),
            };
            kinds.entry(kind).or_default().push(index);
            self.objects.push(ObjectEntry { index, document, root, kind, id });
        }
        self.coverage.parts.extend(entry.parts);
        self.documents.push(entry.document);
    }

    /// Notes a file or document that holds nothing to look at.
    pub fn note(&mut self, part: Part) {
        self.coverage.parts.push(part);
    }

    /// Counts files that are not looked into.
    pub fn note_other_files(&mut self, count: u64) {
        self.coverage.other_files += count;
    }

    /// What was read and what was not.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// All documents in the order in which they were read.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is no object at all.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The object of a number from 0 to [`Inventory::len`].
    pub fn object(&self, index: usize) -> Object<'_> {
        let entry = &self.objects[index];
        Object { entry, document: &self.documents[entry.document as usize] }
    }

    /// All objects in reading order.
    pub fn objects(&self) -> impl Iterator<Item = Object<'_>> {
        (0..self.objects.len()).map(|index| self.object(index))
    }

    /// All objects of a kind in reading order.
    pub fn of_kind(&self, kind: ObjectKind) -> impl Iterator<Item = Object<'_>> {
        self.by_kind.get(&kind).into_iter().flatten().map(|&index| self.object(index as usize))
    }

    /// All objects of a kind in a namespace (as written; `None` is an unnamed namespace), in
    /// reading order.
    pub fn in_namespace(
        &self,
        kind: ObjectKind,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = Object<'_>> {
        self.by_namespace
            .get(namespace.unwrap_or_default())
            .and_then(|kinds| kinds.get(&kind))
            .into_iter()
            .flatten()
            .map(|&index| self.object(index as usize))
    }

    /// Namespaces of a name; more than one where several files describe it.
    pub fn namespaces_named<'a>(&'a self, name: &str) -> impl Iterator<Item = Object<'a>> {
        self.named(ObjectKind::Namespace, name)
    }

    /// Service accounts of a name in a namespace (as written; `None` is an unnamed namespace).
    pub fn service_accounts<'a>(
        &'a self,
        namespace: Option<&'a str>,
        name: &str,
    ) -> impl Iterator<Item = Object<'a>> {
        self.named(ObjectKind::ServiceAccount, name)
            .filter(move |object| object.namespace() == namespace)
    }

    fn named(&self, kind: ObjectKind, name: &str) -> impl Iterator<Item = Object<'_>> {
        self.by_name
            .get(&kind)
            .and_then(|names| names.get(name))
            .into_iter()
            .flatten()
            .map(|&index| self.object(index as usize))
    }
}
