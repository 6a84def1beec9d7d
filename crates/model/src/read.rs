//! Typed reading of fields, where a wrong type is an answer of its own.
//!
//! A quoted `"true"` is no boolean to the API server, and a check that reads it as absent would
//! pass what it never understood. So a read gives the value, nothing, or [`Undecided`] with the
//! place and the reason; with `?` a check hands that on and its verdict is *unknown*.

use std::borrow::Cow;

use crate::document::{Kind, Node};
use crate::quantity::Quantity;

/// A value and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct At<'a, T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub node: Node<'a>,
}

/// A check could not decide.
#[derive(Clone, Debug)]
pub struct Undecided<'a> {
    /// The value that could not be understood.
    pub node: Node<'a>,
    /// Why.
    pub why: Cow<'static, str>,
}

/// An optional value that was read.
pub type Read<'a, T> = Result<Option<At<'a, T>>, Undecided<'a>>;

impl<'a> Node<'a> {
    /// The value as a string.
    pub fn string(self) -> Result<At<'a, &'a str>, Undecided<'a>> {
        self.expect(self.as_str(), "a string")
    }

    /// The value as a boolean.
    pub fn boolean(self) -> Result<At<'a, bool>, Undecided<'a>> {
        self.expect(self.as_bool(), "a boolean")
    }

    /// The value as an integer.
    pub fn integer(self) -> Result<At<'a, i64>, Undecided<'a>> {
        self.expect(self.as_i64(), "an integer")
    }

    /// The value as a quantity: a number, or a string such as `500m`.
    pub fn quantity(self) -> Result<At<'a, Quantity>, Undecided<'a>> {
        let value = match self.kind() {
            Kind::Str => Quantity::parse(self.text()),
            Kind::Int => self.as_i64().map(Quantity::whole),
            // A fraction reaches the API server as the shortest decimal that gives it back.
            Kind::Float => self.as_f64().and_then(|value| Quantity::parse(&value.to_string())),
            _ => None,
        };
        self.expect(value, "a quantity")
    }

    /// The items of a list.
    pub fn list(self) -> Result<crate::document::Items<'a>, Undecided<'a>> {
        match self.kind() {
            Kind::Seq => Ok(self.items()),
            _ => Err(self.not("a list")),
        }
    }

    /// The entries of a map.
    pub fn map(self) -> Result<crate::document::Entries<'a>, Undecided<'a>> {
        match self.kind() {
            Kind::Map => Ok(self.entries()),
            _ => Err(self.not("a map")),
        }
    }

    /// The value of a key of what must be a map; `None` where the key is missing or null.
    pub fn field(self, key: &str) -> Result<Option<Node<'a>>, Undecided<'a>> {
        self.map()?;
        Ok(self.get(key))
    }

    fn expect<T>(self, value: Option<T>, noun: &str) -> Result<At<'a, T>, Undecided<'a>> {
        match value {
            Some(value) => Ok(At { value, node: self }),
            None => Err(self.not(noun)),
        }
    }

    fn not(self, noun: &str) -> Undecided<'a> {
        let field = self.key().map_or("the value", Node::text);
        let why = match self.kind() {
            Kind::Seq | Kind::Map => {
                format!("{field} is {} where {noun} belongs", self.kind().noun())
            }
            kind => format!("{field} is {} ({}) where {noun} belongs", kind.noun(), shown(self)),
        };
        Undecided { node: self, why: why.into() }
    }
}

/// A scalar as it may be shown in a message: quoted if it is a string, and cut when long.
fn shown(node: Node<'_>) -> String {
    const MOST: usize = 40;
    let text = node.text();
    let cut: String = text.chars().take(MOST).collect();
    let dots = if cut.len() < text.len() { "…" } else { "" };
    if node.kind() == Kind::Str { format!("\"{cut}{dots}\"") } else { format!("{cut}{dots}") }
}

/// Reads an optional field with one of the typed readers of [`Node`].
pub(crate) fn optional<'a, T>(
    node: Option<Node<'a>>,
    read: impl FnOnce(Node<'a>) -> Result<At<'a, T>, Undecided<'a>>,
) -> Read<'a, T> {
    node.map(read).transpose()
}
