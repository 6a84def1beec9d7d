//! One package's header as its database hands it out: piece by piece, from the front. A header is
//! mostly lists of files; what is asked of it stands before them.

use crate::Error;

/// Bytes that are read as far as they are asked for. `more` appends the next piece.
pub struct Blob<M> {
    bytes: Vec<u8>,
    length: usize,
    at: u64,
    more: M,
}

impl<M: FnMut(&mut Vec<u8>) -> Result<(), Error>> Blob<M> {
    /// Bytes of this length, of which the first are known; `at` is where they start in the file,
    /// for errors.
    pub fn new(first: Vec<u8>, length: usize, at: u64, more: M) -> Self {
        Blob { bytes: first, length, at, more }
    }

    /// How many bytes there are in all.
    pub fn length(&self) -> usize {
        self.length
    }

    /// An error about these bytes.
    pub fn malformed(&self, what: &'static str) -> Error {
        Error::Malformed { what, at: self.at }
    }

    /// The bytes from the front up to a place.
    pub fn up_to(&mut self, end: usize) -> Result<&[u8], Error> {
        if end > self.length {
            return Err(self.malformed("a record ends before what it names"));
        }
        while self.bytes.len() < end {
            let known = self.bytes.len();
            (self.more)(&mut self.bytes)?;
            if self.bytes.len() == known {
                return Err(self.malformed("a record ends early"));
            }
        }
        Ok(&self.bytes[..end])
    }
}
