//! What does an AppArmor profile let a program do?
//!
//! [`Policy::parse`] reads the language of `apparmor.d(5)` well enough to say what a profile allows
//! ([`explain`]) and what its author will not have meant ([`lint`]); [`generate`] writes a profile
//! for a container from what its workload declares. What `apparmor_parser` would compile is not
//! computed: variables are not expanded and globs are compared as they are written.

mod explain;
mod generate;
mod lexer;
mod lint;
mod need;
mod parse;
mod policy;

pub use explain::{Explained, explain};
pub use generate::{Need, generate};
pub use lint::{Finding, lint};
pub use parse::ParseError;
pub use policy::{
    CAPABILITIES, File, Flag, Include, Policy, Profile, Qualifiers, Rule, RuleKind, Variable,
};
