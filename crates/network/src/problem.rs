//! What could not be understood. It is told, and what depends on it is unknown, never permitted or
//! denied by guess.

use std::sync::Arc;

use seawall_model::{Location, Object, ObjectId, Undecided};

/// Something that could not be understood.
#[derive(Clone, Debug)]
pub struct Problem<'a> {
    /// The object that it is in.
    pub object: &'a Arc<ObjectId>,
    /// Where it stands.
    pub location: Location,
    /// What is wrong.
    pub why: String,
}

impl<'a> Problem<'a> {
    pub(crate) fn of(object: Object<'a>, undecided: &Undecided<'a>) -> Self {
        let location = undecided.node.location();
        Problem { object: object.id(), location, why: undecided.why.to_string() }
    }
}
