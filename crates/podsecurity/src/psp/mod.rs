//! PodSecurityPolicy, as the admission plugin of Kubernetes 1.24 has it, the last that had one.
//!
//! ```text
//! workload ─► Pod ─► default ─► violations ─► choose ─► Decision
//!             what the   Policy    Policy       may use?   which policy, the pod as it would be
//!             API server                                   stored, and per policy why not
//!             sees
//! ```
//!
//! A [`Policy`] is read from its object, a [`Pod`] from a workload with the API server's own
//! defaults. A policy may change the pod ([`Policy::default_pod`]) before it is held against it
//! ([`Policy::violations`]); [`admit()`] chooses among policies as the plugin does, and
//! [`update`](admit::update) looks at a changed pod. What the plugin asks of the authorizer is a
//! closure, [`MayUse`].
//!
//! A strategy is a file: its rule, what it sets and what it refuses. Sources:
//! `plugin/pkg/admission/security/podsecuritypolicy` and `pkg/security/podsecuritypolicy` of
//! k8s.io/kubernetes v1.24.17. `tests/differential.rs` holds the module against that server.

pub mod admit;
mod app_armor;
mod beyond;
mod capabilities;
mod change;
mod container;
mod groups;
pub mod legacy;
mod place;
mod pod;
mod policy;
mod read;
mod rules;
mod se_linux;
mod seccomp;
mod sysctls;
mod token;
mod user;
mod valid;
mod volumes;

pub use admit::{Attempt, Authorised, Decision, MayUse, Outcome, Verdict, admit};
pub use change::{Changed, changes};
pub use container::{Capabilities, Container, ContainerContext, Mount};
pub use groups::GroupRule;
pub use place::{Place, Rejection, Step};
pub use pod::{Pod, PodContext};
pub use policy::{Policy, RuntimeClasses, Unusable};
pub use read::Range;
pub use rules::{CONTAINERS, CelRule};
pub use se_linux::{SeLinux, SeLinuxRule};
pub use seccomp::Seccomp;
pub use token::Token;
pub use user::UserRule;
pub use volumes::{HostPath, Volume, VolumeSource};
