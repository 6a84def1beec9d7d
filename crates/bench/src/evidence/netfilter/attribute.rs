//! Netlink's messages and attributes: lengths, kinds and bytes, nested.
//!
//! The kernel is trusted to answer, not to be the kernel that this was written for: every length is
//! checked, and what is not known is passed over.

/// The header of a message, in bytes.
const HEADER: usize = 16;
/// Attributes beyond this number are passed over.
const KINDS: usize = 64;

/// An answer that is not of the form that netlink has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the kernel's answer is not understood: {0}")]
pub struct Malformed(pub &'static str);

/// A message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its type.
    pub kind: u16,
    /// Its flags.
    pub flags: u16,
    /// The number of the request that it answers.
    pub sequence: u32,
    /// What follows the header.
    pub payload: &'a [u8],
}

/// The messages of a datagram.
pub fn messages(mut bytes: &[u8]) -> impl Iterator<Item = Result<Message<'_>, Malformed>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let message = message(bytes);
        bytes = match &message {
            Ok(message) => {
                let length = (HEADER + message.payload.len()).next_multiple_of(4);
                bytes.get(length..).unwrap_or_default()
            }
            Err(_) => &[],
        };
        Some(message)
    })
}

fn message(bytes: &[u8]) -> Result<Message<'_>, Malformed> {
    let short = Malformed("a message is cut off");
    let (length, rest) = bytes.split_first_chunk().ok_or(short)?;
    let (kind, rest) = rest.split_first_chunk().ok_or(short)?;
    let (flags, rest) = rest.split_first_chunk().ok_or(short)?;
    let (sequence, _) = rest.split_first_chunk().ok_or(short)?;
    let length = u32::from_ne_bytes(*length) as usize;
    Ok(Message {
        kind: u16::from_ne_bytes(*kind),
        flags: u16::from_ne_bytes(*flags),
        sequence: u32::from_ne_bytes(*sequence),
        payload: bytes.get(HEADER..length).ok_or(short)?,
    })
}

/// A list of attributes, in order: `(kind, bytes)`.
pub fn list(mut bytes: &[u8]) -> impl Iterator<Item = Result<(u16, &[u8]), Malformed>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let attribute = attribute(bytes);
        bytes = match &attribute {
            Ok((_, value)) => {
                bytes.get((4 + value.len()).next_multiple_of(4)..).unwrap_or_default()
            }
            Err(_) => &[],
        };
        Some(attribute)
    })
}

fn attribute(bytes: &[u8]) -> Result<(u16, &[u8]), Malformed> {
    let short = Malformed("an attribute is cut off");
    let (length, rest) = bytes.split_first_chunk().ok_or(short)?;
    let (kind, _) = rest.split_first_chunk().ok_or(short)?;
    let value = bytes.get(4..u16::from_ne_bytes(*length).into()).ok_or(short)?;
    // The two high bits say that it is nested, and in the network's order.
    Ok((u16::from_ne_bytes(*kind) & 0x3fff, value))
}

/// Attributes by kind.
pub struct Attributes<'a>([Option<&'a [u8]>; KINDS]);

impl<'a> Attributes<'a> {
    /// Those of some bytes; of two of a kind the last.
    ///
    /// # Errors
    ///
    /// Where one is cut off.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut all = [None; KINDS];
        for attribute in list(bytes) {
            let (kind, value) = attribute?;
            if let Some(own) = all.get_mut(usize::from(kind)) {
                *own = Some(value);
            }
        }
        Ok(Attributes(all))
    }

    /// The bytes of a kind.
    pub fn get(&self, kind: usize) -> Option<&'a [u8]> {
        self.0.get(kind).copied().flatten()
    }

    /// A number in the network's order.
    pub fn number(&self, kind: usize) -> Result<Option<u32>, Malformed> {
        self.get(kind).map(number).transpose()
    }

    /// A number that must be there.
    pub fn needed(&self, kind: usize) -> Result<u32, Malformed> {
        self.number(kind)?.ok_or(Malformed("a number is missing"))
    }

    /// A text that ends with a zero.
    pub fn text(&self, kind: usize) -> Result<Option<String>, Malformed> {
        self.get(kind).map(text).transpose()
    }

    /// Attributes inside one.
    pub fn nested(&self, kind: usize) -> Result<Option<Attributes<'a>>, Malformed> {
        self.get(kind).map(Attributes::new).transpose()
    }
}

/// A number of one, two or four bytes, in the network's order.
pub fn number(bytes: &[u8]) -> Result<u32, Malformed> {
    match *bytes {
        [a] => Ok(a.into()),
        [a, b] => Ok(u16::from_be_bytes([a, b]).into()),
        [a, b, c, d] => Ok(u32::from_be_bytes([a, b, c, d])),
        _ => Err(Malformed("a number has another size")),
    }
}

/// A text that ends with a zero.
pub fn text(bytes: &[u8]) -> Result<String, Malformed> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let text = std::str::from_utf8(&bytes[..end]);
    text.map(str::to_owned).map_err(|_| Malformed("a name is not UTF-8"))
}
