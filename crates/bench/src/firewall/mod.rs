//! Do the rules that are loaded in the kernel let other machines reach a port?
//!
//! ```text
//! Ruleset + Question ─► walk: regions of packets, split by every rule ─► judge ─► Reach
//! ```
//!
//! The question is about the first packet of a new TCP connection to a port on which something
//! listens. Source, interface and the like are free; every rule splits the packets that it tells
//! apart, so the answer holds for all of them. What can't be decided (a rate, a set of another
//! subsystem, a mark that a program may set) leads both ways, and what comes of it is never "nobody"
//! unless both ways end so.
//!
//! It is pure: the rules come from [`crate::netfilter`].

mod branch;
mod compat;
mod condition;
mod judge;
mod load;
mod lookup;
pub mod packet;
pub mod ranges;
mod region;
mod register;
mod rule;
pub mod ruleset;
mod walk;

pub use judge::{Reach, Sources, judge, sources};
pub use walk::TooMany;
