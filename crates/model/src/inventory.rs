//! All that is known of a cluster, or of the manifests that will make one, indexed.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::coverage::{Coverage, Outcome as PartOutcome, Part};
use crate::document::{Document, Node};
use crate::object::{Found, Object, ObjectEntry, ObjectId, ObjectKind, objects_of};
use crate::selection::{Selection, hash};

/// What one document became: the step from text to inventory that runs on all cores.
#[derive(Debug)]
pub struct Entry {
    document: Document,
    objects: Vec<(u32, ObjectKind, Arc<ObjectId>)>,
    parts: Vec<Part>,
    built_in: bool,
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
        Entry { document, objects, parts, built_in: false }
    }

    /// Marks the objects as Kubernetes' own: see [`Object::is_built_in`].
    #[must_use]
    pub fn built_in(mut self) -> Self {
        self.built_in = true;
        self
    }

    /// What became of the document: one part, and one more for each thing in it that is no object.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

/// Objects with their documents, found by kind, by name and by who selects whom.
#[derive(Debug, Default)]
pub struct Inventory {
    documents: Vec<Document>,
    objects: Vec<ObjectEntry>,
    by_kind: HashMap<ObjectKind, Vec<u32>>,
    /// By the hash of kind, namespace and name; custom kinds are not among them.
    by_name: HashMap<u64, Vec<u32>>,
    /// By namespace as written, `""` where there is none.
    by_namespace: HashMap<Box<str>, HashMap<ObjectKind, Vec<u32>>>,
    pub(crate) selection: Selection,
    derived: Derived,
    coverage: Coverage,
}

/// What was worked out from the whole inventory, by its type.
#[derive(Default)]
struct Derived(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl std::fmt::Debug for Derived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Derived")
    }
}

impl Inventory {
    /// An inventory of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what a document became.
    pub fn add(&mut self, entry: Entry) {
        let document = self.documents.len() as u32;
        self.selection = Selection::default();
        self.derived = Derived::default();
        for (root, kind, id) in entry.objects {
            let index = self.objects.len() as u32;
            self.by_kind.entry(kind).or_default().push(index);
            if kind != ObjectKind::Custom {
                let name = name_hash(kind, id.namespace.as_deref(), &id.name);
                self.by_name.entry(name).or_default().push(index);
            }
            let namespace = id.namespace.as_deref().unwrap_or_default();
            let kinds = match self.by_namespace.get_mut(namespace) {
                Some(kinds) => kinds,
                None => self.by_namespace.entry(namespace.into()).or_default(),
            };
            kinds.entry(kind).or_default().push(index);
            let built_in = entry.built_in;
            self.objects.push(ObjectEntry { index, document, root, kind, id, built_in });
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

    /// What is worked out from the whole inventory, such as an index: made for the first that asks,
    /// and kept until something is added.
    ///
    /// Others that ask wait meanwhile, so `make` must not wait for them: it uses no thread pool.
    pub fn derived<T: Any + Send + Sync>(&self, make: impl FnOnce(&Self) -> T) -> Arc<T> {
        // What a panic left behind is either whole or not there.
        let mut kept = self.derived.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(make(self)));
        Arc::clone(kept).downcast().expect("it is kept by its type")
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
        self.named(ObjectKind::Namespace, None, name)
    }

    /// Service accounts of a name in a namespace (as written; `None` is an unnamed namespace).
    pub fn service_accounts<'a>(
        &'a self,
        namespace: Option<&str>,
        name: &str,
    ) -> impl Iterator<Item = Object<'a>> {
        self.named(ObjectKind::ServiceAccount, namespace, name)
    }

    /// Objects of a known kind and a name in a namespace (as written; `None` is an unnamed
    /// namespace, and does not count for kinds that live in none); more than one where several
    /// files describe it. Of [`ObjectKind::Custom`] none are found.
    pub fn named<'a>(
        &'a self,
        kind: ObjectKind,
        namespace: Option<&str>,
        name: &str,
    ) -> impl Iterator<Item = Object<'a>> {
        let namespace = namespace.unwrap_or_default();
        self.by_name
            .get(&name_hash(kind, Some(namespace), name))
            .into_iter()
            .flatten()
            .map(|&index| self.object(index as usize))
            .filter(move |object| {
                object.kind() == kind
                    && object.name() == name
                    && (kind.namespaced() == Some(false)
                        || object.namespace().unwrap_or_default() == namespace)
            })
    }
}

fn name_hash(kind: ObjectKind, namespace: Option<&str>, name: &str) -> u64 {
    let namespace = if kind.namespaced() == Some(false) { None } else { namespace };
    hash(&[kind.name(), namespace.unwrap_or_default(), name])
}
