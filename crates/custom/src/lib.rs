//! What does this team ask of its own manifests?
//!
//! The section `custom-checks` of `seawall.yaml` holds checks whose rule is an expression in the
//! Common Expression Language (CEL), as ValidatingAdmissionPolicy has it: true passes. [`checks_of`]
//! makes [`Check`](seawall_model::Check)s of them that nothing tells from those that are built in:
//! exceptions, baselines, reports and `seawall explain` treat them alike. They may bring cases of
//! their own, which [`try_cases`] tries.
//!
//! ```text
//! seawall.yaml ─► definition ─► expression ─► metered expression ─► Rule ─► Check
//!                               (cel's AST)   (budget)
//! ```
//!
//! The crate `cel` evaluates, but has no limit of cost. So expressions are bounded when they are
//! read (`expression`) and metered when they run (`budget`). What can't be evaluated is
//! unknown, never passed.

mod budget;
mod cases;
mod definition;
mod expression;
mod rule;
mod value;

pub use cases::{Tried, try_cases};
pub use definition::checks_of;
