//! The packet that is asked about: the first of a new TCP connection from another machine.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::condition::last;
use super::ranges::Ranges;
use super::region::Region;
use super::register::From;

/// An interface of the node that others' packets come in on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its number.
    pub index: u32,
    /// Whether the way to all other networks leads over it, in IPv4 and in IPv6.
    pub uplink: [bool; 2],
}

/// Bytes of an interface's name in the kernel, the last a zero.
pub const NAME: usize = 16;

impl Interface {
    /// A byte of its name or number; none of what is no interface's.
    pub fn byte(&self, from: From) -> Option<u8> {
        match from {
            From::InterfaceName(at) => {
                Some(self.name.as_bytes().get(usize::from(at)).copied().unwrap_or(0))
            }
            From::InterfaceNumber(at) => self.index.to_ne_bytes().get(usize::from(at)).copied(),
            _ => None,
        }
    }
}

/// The version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Version {
    /// Bytes of an address.
    pub fn bytes(self) -> usize {
        match self {
            Version::V4 => 4,
            Version::V6 => 16,
        }
    }

    /// Addresses as people write them: `10.0.0.0/8`, `10.0.0.3-10.0.0.9`; the first few.
    pub fn show(self, addresses: &Ranges, most: usize) -> String {
        let name = |number: u128| match self {
            Version::V4 => Ipv4Addr::from(number as u32).to_string(),
            Version::V6 => Ipv6Addr::from(number).to_string(),
        };
        let mut shown: Vec<String> = addresses
            .iter()
            .take(most)
            .map(|(low, high)| {
                let span = high - low;
                let bits = span.trailing_ones();
                // A block: as many ones as it is wide, at zeros.
                let block = span == last_bits(bits) && low & span == 0;
                match (block, bits) {
                    (true, 0) => name(low),
                    (true, bits) => {
                        format!("{}/{}", name(low), self.bytes() as u32 * 8 - bits)
                    }
                    (false, _) => format!("{}-{}", name(low), name(high)),
                }
            })
            .collect();
        let rest = addresses.len().saturating_sub(most);
        if rest > 0 {
            shown.push(format!("{rest} more"));
        }
        shown.join(", ")
    }
}

fn last_bits(bits: u32) -> u128 {
    if bits == 0 { 0 } else { u128::MAX >> (128 - bits) }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Version::V4 => "IPv4",
            Version::V6 => "IPv6",
        })
    }
}

/// What is asked: new TCP connections to a port of the node.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The version of IP.
    pub version: Version,
    /// The port that listens.
    pub port: u16,
    /// The node's addresses that it listens on.
    pub addresses: Ranges,
    /// The interfaces that others' packets come in on.
    pub interfaces: &'a [Interface],
    /// Whether the packets were sent to somewhere else, and rewritten on their way.
    pub rewritten: bool,
}

impl Question<'_> {
    /// All packets that it is about; none where there are none.
    pub fn region(&self) -> Option<Region> {
        let places = self.interfaces.len() as u128;
        let interfaces = match places.checked_sub(1) {
            Some(last) => Ranges::span(0, last),
            None => Ranges::default(),
        };
        // No other machine has an address of the loopback network.
        let own = match self.version {
            Version::V4 => Ranges::span(127 << 24, (128 << 24) - 1),
            Version::V6 => Ranges::of([1]),
        };
        let everyone = Ranges::span(0, last(self.version.bytes()));
        Region::new([
            everyone.difference(&own),
            self.addresses.clone(),
            Ranges::span(1, u128::from(u16::MAX)),
            interfaces,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_blocks_where_they_are_some() {
        let all = Ranges::new(vec![
            (0x0a00_0000, 0x0aff_ffff),
            (0x0b00_0001, 0x0b00_0001),
            (0x0c00_0001, 0x0c00_0002),
        ]);
        assert_eq!(Version::V4.show(&all, 9), "10.0.0.0/8, 11.0.0.1, 12.0.0.1-12.0.0.2");
        assert_eq!(Version::V4.show(&all, 1), "10.0.0.0/8, 2 more");
        assert_eq!(Version::V6.show(&Ranges::span(0, u128::MAX), 1), "::/0");
    }
}
