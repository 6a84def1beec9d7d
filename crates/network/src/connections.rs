//! Sets of connections: for each protocol a set of ports.
//!
//! A cluster has few distinct sets and many pairs of peers, so sets are kept once in a [`Table`]
//! and pairs hold numbers. Operations on numbers are remembered.

use std::collections::HashMap;
use std::fmt;

use crate::ports::{PortSet, Protocol};

/// Which protocols and ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Connections {
    ports: [PortSet; 3],
}

impl Connections {
    /// Nothing.
    pub const NONE: Connections = Connections { ports: [PortSet::NONE; 3] };

    /// Every protocol and port.
    pub fn all() -> Self {
        Connections { ports: [PortSet::all(), PortSet::all(), PortSet::all()] }
    }

    /// Ports of one protocol.
    pub fn of(protocol: Protocol, ports: PortSet) -> Self {
        let mut connections = Connections::NONE;
        connections.ports[protocol as usize] = ports;
        connections
    }

    /// The ports of a protocol.
    pub fn ports(&self, protocol: Protocol) -> &PortSet {
        &self.ports[protocol as usize]
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.ports.iter().all(PortSet::is_empty)
    }

    /// Whether everything is in the set.
    pub fn is_all(&self) -> bool {
        self.ports.iter().all(PortSet::is_all)
    }

    /// Whether a port of a protocol is in the set.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.ports[protocol as usize].contains(port)
    }

    fn zip(&self, other: &Self, operation: impl Fn(&PortSet, &PortSet) -> PortSet) -> Self {
        Connections {
            ports: std::array::from_fn(|index| operation(&self.ports[index], &other.ports[index])),
        }
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.zip(other, PortSet::union)
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.zip(other, PortSet::intersection)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.zip(other, PortSet::difference)
    }

    /// Whether everything of the other is in this set.
    pub fn covers(&self, other: &Self) -> bool {
        other.difference(self).is_empty()
    }

    /// Protocols that have ports, with them.
    pub fn iter(&self) -> impl Iterator<Item = (Protocol, &PortSet)> {
        Protocol::ALL
            .into_iter()
            .map(|protocol| (protocol, self.ports(protocol)))
            .filter(|(_, ports)| !ports.is_empty())
    }
}

impl fmt::Display for Connections {
    /// `All Connections`, `No Connections`, or `SCTP 1-9002,TCP 80,443` with protocols in the order
    /// of their names, as np-guard's analyzer writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all() {
            return f.write_str("All Connections");
        }
        if self.is_empty() {
            return f.write_str("No Connections");
        }
        let mut first = true;
        for protocol in [Protocol::Sctp, Protocol::Tcp, Protocol::Udp] {
            let ports = self.ports(protocol);
            if !ports.is_empty() {
                write!(f, "{}{protocol} {ports}", if first { "" } else { "," })?;
                first = false;
            }
        }
        Ok(())
    }
}

/// The number of a set of connections in a [`Table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionsId(pub(crate) u32);

impl ConnectionsId {
    /// Nothing.
    pub const NONE: ConnectionsId = ConnectionsId(0);
    /// Everything.
    pub const ALL: ConnectionsId = ConnectionsId(1);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Operation {
    Union,
    Intersection,
    Difference,
}

/// Sets of connections, each once.
#[derive(Debug)]
pub struct Table {
    sets: Vec<Connections>,
    ids: HashMap<Connections, ConnectionsId>,
    known: HashMap<(Operation, ConnectionsId, ConnectionsId), ConnectionsId>,
}

impl Default for Table {
    fn default() -> Self {
        let mut table = Table { sets: Vec::new(), ids: HashMap::new(), known: HashMap::new() };
        table.id(&Connections::NONE);
        table.id(&Connections::all());
        table
    }
}

impl Table {
    /// The number of a set.
    pub fn id(&mut self, set: &Connections) -> ConnectionsId {
        if let Some(&id) = self.ids.get(set) {
            return id;
        }
        let id = ConnectionsId(self.sets.len() as u32);
        self.sets.push(set.clone());
        self.ids.insert(set.clone(), id);
        id
    }

    /// The set of a number that this table gave.
    pub fn get(&self, id: ConnectionsId) -> &Connections {
        &self.sets[id.0 as usize]
    }

    /// What is in either.
    pub fn union(&mut self, a: ConnectionsId, b: ConnectionsId) -> ConnectionsId {
        use ConnectionsId as Id;
        match (a, b) {
            (Id::NONE, other) | (other, Id::NONE) => other,
            (Id::ALL, _) | (_, Id::ALL) => Id::ALL,
            _ if a == b => a,
            _ => self.remembered(Operation::Union, a.min(b), a.max(b)),
        }
    }

    /// What is in both.
    pub fn intersection(&mut self, a: ConnectionsId, b: ConnectionsId) -> ConnectionsId {
        use ConnectionsId as Id;
        match (a, b) {
            (Id::ALL, other) | (other, Id::ALL) => other,
            (Id::NONE, _) | (_, Id::NONE) => Id::NONE,
            _ if a == b => a,
            _ => self.remembered(Operation::Intersection, a.min(b), a.max(b)),
        }
    }

    /// What is in the first and not in the second.
    pub fn difference(&mut self, a: ConnectionsId, b: ConnectionsId) -> ConnectionsId {
        use ConnectionsId as Id;
        match (a, b) {
            (_, Id::NONE) => a,
            (Id::NONE, _) | (_, Id::ALL) => Id::NONE,
            _ if a == b => Id::NONE,
            _ => self.remembered(Operation::Difference, a, b),
        }
    }

    fn remembered(
        &mut self,
        operation: Operation,
        a: ConnectionsId,
        b: ConnectionsId,
    ) -> ConnectionsId {
        if let Some(&id) = self.known.get(&(operation, a, b)) {
            return id;
        }
        let (left, right) = (self.get(a), self.get(b));
        let set = match operation {
            Operation::Union => left.union(right),
            Operation::Intersection => left.intersection(right),
            Operation::Difference => left.difference(right),
        };
        let id = self.id(&set);
        self.known.insert((operation, a, b), id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(first: u16, last: u16) -> Connections {
        Connections::of(Protocol::Tcp, PortSet::range(first, last))
    }

    #[test]
    fn protocols_are_written_by_name() {
        let set = tcp(80, 80)
            .union(&Connections::of(Protocol::Sctp, PortSet::range(1, 9)))
            .union(&Connections::of(Protocol::Udp, PortSet::range(53, 53)));
        assert_eq!(set.to_string(), "SCTP 1-9,TCP 80,UDP 53");
        assert_eq!(Connections::all().to_string(), "All Connections");
        assert_eq!(Connections::NONE.to_string(), "No Connections");
    }

    #[test]
    fn equal_sets_have_one_number() {
        let mut table = Table::default();
        let (a, b) = (table.id(&tcp(1, 80)), table.id(&tcp(81, LAST_PORT)));
        let both = table.union(a, b);
        let all_tcp = table.id(&tcp(1, LAST_PORT));
        assert_eq!(both, all_tcp);
        assert_eq!(table.difference(both, a), b);
        assert_eq!(table.intersection(a, b), ConnectionsId::NONE);
        let rest = table.difference(ConnectionsId::ALL, both);
        assert_eq!(table.union(rest, both), ConnectionsId::ALL);
    }

    const LAST_PORT: u16 = crate::ports::LAST;
}
