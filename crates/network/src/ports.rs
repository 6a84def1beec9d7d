//! Sets of ports as sorted ranges, so that a connection set is exact and small.
//!
//! Ports run from 1 to 65535; 0 is no port that a packet may be sent to.

use std::fmt;

/// First port.
pub const FIRST: u16 = 1;
/// Last port.
pub const LAST: u16 = u16::MAX;

/// A transport protocol that network policies know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the protocol of that name")]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

impl Protocol {
    /// All of them, in the order of their indices.
    pub const ALL: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

    /// The name, as `corev1.Protocol` has it.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
            Protocol::Sctp => "SCTP",
        }
    }

    /// The protocol of a name, in any case.
    pub fn of(name: &str) -> Option<Protocol> {
        Protocol::ALL.into_iter().find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of ports: sorted inclusive ranges that neither touch nor overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortSet {
    ranges: Vec<(u16, u16)>,
}

impl PortSet {
    /// No port.
    pub const NONE: PortSet = PortSet { ranges: Vec::new() };

    /// All ports.
    pub fn all() -> Self {
        PortSet { ranges: vec![(FIRST, LAST)] }
    }

    /// The ports from `first` to `last`, both included; none where they are the wrong way round.
    pub fn range(first: u16, last: u16) -> Self {
        let first = first.max(FIRST);
        PortSet { ranges: if first <= last { vec![(first, last)] } else { Vec::new() } }
    }

    /// The ranges, sorted.
    pub fn ranges(&self) -> &[(u16, u16)] {
        &self.ranges
    }

    /// Whether there is no port.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether there is every port.
    pub fn is_all(&self) -> bool {
        self.ranges == [(FIRST, LAST)]
    }

    /// How many ports.
    pub fn len(&self) -> usize {
        self.ranges.iter().map(|(first, last)| usize::from(last - first) + 1).sum()
    }

    /// Whether a port is in the set.
    pub fn contains(&self, port: u16) -> bool {
        let after = self.ranges.partition_point(|(first, _)| *first <= port);
        after > 0 && self.ranges[after - 1].1 >= port
    }

    /// The ports of either.
    #[must_use]
    pub fn union(&self, other: &PortSet) -> PortSet {
        if self.is_empty() || other.is_all() {
            return other.clone();
        }
        if other.is_empty() || self.is_all() {
            return self.clone();
        }
        let mut all: Vec<(u16, u16)> = self.ranges.iter().chain(&other.ranges).copied().collect();
        all.sort_unstable();
        let mut ranges: Vec<(u16, u16)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match ranges.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => ranges.push((first, last)),
            }
        }
        PortSet { ranges }
    }

    /// The ports of both.
    #[must_use]
    pub fn intersection(&self, other: &PortSet) -> PortSet {
        let (mut left, mut right) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        let mut ranges = Vec::new();
        while let (Some(&&(a, b)), Some(&&(c, d))) = (left.peek(), right.peek()) {
            let (first, last) = (a.max(c), b.min(d));
            if first <= last {
                ranges.push((first, last));
            }
            if b < d {
                left.next();
            } else {
                right.next();
            }
        }
        PortSet { ranges }
    }

    /// The ports that are not in the set.
    #[must_use]
    pub fn complement(&self) -> PortSet {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = Some(FIRST);
        for &(first, last) in &self.ranges {
            if let Some(start) = next
                && start < first
            {
                ranges.push((start, first - 1));
            }
            next = last.checked_add(1);
        }
        if let Some(start) = next {
            ranges.push((start, LAST));
        }
        PortSet { ranges }
    }

    /// The ports of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &PortSet) -> PortSet {
        self.intersection(&other.complement())
    }

    /// Whether every port of the other is in this set.
    pub fn covers(&self, other: &PortSet) -> bool {
        other.difference(self).is_empty()
    }
}

impl FromIterator<(u16, u16)> for PortSet {
    fn from_iter<I: IntoIterator<Item = (u16, u16)>>(ranges: I) -> Self {
        ranges
            .into_iter()
            .fold(PortSet::NONE, |set, (first, last)| set.union(&PortSet::range(first, last)))
    }
}

impl fmt::Display for PortSet {
    /// `80,443,8000-9000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (first, last)) in self.ranges.iter().enumerate() {
            if number > 0 {
                f.write_str(",")?;
            }
            if first == last { write!(f, "{first}")? } else { write!(f, "{first}-{last}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sets() -> impl Strategy<Value = PortSet> {
        prop::collection::vec((0u16..40, 0u16..8), 0..6).prop_map(|pairs| {
            pairs.into_iter().map(|(first, length)| (first, first + length)).collect()
        })
    }

    #[test]
    fn neighbours_grow_together() {
        let set: PortSet =
            [(1, 4), (5, 9), (LAST, LAST), (LAST - 1, LAST - 1)].into_iter().collect();
        assert_eq!(set.to_string(), "1-9,65534-65535");
        assert_eq!(set.complement().to_string(), "10-65533");
        assert!(PortSet::all().complement().is_empty());
        assert!(PortSet::NONE.complement().is_all());
        assert!(PortSet::range(0, 0).is_empty());
    }

    proptest! {
        #[test]
        fn operations_are_those_of_sets(a in sets(), b in sets()) {
            for port in FIRST..60 {
                let (x, y) = (a.contains(port), b.contains(port));
                prop_assert_eq!(a.union(&b).contains(port), x || y);
                prop_assert_eq!(a.intersection(&b).contains(port), x && y);
                prop_assert_eq!(a.difference(&b).contains(port), x && !y);
                prop_assert_eq!(a.complement().contains(port), !x);
            }
            prop_assert_eq!(a.union(&b), b.union(&a));
            prop_assert_eq!(a.complement().complement(), a.clone());
            prop_assert_eq!(a.len(), (FIRST..=LAST).filter(|port| a.contains(*port)).count());
        }
    }
}
