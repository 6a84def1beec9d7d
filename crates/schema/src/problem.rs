//! What is wrong with a field, in the words of the person who has to mend it.
//!
//! Messages never repeat a value, which may be a secret, except where it had to be one of a list.

use std::fmt;

use seawall_model::document::{Kind, Node};

use crate::api::{Api, ApiStatus};
use crate::hint::Hint;
use crate::version::Version;

/// Something in an object that the API server does not take as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem<'a> {
    /// Where: the value; of an unknown field its key; of a missing field the map it belongs in.
    pub node: Node<'a>,
    /// What.
    pub kind: ProblemKind<'a>,
    /// The version that was asked about.
    pub version: Version,
}

/// The ways in which a field can be wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum ProblemKind<'a> {
    /// The type has no such field in the version.
    UnknownField {
        /// The field as written.
        name: &'a str,
        /// What may be meant.
        hint: Option<Hint>,
    },
    /// The value cannot be decoded.
    WrongType {
        /// What belongs there.
        expected: Expected,
    },
    /// The server refuses the object without the field.
    MissingField {
        /// The field's name.
        name: &'static str,
    },
    /// The value is not one of the field's enumeration.
    UnknownValue {
        /// The value as written.
        value: &'a str,
        /// What the version takes, sorted.
        allowed: Vec<&'static str>,
    },
    /// The server does not serve the object's API version, or not for long.
    Api {
        /// Group and version as written.
        api_version: &'a str,
        /// Kind as written.
        kind: &'a str,
        /// How it stands; neither current nor custom.
        status: ApiStatus,
    },
}

/// What the API server does on account of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It takes the object and warns.
    Warns,
    /// It takes the object without the field; with strict field validation, which kubectl asks for
    /// since 1.25, it refuses the object.
    Drops,
    /// It refuses the object.
    Rejects,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the type of that name")]
pub enum Expected {
    String,
    Int32,
    Int64,
    Number,
    Bool,
    Base64,
    Time,
    MicroTime,
    Quantity,
    IntOrString,
    List,
    Map,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Expected::String => "a string",
            Expected::Int32 => "an integer of 32 bits",
            Expected::Int64 => "an integer of 64 bits",
            Expected::Number => "a number",
            Expected::Bool => "a boolean",
            Expected::Base64 => "text in base64",
            Expected::Time => "a time such as 2024-01-02T03:04:05Z",
            Expected::MicroTime => "a time such as 2024-01-02T03:04:05.000000Z",
            Expected::Quantity => "a quantity such as 500m or 128Mi",
            Expected::IntOrString => "an integer of 32 bits or a string",
            Expected::List => "a list",
            Expected::Map => "a map",
        })
    }
}

impl Problem<'_> {
    /// The field that the author meant: of an unknown field its likely name, of any other the
    /// field itself; `None` for an item of a list and for the object as a whole.
    pub fn meant(&self) -> Option<&str> {
        match &self.kind {
            ProblemKind::UnknownField { hint: Some(Hint::Similar(meant)), .. } => Some(meant),
            ProblemKind::UnknownField { name, .. } => Some(name),
            ProblemKind::MissingField { name } => Some(name),
            ProblemKind::WrongType { .. } | ProblemKind::UnknownValue { .. } => {
                self.node.key().map(Node::text)
            }
            ProblemKind::Api { .. } => None,
        }
    }

    /// What the API server does.
    pub fn effect(&self) -> Effect {
        match &self.kind {
            ProblemKind::UnknownField { .. } => Effect::Drops,
            ProblemKind::Api { status: ApiStatus::Deprecated { .. }, .. } => Effect::Warns,
            _ => Effect::Rejects,
        }
    }
}

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ProblemKind::UnknownField { name, hint } => self.unknown_field(f, name, hint.as_ref()),
            ProblemKind::WrongType { expected } => self.wrong_type(f, *expected),
            ProblemKind::MissingField { name } => {
                write!(f, "required field {name:?} is missing: the API server rejects the object")
            }
            ProblemKind::UnknownValue { value, allowed } => self.unknown_value(f, value, allowed),
            ProblemKind::Api { api_version, kind, status } => {
                self.api(f, api_version, kind, status)
            }
        }
    }
}

const DROPS: &str = "the API server drops it (kubectl, with the strict validation it asks for since 1.25, refuses the object)";

impl Problem<'_> {
    fn unknown_field(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &str,
        hint: Option<&Hint>,
    ) -> fmt::Result {
        match hint {
            Some(Hint::Since(since)) => write!(
                f,
                "field {name:?} is unknown to Kubernetes {}, it came with {since}: {DROPS}",
                self.version
            ),
            Some(Hint::Until(until)) => {
                write!(f, "field {name:?} went with Kubernetes {until}: {DROPS}")
            }
            Some(Hint::Similar(meant)) => {
                write!(f, "unknown field {name:?}: {DROPS}; did you mean {meant:?}?")
            }
            Some(Hint::Misplaced(path)) if !path.contains('.') => {
                write!(f, "unknown field {name:?} here: {DROPS}; it belongs beside metadata")
            }
            Some(Hint::Misplaced(path)) => {
                write!(f, "unknown field {name:?} here: {DROPS}; it belongs at {path}")
            }
            None => write!(f, "unknown field {name:?}: {DROPS}"),
        }
    }

    fn wrong_type(&self, f: &mut fmt::Formatter<'_>, expected: Expected) -> fmt::Result {
        match self.node.key() {
            Some(key) => write!(f, "{:?}", key.text())?,
            None => f.write_str("this item")?,
        }
        let kind = self.node.kind();
        let fits = match expected {
            Expected::Base64 | Expected::Time | Expected::MicroTime => kind == Kind::Str,
            Expected::Quantity => matches!(kind, Kind::Str | Kind::Int | Kind::Float),
            Expected::Int32 | Expected::Int64 | Expected::IntOrString => kind == Kind::Int,
            _ => false,
        };
        if fits {
            write!(f, " is not {expected}")?;
        } else {
            write!(f, " must be {expected}, not {}", kind.noun())?;
        }
        f.write_str(": the API server rejects the object")?;
        let scalar = !matches!(kind, Kind::Seq | Kind::Map | Kind::Null);
        match expected {
            Expected::String if scalar => f.write_str("; put it in quotes"),
            Expected::Bool if matches!(self.node.text(), "true" | "false") => {
                write!(f, "; write {} without quotes", self.node.text())
            }
            Expected::Int32 | Expected::Int64 | Expected::Number
                if kind == Kind::Str && self.node.text().parse::<f64>().is_ok() =>
            {
                f.write_str("; write it without quotes")
            }
            _ => Ok(()),
        }
    }

    fn unknown_value(
        &self,
        f: &mut fmt::Formatter<'_>,
        value: &str,
        allowed: &[&str],
    ) -> fmt::Result {
        match self.node.key() {
            Some(key) => write!(f, "{:?} may not be {value:?}", key.text())?,
            None => write!(f, "{value:?} is not a value known here")?,
        }
        f.write_str(": the API server rejects the object")?;
        if let Some(meant) = crate::hint::similar(value, allowed.iter().copied()) {
            return write!(f, "; did you mean {meant:?}?");
        }
        f.write_str("; it takes ")?;
        let shown = allowed.len().min(12);
        for (index, value) in allowed[..shown].iter().enumerate() {
            write!(f, "{}{value:?}", if index == 0 { "" } else { ", " })?;
        }
        if shown < allowed.len() {
            write!(f, " and {} more", allowed.len() - shown)
        } else {
            Ok(())
        }
    }

    fn api(
        &self,
        f: &mut fmt::Formatter<'_>,
        api_version: &str,
        kind: &str,
        status: &ApiStatus,
    ) -> fmt::Result {
        let version = self.version;
        let instead = |f: &mut fmt::Formatter<'_>, replacement: &Option<Api>| match replacement {
            Some(api) => write!(f, "; use {api}"),
            None => Ok(()),
        };
        match status {
            ApiStatus::Current | ApiStatus::Custom => write!(f, "{api_version} {kind}"),
            ApiStatus::Deprecated { since, removed, replacement } => {
                write!(f, "{api_version} {kind} is deprecated since Kubernetes {since}")?;
                if let Some(removed) = removed {
                    write!(f, " and not served from {removed} on")?;
                }
                instead(f, replacement)
            }
            ApiStatus::Removed { since, replacement } => {
                write!(
                    f,
                    "{api_version} {kind} is not served since Kubernetes {since}: the API server of {version} rejects the object"
                )?;
                instead(f, replacement)
            }
            ApiStatus::NotYet { since } => write!(
                f,
                "{api_version} {kind} is served from Kubernetes {since} on: the API server of {version} rejects the object"
            ),
            ApiStatus::Unknown { suggestion } => {
                write!(
                    f,
                    "Kubernetes {version} knows no {api_version} {kind}: the API server rejects the object"
                )?;
                match suggestion {
                    Some(api) => write!(f, "; did you mean {api}?"),
                    None => Ok(()),
                }
            }
        }
    }
}
