//! Reading a file at any place, held to its length: a place beyond the end is damage, and told with
//! the byte. So is a file that sends its reader to the same places again and again, as rings of
//! pages do: a sound database names each of its bytes once, or twice where its log has them too.

use std::io::{Read, Seek, SeekFrom};

use crate::Error;

pub struct File<R> {
    inner: R,
    length: u64,
    /// How many bytes may still be read.
    budget: u64,
}

/// How often each byte of a file may be read.
const ROUNDS: u64 = 4;
/// What may be read of a file however small it is, in bytes.
const LEAST: u64 = 1 << 20;

impl<R: Read + Seek> File<R> {
    pub fn new(mut inner: R) -> Result<Self, Error> {
        let length = inner.seek(SeekFrom::End(0))?;
        let budget = length.saturating_mul(ROUNDS).saturating_add(LEAST);
        Ok(File { inner, length, budget })
    }

    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Fills a buffer with what stands at a place.
    pub fn read(&mut self, at: u64, into: &mut [u8]) -> Result<(), Error> {
        let end = at.checked_add(into.len() as u64);
        if end.is_none_or(|end| end > self.length) {
            return Err(Error::Malformed { what: "the file ends before what it names", at });
        }
        let Some(rest) = self.budget.checked_sub(into.len() as u64) else {
            let what = "it sends its reader to the same places again and again";
            return Err(Error::Malformed { what, at });
        };
        self.budget = rest;
        self.inner.seek(SeekFrom::Start(at))?;
        self.inner.read_exact(into)?;
        Ok(())
    }
}

/// A number of four bytes, the lowest first.
pub fn little(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(four(bytes, at))
}

/// A number of four bytes, the highest first.
pub fn big(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(four(bytes, at))
}

/// Callers take it from buffers of a size that they made.
fn four(bytes: &[u8], at: usize) -> [u8; 4] {
    bytes[at..at + 4].try_into().expect("four bytes")
}
