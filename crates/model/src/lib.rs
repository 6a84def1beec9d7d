//! The types that every room of Seawall shares.
//!
//! ```text
//! text ─► Source ─► Document ─► Object ─► Inventory ─► Check ─► Verdict
//!                   (Node)      Pod         Coverage     Cx       Evidence ─► Finding
//!                               Container
//! ```
//!
//! A [`Source`] is a text with a name. [`document`] reads it as Kubernetes would, into a tree whose
//! every [`Node`](document::Node) knows its place. An [`Object`] is a node that is a Kubernetes
//! object; [`Pod`](workload::Pod) and [`Container`](workload::Container) are views of one. The
//! [`Inventory`] holds all objects and the [`Coverage`], which is what was *not* read. A [`Check`]
//! looks at one of these and leaves evidence, which becomes a [`Finding`].
//!
//! Pure: no input or output, no clock, no threads.

mod check;
mod coverage;
pub mod document;
mod finding;
mod fix;
mod ingress;
mod inventory;
mod object;
mod quantity;
mod read;
mod selection;
mod selector;
mod settings;
mod severity;
mod source;
pub mod workload;

pub use check::{Check, Cx, Evidence, Level, Mapping, Outcome, Rule, Scope, UndecidedAt, Verdict};
pub use coverage::{Counts, Coverage, Outcome as PartOutcome, Part};
pub use finding::{
    Finding, Fingerprint, Notice, NoticeKind, Origin, Peer, Place, Site, Sites, Subject,
    Suppression, Unknown,
};
pub use fix::{Change, Edit, Edits, Fix, Flaw, NoFix, Safety, Unfixed, Value};
pub use ingress::{IngressBackend, ingress_backends};
pub use inventory::{Entry, Inventory};
pub use object::{Object, ObjectId, ObjectKind};
pub use quantity::Quantity;
pub use read::{At, Read, Undecided};
pub use selection::Template;
pub use selector::{Labels, Requirement, Selector, Test};
pub use settings::Settings;
pub use severity::{Severity, UnknownSeverity};
pub use source::{LineOrigin, Location, Position, Source, Span};
