//! What would the API server of a Kubernetes version do with this object's fields: keep, drop or
//! reject?
//!
//! A manifest that says `securityContex` is accepted by a lenient client, and the field is dropped
//! without a word. This room finds such fields, and values of the wrong type, missing fields,
//! unknown values of enumerations, and API versions that the target no longer serves.
//!
//! ```text
//! data/api.txt ─► Table ─► Schema (Table at a Version) ─► validate(Node) ─► Problem
//! ```
//!
//! The rules are those of the API server's strict JSON decoding (`sigs.k8s.io/json`, the types of
//! `k8s.io/api`, `metav1.Time`, `resource.Quantity`, `intstr.IntOrString`): names are
//! case-sensitive, null is absence, numbers and strings do not pass for each other. They are held
//! against the verdicts of real API servers (`tests/oracle`).
//!
//! What is decided elsewhere, or not at all: the server's validation beyond types, fields that a
//! feature gate switches off, and the content of custom resources, of which only `metadata` is
//! looked at. A field that stands twice is the reader's to report.
//!
//! The data is written by `seawall-schema-refresh`, which tells how; see its documentation.
//!
//! ```
//! use seawall_model::Source;
//! use seawall_model::document::{Limits, chunks, read};
//! use seawall_schema::{Schema, Version};
//! use std::sync::Arc;
//!
//! let text = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, privilegd: true}]}\n";
//! let source = Arc::new(Source::new("pod.yaml", text.to_owned()));
//! let reading = read(&source, chunks(&source)[0], &Limits::default());
//! let mut found = Vec::new();
//! let schema = Schema::of("1.30".parse()?);
//! schema.validate("v1", "Pod", reading.documents[0].root(), &mut |problem| {
//!     found.push(problem.to_string());
//! });
//! assert_eq!(found.len(), 1);
//! assert!(found[0].starts_with("unknown field \"privilegd\""));
//! # Ok::<(), seawall_schema::VersionError>(())
//! ```

mod api;
mod hint;
mod problem;
mod scalar;
mod table;
mod validate;
mod version;

pub use api::{Api, ApiStatus};
pub use hint::Hint;
pub use problem::{Effect, Expected, Problem, ProblemKind};
pub use version::{Version, VersionError};

/// The API of one Kubernetes version: a handle that is copied freely.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    table: &'static table::Table,
    version: Version,
}

impl Schema {
    /// The API of a version. The first call loads the table (about a millisecond).
    pub fn of(version: Version) -> Schema {
        Schema { table: table::Table::get(), version }
    }

    /// The version whose API this is.
    pub fn version(self) -> Version {
        self.version
    }
}
