//! Registers whose bytes may stand for what is free of a packet.
//!
//! A rule loads bytes, masks them and compares them. Which bytes of what they are is kept, so that
//! a comparison comes to a set of addresses, ports or interfaces.

/// Bytes of all registers.
pub const BYTES: usize = 64;

/// What the bits of a byte are that are not fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Nobody knows, or the sender chooses.
    Anything,
    /// Zero, as long as nothing that can't be read sets them.
    Zero,
    /// A byte of the source address, the first being the highest.
    Source(u8),
    /// A byte of the destination address.
    Destination(u8),
    /// A byte of the source port.
    SourcePort(u8),
    /// A byte of the interface's name, which is filled up with zeros.
    InterfaceName(u8),
    /// A byte of the interface's number, in the machine's order.
    InterfaceNumber(u8),
}

/// A byte: `(from & mask) ^ value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Byte {
    /// What its free bits are.
    pub from: From,
    /// Which bits are free.
    pub mask: u8,
    /// The fixed bits, and those that free ones are turned over by.
    pub value: u8,
}

impl Byte {
    /// All of it.
    pub const fn free(from: From) -> Self {
        Byte { from, mask: 0xff, value: 0 }
    }

    /// A byte that is known.
    pub const fn known(value: u8) -> Self {
        Byte { from: From::Anything, mask: 0, value }
    }

    /// A value that is likely, but that something unread may change.
    pub const fn likely(value: u8) -> Self {
        Byte { from: From::Zero, mask: 0xff, value }
    }

    /// Its value, where no bit is free.
    pub fn constant(self) -> Option<u8> {
        (self.mask == 0).then_some(self.value)
    }

    /// `(self & mask) ^ xor`
    pub fn masked(self, mask: u8, xor: u8) -> Self {
        Byte { from: self.from, mask: self.mask & mask, value: (self.value & mask) ^ xor }
    }
}

/// All registers.
#[derive(Clone, Debug)]
pub struct Registers([Byte; BYTES]);

impl Registers {
    /// Registers that hold anything.
    pub fn new() -> Self {
        Registers([Byte::free(From::Anything); BYTES])
    }

    /// Bytes from an offset; none where they would be past the end.
    pub fn get(&self, from: usize, length: usize) -> Option<&[Byte]> {
        self.0.get(from..from.checked_add(length)?)
    }

    /// Puts bytes at an offset, and zeros up to the next four; what would be past the end is lost,
    /// as no kernel lets it happen.
    pub fn set(&mut self, to: usize, bytes: &[Byte]) {
        let filled = bytes.len().next_multiple_of(4);
        let bytes = bytes.iter().copied().chain(std::iter::repeat(Byte::known(0)));
        for (own, byte) in self.0.iter_mut().skip(to).take(filled).zip(bytes) {
            *own = byte;
        }
    }

    /// Forgets everything.
    pub fn forget(&mut self) {
        *self = Registers::new();
    }
}
