//! One effective setting of a component: its value, where that comes from, and whether it is what
//! is wanted.

use crate::component::{Component, Instance};
use crate::evidence::arguments::{boolean, duration, integer};
use crate::outcome::{Evidence, Origin, OriginKind, Outcome, Patch, Verdict};

/// An effective value with its source.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What it is the value of: `kube-apiserver --profiling`.
    pub item: String,
    /// The value, none where it is unset; or why it isn't known.
    pub value: Result<Option<String>, String>,
    /// Where it comes from.
    pub origin: Origin,
    /// How it is changed.
    pub place: Place,
}

/// Where a setting is changed.
#[derive(Clone, Debug)]
pub enum Place {
    /// A flag of a component, in a manifest where one is known.
    Flag {
        /// The program.
        component: &'static str,
        /// The flag without dashes.
        flag: String,
        /// The manifest.
        file: Option<String>,
    },
    /// A field of a file.
    Field {
        /// The file.
        file: String,
        /// The field, with dots.
        field: String,
    },
    /// It isn't known where.
    Nowhere,
}

/// What a value is wanted to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Want {
    /// True or false, however it is written.
    Bool(bool),
    /// This very text.
    Text(&'static str),
    /// Any value but an empty one.
    Set,
    /// No value.
    Unset,
    /// A number of at least so much; the second is what to write where it is less.
    AtLeast(i64, &'static str),
    /// A number above nought.
    Positive(&'static str),
    /// The number nought.
    Zero,
    /// A duration other than nought; what to write instead.
    SomeTime(&'static str),
    /// An address of this machine alone.
    Localhost,
    /// A list that holds the item.
    Has(&'static str),
    /// A list that does not.
    HasNot(&'static str),
    /// Any value but this one; what to write instead.
    Not(&'static str, &'static str),
    /// A list that holds nothing but some of these.
    Only(&'static [&'static str]),
}

impl Want {
    /// What is wanted, in words that follow "it should".
    fn words(self) -> String {
        match self {
            Want::Bool(value) => format!("be {value}"),
            Want::Text(value) => format!("be {value}"),
            Want::Set => "be set".to_owned(),
            Want::Unset => "not be set".to_owned(),
            Want::AtLeast(least, _) => format!("be {least} or more"),
            Want::Positive(_) => "be more than 0".to_owned(),
            Want::Zero => "be 0".to_owned(),
            Want::SomeTime(_) => "not be 0".to_owned(),
            Want::Localhost => "be an address of this machine alone".to_owned(),
            Want::Has(item) => format!("hold {item}"),
            Want::HasNot(item) => format!("not hold {item}"),
            Want::Not(value, _) => format!("not be {value}"),
            Want::Only(_) => "hold strong ones alone".to_owned(),
        }
    }

    /// What to write, given what is there.
    fn instead(self, value: Option<&str>) -> Option<Option<String>> {
        let items =
            || value.unwrap_or_default().split(',').map(str::trim).filter(|i| !i.is_empty());
        Some(match self {
            Want::Bool(value) => Some(value.to_string()),
            Want::Text(value) => Some(value.to_owned()),
            Want::Set => return None,
            Want::Unset => None,
            Want::AtLeast(_, value) | Want::Positive(value) | Want::SomeTime(value) => {
                Some(value.to_owned())
            }
            Want::Not(_, value) => Some(value.to_owned()),
            Want::Zero => Some("0".to_owned()),
            Want::Localhost => Some("127.0.0.1".to_owned()),
            Want::Has(item) => Some(items().chain([item]).collect::<Vec<_>>().join(",")),
            Want::HasNot(item) => {
                let rest: Vec<&str> = items().filter(|known| *known != item).collect();
                (!rest.is_empty()).then(|| rest.join(","))
            }
            Want::Only(good) => {
                let rest: Vec<&str> = items().filter(|known| good.contains(known)).collect();
                let rest = if rest.is_empty() { good.to_vec() } else { rest };
                Some(rest.join(","))
            }
        })
    }

    /// Whether a value is what is wanted; `Err` where it can't be understood.
    fn holds(self, value: Option<&str>) -> Result<bool, String> {
        let odd = |what: &str| Err(format!("{:?} is no {what}", value.unwrap_or_default()));
        let number = || value.and_then(integer);
        let items =
            || value.unwrap_or_default().split(',').map(str::trim).filter(|i| !i.is_empty());
        Ok(match self {
            Want::Bool(wanted) => match value.map(boolean) {
                None => false,
                Some(Some(is)) => is == wanted,
                Some(None) => return odd("boolean"),
            },
            Want::Text(wanted) => value == Some(wanted),
            Want::Set => value.is_some_and(|value| !value.is_empty()),
            Want::Unset => value.is_none_or(str::is_empty),
            Want::AtLeast(..) | Want::Positive(_) | Want::Zero => {
                let Some(number) = number() else {
                    return if value.is_some() { odd("number") } else { Ok(false) };
                };
                match self {
                    Want::AtLeast(least, _) => number >= least,
                    Want::Positive(_) => number > 0,
                    _ => number == 0,
                }
            }
            Want::SomeTime(_) => match value.map(duration) {
                None => false,
                Some(Some(seconds)) => seconds > 0.0,
                Some(None) => return odd("duration"),
            },
            Want::Localhost => value.is_some_and(is_localhost),
            Want::Has(item) => items().any(|known| known == item),
            Want::HasNot(item) => !items().any(|known| known == item),
            Want::Not(unwanted, _) => value != Some(unwanted),
            Want::Only(good) => {
                let mut items = items().peekable();
                items.peek().is_some() && items.all(|item| good.contains(&item))
            }
        })
    }
}

/// Whether an address, with or without a port, is one of this machine alone.
pub fn is_localhost(address: &str) -> bool {
    let host = match address.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if address.matches(':').count() == 1 => address.split(':').next().unwrap_or_default(),
        None => address,
    };
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

impl Setting {
    /// A flag that has one value, with what holds where it isn't set.
    pub fn flag(instance: &Instance, flag: &str, default: Option<&str>) -> Self {
        Self::of_flag(instance, flag, instance.arguments.last(flag).map(str::to_owned), default)
    }

    /// A flag that is a list, whose items are joined by commas.
    pub fn list(instance: &Instance, flag: &str, default: Option<&str>) -> Self {
        let value = instance.arguments.list(flag).map(|items| items.join(","));
        Self::of_flag(instance, flag, value, default)
    }

    fn of_flag(
        instance: &Instance,
        flag: &str,
        value: Option<String>,
        default: Option<&str>,
    ) -> Self {
        let own = || Origin { kind: instance.kind, place: instance.place.clone() };
        let (value, origin) = match (value, &instance.incomplete) {
            // What is not known may come later, and win.
            (_, Some(why)) => (Err(why.clone()), own()),
            (Some(value), None) => {
                // A variable that nobody could fill in.
                let known = if value.contains("$(") || value.contains("${") {
                    Err(format!("its value {value:?} holds a variable that is not known"))
                } else {
                    Ok(Some(value))
                };
                (known, own())
            }
            (None, None) => (Ok(default.map(str::to_owned)), default_origin(instance)),
        };
        let item = format!("{} --{flag}", instance.name());
        Setting { item, value, origin, place: flag_place(instance, flag) }
    }

    /// As evidence.
    pub fn evidence(&self) -> Evidence {
        let value = match &self.value {
            Ok(value) => value.clone(),
            Err(why) => Some(format!("unknown: {why}")),
        };
        Evidence { item: self.item.clone(), value, origin: self.origin.clone() }
    }

    /// Whether it is what is wanted.
    pub fn judge(&self, want: Want) -> Outcome {
        let value = match &self.value {
            Ok(value) => value.as_deref(),
            Err(why) => {
                return Outcome::unknown(format!("{}: {why}", self.item)).with([self.evidence()]);
            }
        };
        let shown = match value {
            Some("") => "is empty".to_owned(),
            Some(value) => format!("is {value}"),
            None => "is not set".to_owned(),
        };
        let by_default = if self.origin.kind == OriginKind::Default && value.is_some() {
            " by default"
        } else {
            ""
        };
        match want.holds(value) {
            Err(why) => Outcome::unknown(format!("{}: {why}", self.item)),
            Ok(true) => Outcome::pass(format!("{} {shown}{by_default}", self.item)),
            Ok(false) => Outcome::fail(format!(
                "{} {shown}{by_default}; it should {}",
                self.item,
                want.words()
            ))
            .patched(self.patch(value, want)),
        }
        .with([self.evidence()])
    }

    fn patch(&self, value: Option<&str>, want: Want) -> Option<Patch> {
        let to = want.instead(value)?;
        let from = value.filter(|_| self.origin.kind != OriginKind::Default).map(str::to_owned);
        match &self.place {
            Place::Flag { component, flag, file } => Some(Patch::Flag {
                component: (*component).to_owned(),
                file: file.clone(),
                flag: flag.clone(),
                from,
                to,
            }),
            Place::Field { file, field } => {
                Some(Patch::Field { file: file.clone(), field: field.clone(), from, to })
            }
            Place::Nowhere => None,
        }
    }
}

/// Where a flag of an instance is changed.
pub fn flag_place(instance: &Instance, flag: &str) -> Place {
    Place::Flag {
        component: instance.component.program(),
        flag: flag.to_owned(),
        file: instance.source.as_ref().map(|source| source.name().to_string()),
    }
}

/// Nobody set it.
pub fn default_origin(instance: &Instance) -> Origin {
    let place = match (instance.component, instance.minor) {
        (Component::Etcd, _) | (_, None) => String::new(),
        (_, Some(minor)) => format!("Kubernetes 1.{minor}"),
    };
    Origin { kind: OriginKind::Default, place }
}

/// An outcome for what could not be read.
pub fn unread(why: &impl ToString) -> Outcome {
    Outcome::new(Verdict::Unknown, why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wants_are_strict() {
        for (want, value, holds) in [
            (Want::Bool(false), Some("False"), Ok(true)),
            (Want::Bool(false), None, Ok(false)),
            (Want::Positive("1"), Some("-1"), Ok(false)),
            (Want::Zero, Some("0"), Ok(true)),
            (Want::SomeTime("5m"), Some("0s"), Ok(false)),
            (Want::SomeTime("5m"), Some("4h0m0s"), Ok(true)),
            (Want::Has("RBAC"), Some("Node,RBAC"), Ok(true)),
            (Want::Has("RBAC"), Some("NodeRBAC"), Ok(false)),
            (Want::HasNot("AlwaysAllow"), Some("Webhook, AlwaysAllow"), Ok(false)),
            (Want::Set, Some(""), Ok(false)),
            (Want::Only(&["a", "b"]), Some("a,b"), Ok(true)),
            (Want::Only(&["a", "b"]), Some(""), Ok(false)),
            (Want::Localhost, Some("127.0.0.1:10249"), Ok(true)),
            (Want::Localhost, Some("[::1]:10249"), Ok(true)),
            (Want::Localhost, Some("::"), Ok(false)),
            (Want::Localhost, Some("127.0.0.1.example.com"), Ok(false)),
        ] {
            assert_eq!(want.holds(value), holds, "{want:?} of {value:?}");
        }
        assert!(Want::Bool(true).holds(Some("yes")).is_err());
        assert!(Want::AtLeast(30, "30").holds(Some("many")).is_err());
    }
}
