//! Which system calls does a profile let through, and what becomes of the others?
//!
//! ```text
//! JSON ─► Profile ─► Filter ─► Decision        what happens to one call
//!          parse      resolve   ├─► explain     groups, dangerous calls, RuntimeDefault
//!                     for a     ├─► diff        where two filters differ
//!                     Target    ├─► lint        what its author will not have meant
//!                               └─► bpf         the program that the kernel runs
//! ```
//!
//! A [`Profile`] is what the file says, with the place of everything in it. What it *does* depends
//! on who reads it: containerd takes it as the OCI runtime specification has it and knows nothing
//! of `includes`, `excludes`, `archMap` or the single `name`; CRI-O and Docker do. So a profile is
//! resolved for a [`Target`] into a [`Filter`], by the rules of that runtime, of runc, and of
//! libseccomp, which are not those of a list that is read from top to bottom.

mod arch;
mod bpf;
mod danger;
mod default;
mod diff;
mod errno;
mod explain;
mod filter;
mod lint;
mod parse;
mod profile;
mod recorded;
mod syscalls;

pub use arch::Arch;
pub use bpf::{Instruction, Program, TooLong, program};
pub use danger::{DANGEROUS, Danger};
pub use default::{RUNTIME_DEFAULT_SOURCE, runtime_default};
pub use diff::{Difference, diff};
pub use explain::{Explained, GroupState, Open, explain};
pub use filter::{
    CallRule, Decision, Filter, Outlook, Reason, Refused, Return, Runtime, Target, UnknownRuntime,
};
pub use lint::{Finding, lint};
pub use parse::ParseError;
pub use profile::{
    Action, Architecture, Condition, Conditions, Note, NoteKind, Operator, Profile, Rule,
};
pub use recorded::{Recorded, to_json};
pub use syscalls::{GROUPS, Group, Syscall, name_of, syscall};
