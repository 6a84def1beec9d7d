//! The header of a package as the database keeps it: two counts, an index of entries of 16 bytes,
//! then their data, all with the highest byte first. `rpm`, `lib/header.c`, `docs/manual/hregions`.

use super::blob::Blob;
use super::file::big;
use crate::{Error, Package};

/// RPM's own bounds on the number of entries and on the bytes of data.
const ENTRIES: usize = 0xffff;
const DATA: usize = 0x0fff_ffff;
/// Longest name or version that is read, in bytes.
const STRING: usize = 4096;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const ARCH: u32 = 1022;

const INT32: u32 = 4;
const STRING_TYPE: u32 = 6;

/// The package of a header that starts at `start` of a blob.
pub fn package<M>(blob: &mut Blob<M>, start: usize) -> Result<Package, Error>
where
    M: FnMut(&mut Vec<u8>) -> Result<(), Error>,
{
    let counts = blob.up_to(start + 8)?;
    let (entries, data) = (big(counts, start) as usize, big(counts, start + 4) as usize);
    if entries == 0 || entries > ENTRIES || data > DATA {
        return Err(blob.malformed("a header with impossible counts"));
    }
    let index = start + 8;
    let data_start = index + 16 * entries;
    if data_start + data > blob.length() {
        return Err(blob.malformed("a header that is longer than its record"));
    }
    let bytes = blob.up_to(data_start)?;
    // Type and place of each tag that is wanted; of one that is there twice RPM takes the first.
    let mut places: [Option<(u32, usize)>; 5] = [None; 5];
    for entry in bytes[index..].chunks_exact(16) {
        let slot = match big(entry, 0) {
            NAME => 0,
            VERSION => 1,
            RELEASE => 2,
            EPOCH => 3,
            ARCH => 4,
            _ => continue,
        };
        places[slot].get_or_insert((big(entry, 4), big(entry, 8) as usize));
    }
    let end = data_start + data;
    let mut string = |place: Option<(u32, usize)>| -> Result<Option<String>, Error> {
        let Some((kind, offset)) = place else { return Ok(None) };
        if kind != STRING_TYPE || offset >= data {
            return Err(blob.malformed("a name or version that is no string of its header"));
        }
        text(blob, data_start + offset, end).map(Some)
    };
    let name = string(places[0])?;
    let version = string(places[1])?;
    let release = string(places[2])?;
    let arch = string(places[4])?;
    let epoch = match places[3] {
        None => None,
        Some((INT32, offset)) if offset.checked_add(4).is_some_and(|end| end <= data) => {
            Some(big(blob.up_to(data_start + offset + 4)?, data_start + offset))
        }
        Some(_) => return Err(blob.malformed("an epoch that is no number of its header")),
    };
    match (name, version) {
        (Some(name), Some(version)) => Ok(Package { name, epoch, version, release, arch }),
        _ => Err(blob.malformed("a header without a name or version")),
    }
}

/// The string at a place, up to its zero.
fn text<M>(blob: &mut Blob<M>, at: usize, end: usize) -> Result<String, Error>
where
    M: FnMut(&mut Vec<u8>) -> Result<(), Error>,
{
    let mut known = at;
    loop {
        let upto = (known + 64).min(end);
        let bytes = blob.up_to(upto)?;
        if let Some(zero) = bytes[known..].iter().position(|byte| *byte == 0) {
            return match std::str::from_utf8(&bytes[at..known + zero]) {
                Ok(text) => Ok(text.to_owned()),
                Err(_) => Err(blob.malformed("a name or version that is not UTF-8")),
            };
        }
        known = upto;
        if known == end || known - at > STRING {
            return Err(blob.malformed("a name or version without an end"));
        }
    }
}
