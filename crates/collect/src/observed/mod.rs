//! Objects as a cluster holds them, made comparable with the manifests that they come from.
//!
//! A cluster says more than was declared. What its controllers make of an object is folded into
//! that object (`fold`), what the API server and its admission plugins write into it is left out
//! (`declared`), and what Kubernetes makes for itself is there to answer questions, but nothing is
//! found wrong with it (`built_in`). So a cluster, a bundle of it and the manifests come to the
//! same findings.

mod built_in;
mod declared;
mod fold;
mod posture;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use seawall_model::document::{Chunk, Document, Limits, Node, read};
use seawall_model::{Entry, Inventory, ObjectKind, Part, PartOutcome, Source, Span};

use crate::bundle::{Manifest, Member, OBJECTS};
use crate::read::Piece;
use fold::{Folding, Owned};

/// Objects of a cluster on their way into an inventory.
pub struct Observed {
    origin: String,
    limits: Limits,
    pieces: Vec<(String, Kept)>,
    folding: Folding,
    /// Objects by `group/version/resource`.
    met: BTreeMap<String, u64>,
}

enum Kept {
    Entry(Box<Entry>),
    Part(Part),
    /// Something that a controller made, which is looked at by itself only where its owner does
    /// not speak for it.
    Owned(Owned),
}

/// An object that was parsed, and what folding asks of it.
struct Seen {
    path: String,
    piece: Kept,
    /// Of something that has a pod template: its unique id, and what its pods may do.
    template: Option<(Box<str>, u64)>,
}

impl Observed {
    /// Nothing yet; reports call an object by `origin`, a slash, and its place in a bundle.
    pub fn new(origin: &str, limits: Limits) -> Self {
        Observed {
            origin: origin.to_owned(),
            limits,
            pieces: Vec::new(),
            folding: Folding::default(),
            met: BTreeMap::new(),
        }
    }

    /// Adds objects, each one a member at [`object_path`](crate::bundle::object_path), on all
    /// cores of the current thread pool.
    pub fn add(&mut self, members: Vec<Member>) {
        let seen: Vec<Seen> =
            members.into_par_iter().map(|member| see(member, &self.origin, &self.limits)).collect();
        for Seen { path, piece, template } in seen {
            self.count(&path);
            if let Some((uid, posture)) = template {
                self.folding.note(uid, posture);
            }
            self.pieces.push((path, piece));
        }
    }

    /// Notes a member that can't be read.
    pub fn unreadable(&mut self, path: &str, cause: String) {
        self.count(path);
        let file = file_of(&self.origin, path);
        self.pieces.push((path.to_owned(), Kept::Part(unreadable(file, 0, 0, cause))));
    }

    fn count(&mut self, path: &str) {
        let place = path.strip_prefix(OBJECTS).unwrap_or(path);
        let resource: Vec<&str> = place.splitn(4, '/').take(3).collect();
        *self.met.entry(resource.join("/")).or_default() += 1;
    }

    /// Whether nothing came.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The inventory, in the order of the objects' places, however they came; with what the
    /// manifest says was not read.
    pub fn into_inventory(self, manifest: &Manifest) -> Inventory {
        let mut inventory = Inventory::new();
        for piece in self.into_pieces(manifest) {
            match piece {
                Piece::Entry(entry) => inventory.add(*entry),
                Piece::Part(part) => inventory.note(part),
                Piece::Bundle(_) => {}
            }
        }
        inventory
    }

    pub(crate) fn into_pieces(mut self, manifest: &Manifest) -> Vec<Piece> {
        self.pieces.par_sort_by(|a, b| a.0.cmp(&b.0));
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for (_, kept) in self.pieces {
            pieces.push(match kept {
                Kept::Entry(entry) => Piece::Entry(entry),
                Kept::Part(part) => Piece::Part(part),
                Kept::Owned(owned) if self.folding.folds(&owned) => continue,
                Kept::Owned(owned) => match parse(&owned.source, &self.limits) {
                    Ok(document) => Piece::Entry(Box::new(entry(document, owned.kind))),
                    Err(part) => Piece::Part(part),
                },
            });
        }
        let mut unread = |what: &str, cause: String| {
            pieces.push(Piece::Part(unreadable(file_of(&self.origin, what), 0, 0, cause)));
        };
        for gap in &manifest.unread {
            unread(&gap.what, gap.cause.clone());
        }
        for resource in &manifest.resources {
            let group = if resource.group.is_empty() { "core" } else { &resource.group };
            let what = format!("{group}/{}/{}", resource.version, resource.resource);
            let met = self.met.get(&what).copied().unwrap_or_default();
            if met < resource.objects {
                unread(&what, format!("{met} of {} objects are there", resource.objects));
            }
        }
        pieces
    }
}

/// What reports call an object.
fn file_of(origin: &str, path: &str) -> Arc<str> {
    format!("{origin}/{}", path.strip_prefix(OBJECTS).unwrap_or(path)).into()
}

fn unreadable(file: Arc<str>, line: u32, column: u32, cause: String) -> Part {
    Part { file, document: 0, line, outcome: PartOutcome::Unreadable { cause, column } }
}

fn see(member: Member, origin: &str, limits: &Limits) -> Seen {
    let source = Arc::new(Source::new(file_of(origin, &member.path), member.text));
    let document = match parse(&source, limits) {
        Ok(document) => document,
        Err(part) => return Seen { path: member.path, piece: Kept::Part(part), template: None },
    };
    if !member.path.starts_with(OBJECTS) {
        // What a bundle holds beside objects is asked for by its name.
        let piece = Kept::Entry(Box::new(Entry::new(document, 1)));
        return Seen { path: member.path, piece, template: None };
    }
    let kind = kind_of(document.root());
    let template = posture::of(kind, document.root())
        .and_then(|posture| Some((uid_of(document.root())?.into(), posture)));
    let piece = match Owned::new(kind, document.root(), template.as_ref().map(|t| t.1)) {
        Some(owned) => Kept::Owned(owned),
        None => kept(entry(document, kind)),
    };
    Seen { path: member.path, piece, template }
}

fn parse(source: &Arc<Source>, limits: &Limits) -> Result<Document, Part> {
    let span = Span { start: 0, end: source.text().len() as u32 };
    let mut reading = read(source, Chunk { span, ordinal: 1, json: true }, limits);
    let fault = |line, column, cause| unreadable(Arc::clone(source.name()), line, column, cause);
    if let Some(error) = reading.error {
        let at = source.position(error.offset);
        return Err(fault(at.line, at.column, error.cause));
    }
    match reading.documents.pop() {
        Some(document) if reading.documents.is_empty() => Ok(document),
        _ => Err(fault(0, 0, "not exactly one object".to_owned())),
    }
}

fn entry(document: Document, kind: ObjectKind) -> Entry {
    let built_in = built_in::is_built_in(kind, document.root());
    let undeclared = declared::undeclared(kind, document.root());
    let entry = Entry::new(document.without(undeclared), 1);
    if built_in { entry.built_in() } else { entry }
}

/// Where there should be an object and is none, something was not read.
fn kept(entry: Entry) -> Kept {
    let why = entry.parts().iter().find_map(|part| match &part.outcome {
        PartOutcome::NotKubernetes { why } => Some((part, format!("it is no object: {why}"))),
        _ => None,
    });
    match why {
        Some((part, why)) => Kept::Part(unreadable(Arc::clone(&part.file), part.line, 1, why)),
        None => Kept::Entry(Box::new(entry)),
    }
}

fn kind_of(root: Node<'_>) -> ObjectKind {
    let text = |key| root.get(key).and_then(Node::as_str).unwrap_or_default();
    let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
    ObjectKind::of(group, text("kind"))
}

fn uid_of(root: Node<'_>) -> Option<&str> {
    root.at_path(&["metadata", "uid"])?.as_str()
}

#[cfg(test)]
mod tests;
