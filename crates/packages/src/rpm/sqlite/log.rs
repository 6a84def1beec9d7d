//! The write-ahead log beside a database: pages that were committed and not yet put into it. RPM
//! leaves the log in place, so a node that is read while packages are installed, or whose RPM was
//! killed, has the newest state there. <https://www.sqlite.org/fileformat2.html#walformat>

use std::collections::HashMap;
use std::io::{Read, Seek};

use crate::Error;
use crate::rpm::file::{File, big, little};

/// Largest log that is read, in bytes; RPM's are a few megabytes at most.
const LARGEST: u64 = 256 << 20;
const HEAD: usize = 32;
const FRAME: usize = 24;

pub struct Log<R> {
    file: File<R>,
    /// Where the newest committed content of a page stands.
    frames: HashMap<u32, u64>,
}

/// SQLite's running sum over pairs of words.
#[derive(Clone, Copy)]
struct Sum {
    big: bool,
    sums: (u32, u32),
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        let word = if self.big { big } else { little };
        for pair in bytes.chunks_exact(8) {
            self.sums.0 = self.sums.0.wrapping_add(word(pair, 0)).wrapping_add(self.sums.1);
            self.sums.1 = self.sums.1.wrapping_add(word(pair, 4)).wrapping_add(self.sums.0);
        }
    }

    fn is(self, bytes: &[u8], at: usize) -> bool {
        self.sums == (big(bytes, at), big(bytes, at + 4))
    }
}

impl<R: Read + Seek> Log<R> {
    /// Reads which pages a log holds; none where it holds nothing that SQLite would look at: it is
    /// empty, was reset, or is of another database.
    pub fn read(mut file: File<R>, size: usize) -> Result<Option<Self>, Error> {
        if file.length() < HEAD as u64 {
            return Ok(None);
        }
        if file.length() > LARGEST {
            return Err(Error::Unsupported("a write-ahead log of more than 256 MiB"));
        }
        let mut head = [0; HEAD];
        file.read(0, &mut head)?;
        let mut sum = match big(&head, 0) {
            0x377f_0682 => Sum { big: false, sums: (0, 0) },
            0x377f_0683 => Sum { big: true, sums: (0, 0) },
            _ => return Ok(None),
        };
        sum.add(&head[..24]);
        if !sum.is(&head, 24) || big(&head, 8) as usize != size {
            return Ok(None);
        }
        if big(&head, 4) != 3_007_000 {
            return Err(Error::Unsupported("a write-ahead log of another version of SQLite"));
        }
        let mut frames = HashMap::new();
        let mut pending = Vec::new();
        let mut frame = vec![0; FRAME + size];
        let mut at = HEAD as u64;
        while at + frame.len() as u64 <= file.length() {
            file.read(at, &mut frame)?;
            // Frames of an older round, and one that was being written, end what counts.
            if frame[8..16] != head[16..24] {
                break;
            }
            sum.add(&frame[..8]);
            sum.add(&frame[FRAME..]);
            if !sum.is(&frame, 16) {
                break;
            }
            pending.push((big(&frame, 0), at + FRAME as u64));
            if big(&frame, 4) != 0 {
                frames.extend(pending.drain(..));
            }
            at += frame.len() as u64;
        }
        Ok((!frames.is_empty()).then_some(Log { file, frames }))
    }

    /// How many pages it holds.
    pub fn pages(&self) -> u64 {
        self.frames.len() as u64
    }

    /// Reads a page; false where the log does not hold it.
    pub fn page(&mut self, number: u32, into: &mut [u8]) -> Result<bool, Error> {
        match self.frames.get(&number) {
            Some(at) => self.file.read(*at, into).map(|()| true),
            None => Ok(false),
        }
    }
}
