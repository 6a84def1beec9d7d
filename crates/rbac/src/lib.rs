//! Who may do what?
//!
//! ```text
//! Inventory ─► Policy (roles, bindings, subjects; defaults; aggregation) ─► index
//!                 ├─ may(subject, request)      yes, and by what
//!                 ├─ who(question)              every grant
//!                 ├─ escalation                 who may write which role or binding
//!                 ├─ risks, lint                what should not be
//!                 ├─ rules, diff                what a subject has, and what a change gives it
//!                 └─ usage, generate            what an audit log shows was needed
//! ```
//!
//! The rules of evaluation are those of Kubernetes' own authorizer
//! (`plugin/pkg/auth/authorizer/rbac`, `pkg/apis/rbac/v1/evaluation_helpers.go` and
//! `pkg/registry/rbac/validation` of Kubernetes 1.36); a test compares this crate with a running
//! API server, request by request.
//!
//! Pure: no input or output, no clock, no threads.

mod aggregate;
mod audit;
mod authorize;
mod cover;
pub mod defaults;
mod diff;
pub mod graph;
mod lint;
mod matching;
mod merge;
mod policy;
mod read;
mod request;
pub mod resources;
pub mod risks;
mod rule;
mod subject;
mod symbols;
mod usage;
mod who;

pub use audit::{LineError, Used, uses};
pub use authorize::{Decision, Grant};
pub use cover::{TooLarge, Writing, covers};
pub use diff::{Change, diff};
pub use lint::{Lint, Remark, lint};
pub use matching::{resource_matches, url_matches};
pub use merge::merge;
pub use policy::{
    Binding, BindingId, Gap, Origin, Policy, Role, RoleId, RoleKind, RoleRef, RuleId, Scope,
    SubjectId,
};
pub use request::{Request, Target};
pub use rule::Rule;
pub use subject::{Caller, Subject, SubjectParseError};
pub use usage::{Held, Least, Needs, Usage};
pub use who::{Reach, Who};
