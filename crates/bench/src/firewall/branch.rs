//! Packets that took the same way through the rules so far.

use std::rc::Rc;

use super::region::Region;
use super::register::Byte;

/// The marks of a packet and its connection, in the machine's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Of the packet.
    pub packet: [Byte; 4],
    /// Of the connection.
    pub connection: [Byte; 4],
}

impl Marks {
    /// Those of a new packet: zero, unless something that can't be read sets them.
    pub const NEW: Marks = Marks { packet: [Byte::likely(0); 4], connection: [Byte::likely(0); 4] };
}

/// Packets that took the same way through the rules so far.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Which packets.
    pub region: Region,
    /// Their marks.
    pub marks: Marks,
    /// Whether their connections are not tracked.
    pub untracked: bool,
    /// Whether they come here only where something unread has its hand in it.
    pub unlikely: bool,
    /// The first rule on the way that could not be decided.
    pub doubt: Option<Rc<str>>,
    /// The rule or policy that let them through, or refused them.
    pub by: Option<Rc<str>>,
}

impl Branch {
    /// The same way for other packets.
    pub fn of(&self, region: Region) -> Branch {
        Branch { region, ..self.clone() }
    }

    /// Whether following this one tells all that following the other does.
    fn covers(&self, other: &Branch) -> bool {
        (!self.unlikely || other.unlikely)
            && self.untracked == other.untracked
            && self.marks == other.marks
            && other.region.is_subset(&self.region)
    }
}

/// Adds packets to those that go the same way, unless they are among them. Those that no rule left a
/// doubt about took one way alone, so they are not.
pub fn join(all: &mut Vec<Branch>, next: Branch) {
    if next.doubt.is_none() || !all.iter().any(|known| known.covers(&next)) {
        all.push(next);
    }
}
