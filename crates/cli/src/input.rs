//! Files and standard input that are read whole, within a bound.

use std::fs::File;
use std::io::{self, Read};

/// The text of a file, or with `-` of standard input.
///
/// # Errors
///
/// Where it can't be read, is longer than `most` bytes, or is no UTF-8.
pub(crate) fn text(name: &str, most: u64) -> io::Result<String> {
    let mut text = String::new();
    let read = |from: &mut dyn Read, text: &mut String| from.take(most + 1).read_to_string(text);
    let length = match name {
        "-" => read(&mut io::stdin().lock(), &mut text)?,
        path => read(&mut File::open(path)?, &mut text)?,
    };
    if length as u64 > most {
        return Err(io::Error::other(format!("it has more than {most} bytes")));
    }
    Ok(text)
}
