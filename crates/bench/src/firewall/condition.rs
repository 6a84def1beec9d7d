//! What a comparison of registers comes to: a box of packets, and how sure that is.

use super::packet::Interface;
use super::ranges::Ranges;
use super::region::{Bounds, Dimension};
use super::register::{Byte, From};

/// Most ranges that a mask with gaps is written out as, as a power of two.
const GAPS: u32 = 10;

/// Whether a rule matches packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It does.
    Yes,
    /// It does unless something unread has its hand in it.
    Likely,
    /// Nobody can tell.
    Maybe,
    /// It does not unless something unread has its hand in it.
    Unlikely,
    /// It doesn't.
    No,
}

impl Truth {
    /// The contrary.
    pub fn not(self) -> Self {
        match self {
            Truth::Yes => Truth::No,
            Truth::Likely => Truth::Unlikely,
            Truth::Maybe => Truth::Maybe,
            Truth::Unlikely => Truth::Likely,
            Truth::No => Truth::Yes,
        }
    }

    /// Both.
    pub fn and(self, other: Truth) -> Self {
        self.max(other)
    }
}

impl std::convert::From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Truth::Yes } else { Truth::No }
    }
}

/// It holds as `truth` says for the packets in a box, and for no others.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The box.
    pub bounds: Bounds,
    /// Whether it holds there.
    pub truth: Truth,
}

impl Condition {
    /// The same for all packets.
    pub fn all(truth: Truth) -> Self {
        Condition { bounds: Bounds::default(), truth }
    }

    /// It holds in a set.
    pub fn within(dimension: Dimension, set: Ranges) -> Self {
        Condition { bounds: Bounds::one(dimension, set), truth: Truth::Yes }
    }

    fn and(&mut self, truth: Truth) {
        self.truth = self.truth.and(truth);
    }
}

/// A number of an address or port, of which bytes are compared.
struct Number {
    dimension: Dimension,
    bytes: usize,
    /// Bits that are compared, and what they must be.
    mask: u128,
    value: u128,
}

impl Number {
    /// The numbers whose bits are as they must be; none where they are too many ranges.
    fn ranges(&self) -> Option<Ranges> {
        let bits = self.bytes as u32 * 8;
        let all = last(self.bytes);
        let low_free = (!self.mask & all).trailing_ones().min(bits);
        let span = if low_free == 0 { 0 } else { u128::MAX >> (128 - low_free) };
        let gaps: Vec<u32> = (low_free..bits).filter(|bit| self.mask & (1 << bit) == 0).collect();
        if gaps.len() as u32 > GAPS {
            return None;
        }
        let ranges = (0..1_u32 << gaps.len()).map(|choice| {
            let low = gaps.iter().enumerate().fold(self.value, |sum, (at, bit)| {
                if choice & (1 << at) == 0 { sum } else { sum | (1 << bit) }
            });
            (low, low | span)
        });
        Some(Ranges::new(ranges.collect()))
    }
}

/// The greatest number of so many bytes.
pub fn last(bytes: usize) -> u128 {
    if bytes >= 16 { u128::MAX } else { (1 << (bytes * 8)) - 1 }
}

/// Bytes as a number, the first being the highest.
pub fn number(bytes: &[u8]) -> u128 {
    bytes.iter().take(16).fold(0, |sum, byte| (sum << 8) | u128::from(*byte))
}

/// How wide things are, and which interfaces there are.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    /// Bytes of an address.
    pub address: usize,
    /// The interfaces.
    pub interfaces: &'a [Interface],
}

impl Shape<'_> {
    fn place(&self, from: From) -> Option<(Dimension, usize, usize)> {
        match from {
            From::Source(at) => Some((Dimension::Source, self.address, at.into())),
            From::Destination(at) => Some((Dimension::Destination, self.address, at.into())),
            From::SourcePort(at) => Some((Dimension::SourcePort, 2, at.into())),
            From::Anything | From::Zero | From::InterfaceName(_) | From::InterfaceNumber(_) => None,
        }
    }

    /// When bytes are these.
    pub fn equal(&self, bytes: &[Byte], data: &[u8]) -> Condition {
        let mut condition = Condition::all(Truth::Yes);
        let mut numbers: Vec<Number> = Vec::new();
        let mut interfaces = false;
        for (byte, want) in bytes.iter().zip(data) {
            let wrong = byte.value ^ want;
            if wrong & !byte.mask != 0 {
                return Condition::all(Truth::No);
            }
            if byte.mask == 0 {
                continue;
            }
            match byte.from {
                From::Anything => condition.and(Truth::Maybe),
                From::Zero if wrong == 0 => condition.and(Truth::Likely),
                From::Zero => condition.and(Truth::Unlikely),
                From::InterfaceName(_) | From::InterfaceNumber(_) => interfaces = true,
                from => {
                    let Some((dimension, width, at)) = self.place(from) else { continue };
                    if at >= width {
                        condition.and(Truth::Maybe);
                        continue;
                    }
                    let shift = (width - 1 - at) * 8;
                    let mask = u128::from(byte.mask) << shift;
                    let value = u128::from(wrong & byte.mask) << shift;
                    match numbers.iter_mut().find(|one| one.dimension == dimension) {
                        // Bits that are asked for twice, and once each way.
                        Some(one) if (one.value ^ value) & one.mask & mask != 0 => {
                            return Condition::all(Truth::No);
                        }
                        Some(one) => {
                            one.mask |= mask;
                            one.value |= value;
                        }
                        None => numbers.push(Number { dimension, bytes: width, mask, value }),
                    }
                }
            }
        }
        for number in numbers {
            match number.ranges() {
                Some(set) => condition.bounds.narrow(number.dimension, set),
                None => condition.and(Truth::Maybe),
            }
        }
        if interfaces {
            let fits = |interface: &Interface| {
                bytes.iter().zip(data).all(|(byte, want)| {
                    interface
                        .byte(byte.from)
                        .is_none_or(|own| (own & byte.mask) ^ byte.value == *want)
                })
            };
            let which = self.interfaces.iter().enumerate().filter(|(_, one)| fits(one));
            let set = Ranges::of(which.map(|(at, _)| at as u128));
            condition.bounds.narrow(Dimension::Interface, set);
        }
        condition
    }

    /// When bytes are from `low` to `high`, both included, as `memcmp` orders them.
    pub fn between(&self, bytes: &[Byte], low: &[u8], high: &[u8]) -> Condition {
        if low == high {
            return self.equal(bytes, low);
        }
        if let Some(known) = bytes.iter().map(|byte| byte.constant()).collect::<Option<Vec<u8>>>() {
            let known = known.as_slice();
            return Condition::all((low <= known && known <= high).into());
        }
        // Zeros that fill up a register stand in both ends as well.
        let filling = bytes
            .iter()
            .zip(low.iter().zip(high))
            .rev()
            .take_while(|(byte, (low, high))| byte.constant() == Some(**low) && low == high)
            .count();
        let length = bytes.len().min(low.len()).min(high.len()) - filling;
        let (bytes, low, high) = (&bytes[..length], &low[..length], &high[..length]);
        if bytes.iter().all(|byte| matches!(byte.from, From::Zero) || byte.mask == 0) {
            let value: Vec<u8> = bytes.iter().map(|byte| byte.value).collect();
            let inside = low <= value.as_slice() && value.as_slice() <= high;
            return Condition::all(if inside { Truth::Likely } else { Truth::Unlikely });
        }
        let own = |interface: &Interface| -> Option<Vec<u8>> {
            let byte = |byte: &Byte| match byte.constant() {
                Some(value) => Some(value),
                None => Some((interface.byte(byte.from)? & byte.mask) ^ byte.value),
            };
            bytes.iter().map(byte).collect()
        };
        let values: Option<Vec<Vec<u8>>> = self.interfaces.iter().map(own).collect();
        if let Some(values) = values.filter(|values| !values.is_empty()) {
            let inside = |value: &&Vec<u8>| low <= value.as_slice() && value.as_slice() <= high;
            let which = values.iter().enumerate().filter(|(_, value)| inside(value));
            let set = Ranges::of(which.map(|(at, _)| at as u128));
            return Condition::within(Dimension::Interface, set);
        }
        // The first bytes of one number, none of them masked.
        let places: Option<Vec<(Dimension, usize, usize)>> = bytes
            .iter()
            .map(|byte| self.place(byte.from).filter(|_| byte.mask == 0xff && byte.value == 0))
            .collect();
        let Some(places) = places else { return Condition::all(Truth::Maybe) };
        let Some((dimension, width, _)) = places.first().copied() else {
            return Condition::all(Truth::Maybe);
        };
        let first = places
            .iter()
            .enumerate()
            .all(|(index, (of, _, at))| *of == dimension && *at == index && index < width);
        if !first {
            return Condition::all(Truth::Maybe);
        }
        let below = width - places.len();
        let shift = below as u32 * 8;
        let at = |bytes: &[u8]| number(bytes).checked_shl(shift).unwrap_or(0);
        Condition::within(dimension, Ranges::span(at(low), at(high) | last(below)))
    }
}
