//! `Packages.db`, RPM's own format: slots that name blocks of 16 bytes, and in these the headers.
//! All numbers have the lowest byte first. `rpm`, `lib/backend/ndb/rpmpkg.c`.

use std::io::{Read, Seek};
use std::ops::ControlFlow;

use super::blob::Blob;
use super::file::{File, little};
use super::header;
use crate::{Error, Package};

pub const MAGIC: &[u8] = b"RpmP";
const PAGE: usize = 4096;
const SLOT: usize = 16;
const BLOCK: u64 = 16;
/// The head of a blob: magic, index, generation, length.
const HEAD: u64 = 16;
/// Most of a header that is read at once, in bytes.
const PIECE: usize = 4096;

pub fn read<R: Read + Seek>(
    mut file: File<R>,
    visit: &mut impl FnMut(Package) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut head = [0; 32];
    file.read(0, &mut head)?;
    if little(&head, 4) != 0 {
        return Err(Error::Unsupported("an ndb database of a version other than 0"));
    }
    let mut page = [0; PAGE];
    for number in 0..u64::from(little(&head, 12)) {
        let start = number * PAGE as u64;
        file.read(start, &mut page)?;
        for (index, slot) in page.chunks_exact(SLOT).enumerate() {
            // The header of the file stands where the first two slots would.
            if number == 0 && index < 2 {
                continue;
            }
            let at = start + (index * SLOT) as u64;
            if &slot[..4] != b"Slot" {
                return Err(Error::Malformed { what: "a slot without its mark", at });
            }
            let (package, block) = (little(slot, 4), little(slot, 8));
            if package == 0 {
                continue;
            }
            let found = blob(&mut file, package, u64::from(block) * BLOCK)?;
            if visit(found).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn blob<R: Read + Seek>(file: &mut File<R>, package: u32, at: u64) -> Result<Package, Error> {
    let mut head = [0; HEAD as usize];
    file.read(at, &mut head)?;
    if &head[..4] != b"BlbS" || little(&head, 4) != package {
        return Err(Error::Malformed { what: "a slot names no record of its package", at });
    }
    let length = little(&head, 12) as usize;
    let start = at + HEAD;
    let mut blob = Blob::new(Vec::new(), length, start, |bytes: &mut Vec<u8>| {
        let known = bytes.len();
        bytes.resize((known + PIECE).min(length), 0);
        file.read(start + known as u64, &mut bytes[known..])
    });
    header::package(&mut blob, 0)
}
