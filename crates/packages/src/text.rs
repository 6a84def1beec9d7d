//! The paragraphs that dpkg and apk keep their packages in: lines of a field and its value, parted
//! by empty ones.

use std::io::{BufRead, Read as _};
use std::ops::ControlFlow;

use crate::Error;

/// Longest line that is read, in bytes.
const LINE: u64 = 1 << 20;

/// Hands out the lines of a text with their numbers, without their ends, and an empty line behind
/// the last: so whoever reads paragraphs sees each one end.
pub fn lines(
    mut input: impl BufRead,
    mut each: impl FnMut(usize, &str) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let read = input.by_ref().take(LINE).read_until(b'\n', &mut bytes)?;
        let ended = bytes.last() == Some(&b'\n');
        if ended {
            bytes.pop();
        } else if read as u64 == LINE {
            return Err(Error::Line { line: number, what: "it is longer than 1 MiB" });
        }
        let line = std::str::from_utf8(&bytes)
            .map_err(|_| Error::Line { line: number, what: "it is not UTF-8" })?;
        if each(number, line)?.is_break() {
            return Ok(());
        }
        if read == 0 {
            return Ok(());
        }
    }
    Ok(())
}
