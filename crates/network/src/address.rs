//! Address ranges of both families, and the partition of all addresses that a cluster's policies
//! make: inside a part every address is treated alike.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the family of that name")]
pub enum Family {
    V4,
    V6,
}

impl Family {
    /// Both.
    pub const ALL: [Family; 2] = [Family::V4, Family::V6];

    /// The number of the last address.
    fn last(self) -> u128 {
        match self {
            Family::V4 => u128::from(u32::MAX),
            Family::V6 => u128::MAX,
        }
    }

    /// Bits of an address.
    fn bits(self) -> u8 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }

    fn address(self, number: u128) -> IpAddr {
        match self {
            Family::V4 => IpAddr::V4(Ipv4Addr::from_bits(number as u32)),
            Family::V6 => IpAddr::V6(Ipv6Addr::from_bits(number)),
        }
    }
}

fn number(address: IpAddr) -> (Family, u128) {
    match address {
        IpAddr::V4(address) => (Family::V4, u128::from(address.to_bits())),
        IpAddr::V6(address) => (Family::V6, address.to_bits()),
    }
}

/// Addresses of one family from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Range {
    family: Family,
    first: u128,
    last: u128,
}

impl Range {
    /// Every address of a family.
    pub fn all(family: Family) -> Self {
        Range { family, first: 0, last: family.last() }
    }

    /// The family.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The first address.
    pub fn first(&self) -> IpAddr {
        self.family.address(self.first)
    }

    /// The last address.
    pub fn last(&self) -> IpAddr {
        self.family.address(self.last)
    }

    /// Whether an address is in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (family, number) = number(address);
        family == self.family && (self.first..=self.last).contains(&number)
    }

    /// Whether it is all addresses of its family.
    pub fn is_all(&self) -> bool {
        *self == Range::all(self.family)
    }

    /// Whether the two have an address in common.
    pub fn meets(&self, other: &Range) -> bool {
        self.family == other.family && self.first <= other.last && other.first <= self.last
    }

    /// This range and the one that begins where it ends, as one.
    pub fn joined(&self, next: &Range) -> Option<Range> {
        let touches = self.family == next.family && self.last.checked_add(1) == Some(next.first);
        (touches || self == next).then_some(Range { last: next.last, ..*self })
    }

    /// Reads `10.0.0.0/8`, `fd00::/8` or a single address. Bits behind the prefix are dropped, as
    /// Go's `net.ParseCIDR` does.
    pub fn parse(text: &str) -> Option<Range> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => {
                if length.starts_with('+') {
                    return None;
                }
                (address, Some(length.parse::<u8>().ok()?))
            }
            None => (text, None),
        };
        let (family, number) = number(address.parse().ok()?);
        let length = length.unwrap_or(family.bits());
        if length > family.bits() {
            return None;
        }
        let host = if length == 0 {
            family.last()
        } else {
            family.last()
                & (1u128.checked_shl(u32::from(family.bits() - length)).unwrap_or(0))
                    .wrapping_sub(1)
        };
        Some(Range { family, first: number & !host, last: number | host })
    }

    /// The fewest CIDR blocks that make up the range, in order.
    pub fn blocks(&self) -> Vec<String> {
        let mut blocks = Vec::new();
        let mut first = self.first;
        loop {
            let bits = u32::from(self.family.bits());
            let mut size = first.trailing_zeros().min(bits);
            // The largest block that starts here and does not go past the end.
            while size > 0 {
                let host = if size == 128 { u128::MAX } else { (1u128 << size) - 1 };
                if first.checked_add(host).is_some_and(|last| last <= self.last) {
                    break;
                }
                size -= 1;
            }
            let host = if size == 128 { u128::MAX } else { (1u128 << size) - 1 };
            blocks.push(format!("{}/{}", self.family.address(first), bits - size));
            match first.checked_add(host).and_then(|last| last.checked_add(1)) {
                Some(next) if next <= self.last => first = next,
                _ => return blocks,
            }
        }
    }
}

impl fmt::Display for Range {
    /// `10.0.0.0-10.255.255.255`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first(), self.last())
    }
}

/// A set of addresses: sorted ranges that do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AddressSet {
    ranges: Vec<Range>,
}

impl AddressSet {
    /// No address.
    pub const NONE: AddressSet = AddressSet { ranges: Vec::new() };

    /// Every address of both families.
    pub fn all() -> Self {
        AddressSet { ranges: Family::ALL.map(Range::all).to_vec() }
    }

    /// The ranges, IPv4 first.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// Whether there is no address.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether an address is in the set.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (family, number) = number(address);
        let after =
            self.ranges.partition_point(|range| (range.family, range.first) <= (family, number));
        after > 0 && self.ranges[after - 1].contains(address)
    }

    /// Whether all addresses of a family are in the set.
    pub fn has_all(&self, family: Family) -> bool {
        self.ranges.contains(&Range::all(family))
    }

    /// Adds a range.
    pub fn add(&mut self, range: Range) {
        self.ranges.push(range);
        self.normalize();
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &AddressSet) {
        self.ranges.extend_from_slice(&other.ranges);
        self.normalize();
    }

    /// Takes a range out.
    pub fn remove(&mut self, gone: Range) {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        for range in &self.ranges {
            if !range.meets(&gone) {
                ranges.push(*range);
                continue;
            }
            if range.first < gone.first {
                ranges.push(Range { last: gone.first - 1, ..*range });
            }
            if range.last > gone.last {
                ranges.push(Range { first: gone.last + 1, ..*range });
            }
        }
        self.ranges = ranges;
    }

    fn normalize(&mut self) {
        self.ranges.sort_unstable();
        let mut ranges: Vec<Range> = Vec::with_capacity(self.ranges.len());
        for range in self.ranges.drain(..) {
            match ranges.last_mut() {
                Some(before)
                    if before.family == range.family
                        && range.first <= before.last.saturating_add(1) =>
                {
                    before.last = before.last.max(range.last);
                }
                _ => ranges.push(range),
            }
        }
        self.ranges = ranges;
    }
}

impl FromIterator<Range> for AddressSet {
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Self {
        let mut set = AddressSet { ranges: ranges.into_iter().collect() };
        set.normalize();
        set
    }
}

/// All addresses, cut wherever a set that a policy names begins or ends.
#[derive(Clone, Debug)]
pub struct Partition {
    parts: Vec<Range>,
}

impl Partition {
    /// Cuts all addresses at the borders of the sets.
    pub fn of<'s>(sets: impl Iterator<Item = &'s AddressSet>) -> Self {
        let mut cuts: Vec<(Family, u128)> = Family::ALL.map(|family| (family, 0)).to_vec();
        for range in sets.flat_map(|set| &set.ranges) {
            cuts.push((range.family, range.first));
            if range.last < range.family.last() {
                cuts.push((range.family, range.last + 1));
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        let parts = cuts
            .iter()
            .enumerate()
            .map(|(number, &(family, first))| {
                let last = match cuts.get(number + 1) {
                    Some((next, start)) if *next == family => start - 1,
                    _ => family.last(),
                };
                Range { family, first, last }
            })
            .collect();
        Partition { parts }
    }

    /// The parts, IPv4 first, in order.
    pub fn parts(&self) -> &[Range] {
        &self.parts
    }

    /// The numbers of the parts that make up a set from whose borders the partition was cut.
    pub fn members(&self, set: &AddressSet) -> impl Iterator<Item = usize> {
        set.ranges.iter().flat_map(|range| {
            let from = self
                .parts
                .partition_point(|part| (part.family, part.first) < (range.family, range.first));
            let to = self
                .parts
                .partition_point(|part| (part.family, part.first) <= (range.family, range.last));
            from..to
        })
    }

    /// The part in which an address lies.
    pub fn part_of(&self, address: IpAddr) -> usize {
        let (family, number) = number(address);
        self.parts.partition_point(|part| (part.family, part.first) <= (family, number)) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range(text: &str) -> Range {
        Range::parse(text).expect("the range is one")
    }

    #[test]
    fn blocks_are_read_as_go_does() {
        assert_eq!(range("10.1.2.3/8").to_string(), "10.0.0.0-10.255.255.255");
        assert_eq!(range("0.0.0.0/0").to_string(), "0.0.0.0-255.255.255.255");
        assert_eq!(
            range("fd00::1/8").to_string(),
            "fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
        );
        assert!(range("::/0").is_all());
        assert_eq!(range("1.2.3.4/32"), range("1.2.3.4"));
        assert_eq!(range("::1/128"), range("::1"));
        for wrong in
            ["", "1.2.3", "1.2.3.4/33", "::/129", "1.2.3.4/-1", "1.2.3.4/+8", "a/8", "1.2.3.4/"]
        {
            assert_eq!(Range::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn except_leaves_holes() {
        let mut set: AddressSet = [range("10.0.0.0/8")].into_iter().collect();
        set.remove(range("10.1.0.0/16"));
        set.remove(range("11.0.0.0/8"));
        assert!(!set.contains("10.1.2.3".parse().expect("an address")));
        assert!(set.contains("10.2.2.3".parse().expect("an address")));
        let blocks: Vec<String> = set.ranges().iter().flat_map(Range::blocks).collect();
        assert_eq!(blocks[0], "10.0.0.0/16");
        assert_eq!(blocks.last().map(String::as_str), Some("10.128.0.0/9"));
        assert_eq!(Range::all(Family::V6).blocks(), ["::/0"]);
        assert_eq!(Range::all(Family::V4).blocks(), ["0.0.0.0/0"]);
    }

    proptest! {
        #[test]
        fn a_partition_knows_its_members(
            blocks in prop::collection::vec((any::<u32>(), 0u8..=32), 0..8),
            probe in any::<u32>(),
        ) {
            let sets: Vec<AddressSet> = blocks
                .iter()
                .map(|(address, length)| {
                    let text = format!("{}/{length}", Ipv4Addr::from_bits(*address));
                    [range(&text)].into_iter().collect()
                })
                .collect();
            let partition = Partition::of(sets.iter());
            let probe = IpAddr::V4(Ipv4Addr::from_bits(probe));
            let part = partition.part_of(probe);
            prop_assert!(partition.parts()[part].contains(probe));
            for set in &sets {
                prop_assert_eq!(set.contains(probe), partition.members(set).any(|m| m == part));
            }
        }

        #[test]
        fn blocks_make_up_their_range(first in any::<u32>(), length in any::<u16>()) {
            let last = first.saturating_add(u32::from(length));
            let whole = Range { family: Family::V4, first: first.into(), last: last.into() };
            let set: AddressSet = whole.blocks().iter().map(|block| range(block)).collect();
            prop_assert_eq!(set.ranges(), &[whole]);
        }
    }
}
