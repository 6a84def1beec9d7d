//! What the author of an unknown field may have meant.
//!
//! Three answers, the surest first: a field of the same type that is written almost alike; the
//! same name in another place nearby (`spec` nested under `metadata`, a container's `privileged`
//! in the pod's security context); or another Kubernetes version.

use seawall_model::document::{Kind, Node};

use crate::Schema;
use crate::table::{Field, Leaf, Shape, TypeId, Wrap};
use crate::version::Version;

/// What may be meant by an unknown field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A field of the same type.
    Similar(&'static str),
    /// A field of that name elsewhere in the object; `[]` stands for any item of a list.
    Misplaced(String),
    /// The field came with a later version.
    Since(Version),
    /// The field went with that version.
    Until(Version),
}

/// The way from the root to the map at hand, kept on the stack of the walk.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'f> {
    pub(crate) parent: Option<&'f Frame<'f>>,
    /// The field through which the map was entered; empty at the root.
    pub(crate) name: &'f str,
    pub(crate) definition: TypeId,
    /// How the field wraps the map.
    pub(crate) shape: Shape,
}

impl Frame<'_> {
    /// `spec.containers[]`, of this frame and those above.
    fn path(&self) -> String {
        let mut path = self.parent.map(Frame::path).unwrap_or_default();
        push(&mut path, self.name, self.shape);
        path
    }
}

fn push(path: &mut String, name: &str, mut shape: Shape) {
    if !path.is_empty() && !name.is_empty() {
        path.push('.');
    }
    path.push_str(name);
    while let (Some(wrap), inner) = shape.unwrap() {
        path.push_str(if wrap == Wrap::List { "[]" } else { ".*" });
        shape = inner;
    }
}

/// The closest of some names, if one is close enough to be meant.
pub(crate) fn similar<'n>(written: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = (written.chars().count() / 3).min(3);
    names
        .map(|name| (distance(written, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

impl Schema {
    /// What may be meant by the field `name` with this value in the map of `frame`.
    pub(crate) fn hint(self, name: &str, value: Node<'_>, frame: &Frame<'_>) -> Option<Hint> {
        if let Some(hint) = self.other_version(name, frame.definition) {
            return Some(hint);
        }
        let here = || self.known(frame.definition).map(|field| field.name);
        let near = similar(name, here());
        if let Some(near) = near.filter(|near| distance(name, near) <= 1) {
            return Some(Hint::Similar(near));
        }
        if self.table.type_name(frame.definition) == "meta.v1.LabelSelector"
            && value.kind() == Kind::Str
        {
            return Some(Hint::Misplaced(format!("{}.matchLabels.{name}", frame.path())));
        }
        self.below(name, value, frame, 1)
            .or_else(|| self.above(name, value, frame))
            .or_else(|| self.below(name, value, frame, 2))
            .map(Hint::Misplaced)
            .or_else(|| near.map(Hint::Similar))
            .or_else(|| self.beside(name, value, frame).map(Hint::Misplaced))
    }

    fn other_version(self, name: &str, definition: TypeId) -> Option<Hint> {
        let rows = self.table.rows(definition, name);
        let minor = self.version.minor();
        match rows.iter().find(|row| row.range.since > minor) {
            Some(later) => Some(Hint::Since(Version::at(later.range.since))),
            None => rows.last().map(|earlier| Hint::Until(Version::at(earlier.range.until))),
        }
    }

    /// The fields that a type has in this version.
    fn known(self, definition: TypeId) -> impl Iterator<Item = &'static Field> {
        self.table.fields(definition).iter().filter(move |field| field.range.contains(self.version))
    }

    /// The field in a map further out.
    fn above(self, name: &str, value: Node<'_>, frame: &Frame<'_>) -> Option<String> {
        let mut outer = frame.parent;
        while let Some(frame) = outer {
            if let Some(path) = self.in_type(name, value, frame.definition, frame.path()) {
                return Some(path);
            }
            outer = frame.parent;
        }
        None
    }

    /// The field up to two maps down from a map further out.
    fn beside(self, name: &str, value: Node<'_>, frame: &Frame<'_>) -> Option<String> {
        let mut outer = frame.parent;
        while let Some(frame) = outer {
            if let Some(path) = self.below(name, value, frame, 2) {
                return Some(path);
            }
            outer = frame.parent;
        }
        None
    }

    /// The field at most `depth` maps down from here, the nearest first.
    fn below(self, name: &str, value: Node<'_>, frame: &Frame<'_>, depth: usize) -> Option<String> {
        let mut level = vec![(frame.definition, frame.path())];
        for _ in 0..depth {
            let mut next = Vec::new();
            for (definition, path) in &level {
                for field in self.known(*definition).filter(|field| field.name != "status") {
                    let Leaf::Type(inner) = field.shape.leaf else { continue };
                    let mut path = path.clone();
                    push(&mut path, field.name, field.shape);
                    next.push((inner, path));
                }
            }
            for (definition, path) in &next {
                if let Some(path) = self.in_type(name, value, *definition, path.clone()) {
                    return Some(path);
                }
            }
            level = next;
        }
        None
    }

    fn in_type(
        self,
        name: &str,
        value: Node<'_>,
        definition: TypeId,
        mut path: String,
    ) -> Option<String> {
        let field = self.table.field(definition, name, self.version)?;
        if !could_hold(field.shape, value.kind()) {
            return None;
        }
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        Some(path)
    }
}

/// How many letters two names differ by, less case and separators.
fn distance(written: &str, name: &str) -> usize {
    let fold = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    strsim::osa_distance(&fold(written), &fold(name))
}

/// Whether a value of this kind may stand where the shape is asked for.
fn could_hold(shape: Shape, kind: Kind) -> bool {
    match (shape.unwrap().0, shape.leaf) {
        _ if kind == Kind::Null => true,
        (None, Leaf::Any) => true,
        (Some(Wrap::List), _) => kind == Kind::Seq,
        (Some(Wrap::Map), _) | (None, Leaf::Type(_)) => kind == Kind::Map,
        (None, _) => !matches!(kind, Kind::Seq | Kind::Map),
    }
}
