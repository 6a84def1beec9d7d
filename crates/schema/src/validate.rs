//! The walk over an object along its type.
//!
//! An object that is fine costs no allocation: types and fields are looked up in sorted tables,
//! and a path is only put together for a problem.

use seawall_model::document::{Kind, Node};

use crate::Schema;
use crate::api::ApiStatus;
use crate::hint::Frame;
use crate::problem::{Expected, Problem, ProblemKind};
use crate::scalar;
use crate::table::{Field, Leaf, Shape, TypeId, Wrap};

/// Unknown fields of one object for which a hint is looked for: the search costs some thousand
/// comparisons, and past these an object is not misspelt but something else.
const HINTS: u32 = 64;

impl Schema {
    /// Reports what the API server would drop, reject or warn about, in reading order but for
    /// missing fields, which follow the fields of their map.
    ///
    /// `api_version` and `kind` are the object's, given apart because the items of a list may
    /// leave them out. Objects of custom kinds are looked at for their `metadata` alone.
    pub fn validate<'a>(
        self,
        api_version: &'a str,
        kind: &'a str,
        object: Node<'a>,
        report: &mut dyn FnMut(Problem<'a>),
    ) {
        let mut walk = Walk { schema: self, report, required: true, hints: HINTS };
        let Some(row) = self.served(api_version, kind) else {
            match self.api_status(api_version, kind) {
                ApiStatus::Custom => walk.metadata(object),
                // An empty list.
                ApiStatus::Current => {}
                status => {
                    let node = object.get("apiVersion").unwrap_or(object);
                    walk.report(node, ProblemKind::Api { api_version, kind, status });
                }
            }
            return;
        };
        if row.deprecated.is_some_and(|since| since <= self.version.minor()) {
            let node = object.get("apiVersion").unwrap_or(object);
            let status = self.api_status(api_version, kind);
            walk.report(node, ProblemKind::Api { api_version, kind, status });
        }
        if let Some(definition) = row.definition {
            walk.object(object, definition, None, "", Shape::of(definition));
        }
    }
}

struct Walk<'a, 'r> {
    schema: Schema,
    report: &'r mut dyn FnMut(Problem<'a>),
    /// Whether missing fields matter: not in `status`, which the server ignores in a manifest.
    required: bool,
    hints: u32,
}

impl<'a> Walk<'a, '_> {
    fn report(&mut self, node: Node<'a>, kind: ProblemKind<'a>) {
        (self.report)(Problem { node, kind, version: self.schema.version });
    }

    fn wrong(&mut self, node: Node<'a>, expected: Expected) {
        self.report(node, ProblemKind::WrongType { expected });
    }

    /// The metadata of an object of unknown type.
    fn metadata(&mut self, object: Node<'a>) {
        let metadata = object.entries().find(|(key, _)| key.text() == "metadata");
        if let (Some((_, value)), Some(definition)) =
            (metadata, self.schema.table.named("meta.v1.ObjectMeta"))
        {
            self.value(value, Shape::of(definition), None, "metadata", None);
        }
    }

    fn object(
        &mut self,
        node: Node<'a>,
        definition: TypeId,
        parent: Option<&Frame<'_>>,
        name: &str,
        shape: Shape,
    ) {
        if node.kind() != Kind::Map {
            self.wrong(node, Expected::Map);
            return;
        }
        let table = self.schema.table;
        let frame = Frame { parent, name, definition, shape };
        let mut required = 0;
        for (key, value) in node.entries() {
            let Some(field) = table.field(definition, key.text(), self.schema.version) else {
                self.unknown(key, value, &frame);
                continue;
            };
            required += usize::from(field.required && !value.is_null());
            let at_root = parent.is_none() && frame.name.is_empty();
            if at_root && field.name == "status" {
                self.required = false;
            }
            self.value(value, field.shape, Some(&frame), field.name, Some(field));
            if at_root {
                self.required = true;
            }
        }
        if self.required {
            self.missing(node, definition, required);
        }
    }

    fn unknown(&mut self, key: Node<'a>, value: Node<'a>, frame: &Frame<'_>) {
        let hint = match self.hints {
            0 => None,
            _ => {
                self.hints -= 1;
                self.schema.hint(key.text(), value, frame)
            }
        };
        self.report(key, ProblemKind::UnknownField { name: key.text(), hint });
    }

    /// Reports the required fields that a map lacks, given how many it has.
    fn missing(&mut self, node: Node<'a>, definition: TypeId, present: usize) {
        let version = self.schema.version;
        let wanted = |field: &&Field| field.required && field.range.contains(version);
        let fields = self.schema.table.fields(definition);
        if fields.iter().filter(wanted).count() == present {
            return;
        }
        for field in fields.iter().filter(wanted) {
            if node.get(field.name).is_none() {
                self.report(node, ProblemKind::MissingField { name: field.name });
            }
        }
    }

    fn value(
        &mut self,
        node: Node<'a>,
        shape: Shape,
        parent: Option<&Frame<'_>>,
        name: &str,
        field: Option<&Field>,
    ) {
        if node.is_null() {
            return;
        }
        match shape.unwrap() {
            (None, _) => match shape.leaf {
                Leaf::Any => {}
                Leaf::Type(definition) => {
                    let whole = field.map_or(shape, |field| field.shape);
                    self.object(node, definition, parent, name, whole);
                }
                leaf => self.scalar(node, leaf, field),
            },
            (Some(Wrap::List), inner) => {
                if node.kind() != Kind::Seq {
                    self.wrong(node, Expected::List);
                    return;
                }
                for item in node.items() {
                    self.value(item, inner, parent, name, field);
                }
            }
            (Some(Wrap::Map), inner) => {
                if node.kind() != Kind::Map {
                    self.wrong(node, Expected::Map);
                    return;
                }
                for (_, value) in node.entries() {
                    self.value(value, inner, parent, name, field);
                }
            }
        }
    }

    fn scalar(&mut self, node: Node<'a>, leaf: Leaf, field: Option<&Field>) {
        let kind = node.kind();
        let text = node.text();
        let (fits, expected) = match leaf {
            Leaf::String => (kind == Kind::Str, Expected::String),
            Leaf::Bool => (kind == Kind::Bool, Expected::Bool),
            Leaf::Int32 => (is_int32(node), Expected::Int32),
            Leaf::Int64 => (integer(node).is_some(), Expected::Int64),
            Leaf::Number => (matches!(kind, Kind::Int | Kind::Float), Expected::Number),
            Leaf::Bytes => (is_bytes(node), Expected::Base64),
            Leaf::Time => (kind == Kind::Str && scalar::is_time(text, false), Expected::Time),
            Leaf::MicroTime => {
                (kind == Kind::Str && scalar::is_time(text, true), Expected::MicroTime)
            }
            Leaf::Quantity => {
                let fits = match kind {
                    Kind::Int | Kind::Float => true,
                    Kind::Str => scalar::is_quantity(text),
                    _ => false,
                };
                (fits, Expected::Quantity)
            }
            Leaf::IntOrString => (kind == Kind::Str || is_int32(node), Expected::IntOrString),
            Leaf::Any | Leaf::Type(_) => return,
        };
        if !fits {
            self.wrong(node, expected);
        } else if let Some(field) = field
            && leaf == Leaf::String
            && !text.is_empty()
        {
            self.enumeration(node, field);
        }
    }

    fn enumeration(&mut self, node: Node<'a>, field: &Field) {
        let (table, version) = (self.schema.table, self.schema.version);
        let mut any = false;
        for value in table.values(field, version) {
            if value == node.text() {
                return;
            }
            any = true;
        }
        if any {
            let allowed = table.values(field, version).filter(|value| !value.is_empty()).collect();
            self.report(node, ProblemKind::UnknownValue { value: node.text(), allowed });
        }
    }
}

/// The integer that a number comes out as once kubectl has turned it into JSON: YAML's `1.0` and
/// `1e3` become `1` and `1000`.
fn integer(node: Node<'_>) -> Option<i64> {
    match node.kind() {
        Kind::Int => node.as_i64(),
        Kind::Float => {
            let value = node.as_f64()?;
            // Bounds that a float holds exactly; the upper one is the first beyond 64 bits.
            let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
            (value.fract() == 0.0 && fits).then_some(value as i64)
        }
        _ => None,
    }
}

fn is_int32(node: Node<'_>) -> bool {
    integer(node).is_some_and(|value| i32::try_from(value).is_ok())
}

/// A Go byte slice: base64, or a list of bytes.
fn is_bytes(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::Str => scalar::is_base64(node.text()),
        Kind::Seq => {
            node.items().all(|item| integer(item).is_some_and(|byte| (0..256).contains(&byte)))
        }
        _ => false,
    }
}
