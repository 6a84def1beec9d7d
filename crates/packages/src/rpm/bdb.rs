//! `Packages`, a hash table of Berkeley DB: pages that are buckets, on them pairs of key and value,
//! and chains of further pages for values that are larger than a page, as headers are.
//! Berkeley DB 5.3, `src/dbinc/db_page.h` and `src/dbinc/hash.h`.

use std::io::{Read, Seek};
use std::ops::ControlFlow;

use super::blob::Blob;
use super::file::{File, big, little};
use super::header;
use crate::{Error, Package};

const MAGIC: u32 = 0x0006_1561;
/// What stands before a page's own bytes.
const HEAD: usize = 26;
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH_META: u8 = 8;
const HASH: u8 = 13;
/// A value on the page itself, and one on a chain of pages.
const ON_PAGE: u8 = 1;
const OFF_PAGE: u8 = 3;

/// The order of bytes of the machine that wrote the database.
#[derive(Clone, Copy)]
pub enum Order {
    Little,
    Big,
}

impl Order {
    fn long(self, bytes: &[u8], at: usize) -> u32 {
        match self {
            Order::Little => little(bytes, at),
            Order::Big => big(bytes, at),
        }
    }

    fn short(self, bytes: &[u8], at: usize) -> usize {
        let two = [bytes[at], bytes[at + 1]];
        usize::from(match self {
            Order::Little => u16::from_le_bytes(two),
            Order::Big => u16::from_be_bytes(two),
        })
    }
}

/// The order of bytes of a hash table that starts so; none where it is none.
pub fn order(start: &[u8; 16]) -> Option<Order> {
    [Order::Little, Order::Big].into_iter().find(|order| order.long(start, 12) == MAGIC)
}

struct Pages<R> {
    file: File<R>,
    order: Order,
    size: usize,
    last: u32,
}

impl<R: Read + Seek> Pages<R> {
    fn at(&self, number: u32) -> u64 {
        u64::from(number) * self.size as u64
    }

    fn malformed(&self, what: &'static str, number: u32) -> Error {
        Error::Malformed { what, at: self.at(number) }
    }

    /// Reads the front of a page, as much as the buffer takes.
    fn read(&mut self, number: u32, into: &mut [u8]) -> Result<(), Error> {
        if number == 0 || number > self.last {
            return Err(self.malformed("a page that the table does not have", number));
        }
        self.file.read(self.at(number), into)
    }
}

pub fn read<R: Read + Seek>(
    mut file: File<R>,
    order: Order,
    visit: &mut impl FnMut(Package) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut meta = [0; 96 + 4 * 32];
    file.read(0, &mut meta)?;
    let size = order.long(&meta, 20) as usize;
    let last = order.long(&meta, 32);
    if meta[25] != HASH_META || !size.is_power_of_two() || !(512..=65536).contains(&size) {
        return Err(Error::Malformed { what: "no hash table of Berkeley DB", at: 0 });
    }
    if meta[24] != 0 {
        return Err(Error::Unsupported("an encrypted hash table of Berkeley DB"));
    }
    if meta[26] != 0 || order.long(&meta, 36) != 0 {
        return Err(Error::Unsupported("a hash table of Berkeley DB with checksums or partitions"));
    }
    let mut pages = Pages { file, order, size, last };
    if pages.at(last) + size as u64 > pages.file.length() {
        return Err(pages.malformed("the file ends before its last page", last));
    }
    let mut page = vec![0; size];
    for bucket in 0..=u64::from(order.long(&meta, 72)) {
        // BUCKET_TO_PAGE: each doubling of the table starts at a page of its own.
        let doubling = (bucket + 1).next_power_of_two().trailing_zeros() as usize;
        let spare = meta.get(96 + 4 * doubling..100 + 4 * doubling);
        let spare = spare.map_or(0, |bytes| order.long(bytes, 0));
        let mut number = u32::try_from(bucket + u64::from(spare)).unwrap_or(u32::MAX);
        while number != 0 {
            pages.read(number, &mut page)?;
            if bucket_page(&mut pages, number, &page, visit)?.is_break() {
                return Ok(());
            }
            number = order.long(&page, 16);
        }
    }
    Ok(())
}

/// The packages of one page of a bucket.
fn bucket_page<R: Read + Seek>(
    pages: &mut Pages<R>,
    number: u32,
    page: &[u8],
    visit: &mut impl FnMut(Package) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Error> {
    let order = pages.order;
    match page[25] {
        HASH | HASH_UNSORTED => {}
        // A bucket that was set aside and never used.
        0 if page[HEAD..].iter().all(|byte| *byte == 0) => return Ok(ControlFlow::Continue(())),
        _ => return Err(pages.malformed("a bucket that is no page of a hash table", number)),
    }
    let entries = order.short(page, 20);
    if HEAD + 2 * entries > page.len() || !entries.is_multiple_of(2) {
        return Err(pages.malformed("a page with more entries than it holds", number));
    }
    // Entries are put on a page from its end; one ends where the one before it starts.
    let entry = |index: usize| -> Option<&[u8]> {
        let start = order.short(page, HEAD + 2 * index);
        let end = if index == 0 { page.len() } else { order.short(page, HEAD + 2 * (index - 1)) };
        page.get(start..end).filter(|bytes| !bytes.is_empty())
    };
    for pair in (0..entries).step_by(2) {
        let (Some(key), Some(value)) = (entry(pair), entry(pair + 1)) else {
            return Err(pages.malformed("an entry outside of its page", number));
        };
        // Behind the key of zero stands the number of the next package, and no header.
        if key[0] == ON_PAGE && key[1..] == [0; 4] {
            continue;
        }
        let package = match value[0] {
            ON_PAGE => {
                let bytes = value[1..].to_vec();
                let length = bytes.len();
                let mut blob = Blob::new(bytes, length, pages.at(number), |_| Ok(()));
                header::package(&mut blob, 0)?
            }
            OFF_PAGE if value.len() == 12 => {
                chain(pages, order.long(value, 4), order.long(value, 8) as usize)?
            }
            _ => return Err(pages.malformed("a value that is no header", number)),
        };
        if visit(package).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The package of a header on a chain of pages.
fn chain<R: Read + Seek>(
    pages: &mut Pages<R>,
    first: u32,
    length: usize,
) -> Result<Package, Error> {
    let at = pages.at(first);
    let mut next = first;
    let mut page = vec![0; pages.size];
    let mut blob = Blob::new(Vec::new(), length, at, move |bytes: &mut Vec<u8>| {
        pages.read(next, &mut page)?;
        let used = pages.order.short(&page, 22);
        if page[25] != OVERFLOW || used == 0 || HEAD + used > page.len() {
            return Err(pages.malformed("a value goes on where no page of it is", next));
        }
        bytes.extend_from_slice(&page[HEAD..HEAD + used]);
        next = pages.order.long(&page, 16);
        Ok(())
    });
    header::package(&mut blob, 0)
}
