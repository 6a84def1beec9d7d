//! `rpmdb.sqlite`: the table `Packages(hnum, blob)` of a SQLite database, walked without SQLite.
//! <https://www.sqlite.org/fileformat2.html>

use std::io::{Read, Seek};
use std::ops::ControlFlow;

use super::blob::Blob;
use super::file::{File, big};
use super::header;
use crate::{Error, Package};

mod log;
use log::Log;

pub const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const INTERIOR: u8 = 0x05;
const LEAF: u8 = 0x0d;
/// The first page starts with the header of the file.
const FILE_HEADER: usize = 100;

struct Database<R> {
    file: File<R>,
    log: Option<Log<R>>,
    /// Bytes of a page, and those of them that SQLite uses itself.
    size: usize,
    usable: usize,
}

/// A row: where its payload stands.
struct Row {
    /// The bytes of the payload on the page.
    local: Vec<u8>,
    /// The length of the payload.
    length: usize,
    /// The page on which it goes on; 0 where it does not.
    overflow: u32,
    /// The page that it starts on.
    page: u32,
}

/// What is done with each row.
type Each<'a, R> = &'a mut dyn FnMut(&mut Database<R>, Row) -> Result<ControlFlow<()>, Error>;

pub fn read<R: Read + Seek>(
    mut file: File<R>,
    log: Option<File<R>>,
    visit: &mut impl FnMut(Package) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut head = [0; FILE_HEADER];
    file.read(0, &mut head)?;
    let size = match u16::from_be_bytes([head[16], head[17]]) {
        1 => 65536,
        size => usize::from(size),
    };
    let usable = size - usize::from(head[20]).min(size);
    if !size.is_power_of_two() || size < 512 || usable < 480 {
        return Err(Error::Malformed { what: "impossible sizes in the header of SQLite", at: 16 });
    }
    if big(&head, 56) > 1 {
        return Err(Error::Unsupported("a database of SQLite that is not in UTF-8"));
    }
    // A log counts only where the database says that it keeps one.
    let log = match log {
        Some(log) if head[19] == 2 => Log::read(log, size)?,
        _ => None,
    };
    let mut database = Database { file, log, size, usable };
    let mut root = None;
    database.walk(1, &mut |database, row| {
        root = database.root_of_packages(row)?;
        Ok(if root.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    let root = root.ok_or(Error::Unsupported("a database of SQLite without RPM's packages"))?;
    database.walk(root, &mut |database, row| {
        let mut blob = database.blob(row);
        let (kinds, start) = columns::<_, 2>(&mut blob)?;
        let start = start + size_of(kinds[0], &blob)?;
        if kinds[1] < 12 || kinds[1] % 2 != 0 {
            return Err(blob.malformed("a package whose header is no blob"));
        }
        Ok(visit(header::package(&mut blob, start)?))
    })
}

impl<R: Read + Seek> Database<R> {
    fn at(&self, page: u32) -> u64 {
        u64::from(page.saturating_sub(1)) * self.size as u64
    }

    fn malformed(&self, what: &'static str, page: u32) -> Error {
        Error::Malformed { what, at: self.at(page) }
    }

    /// Reads a page, out of the log where it is newer there.
    fn page(&mut self, number: u32, into: &mut [u8]) -> Result<(), Error> {
        if number == 0 {
            return Err(self.malformed("a page of number zero", 1));
        }
        if let Some(log) = &mut self.log
            && log.page(number, into)?
        {
            return Ok(());
        }
        self.file.read(self.at(number), into)
    }

    /// How many pages there can be.
    fn pages(&self) -> u64 {
        self.file.length() / self.size as u64 + self.log.as_ref().map_or(0, Log::pages)
    }

    /// Goes over the rows of the table whose tree has this root.
    fn walk(&mut self, root: u32, each: Each<'_, R>) -> Result<(), Error> {
        let mut pending = vec![root];
        let mut page = vec![0; self.size];
        while let Some(number) = pending.pop() {
            self.page(number, &mut page)?;
            let start = if number == 1 { FILE_HEADER } else { 0 };
            let head = &page[start..];
            let cells = usize::from(u16::from_be_bytes([head[3], head[4]]));
            let (kind, head_size) = match head[0] {
                LEAF => (LEAF, 8),
                INTERIOR => (INTERIOR, 12),
                _ => return Err(self.malformed("a page that is none of a table", number)),
            };
            let pointers = start + head_size;
            if pointers + 2 * cells > self.usable {
                return Err(self.malformed("a page with more rows than it holds", number));
            }
            let cell = |index: usize| {
                let at = pointers + 2 * index;
                usize::from(u16::from_be_bytes([page[at], page[at + 1]]))
            };
            if kind == INTERIOR {
                if (pending.len() + cells) as u64 > self.pages() {
                    return Err(self.malformed("a table with more pages than there are", number));
                }
                // The rightmost child is in the head; the last pushed is looked at first.
                pending.push(big(&page, start + 8));
                for index in (0..cells).rev() {
                    let at = cell(index);
                    if at + 4 > self.usable {
                        return Err(self.malformed("a child outside of its page", number));
                    }
                    pending.push(big(&page, at));
                }
                continue;
            }
            let rows: Option<Vec<Row>> =
                (0..cells).map(|index| self.row(&page, cell(index), number)).collect();
            let rows = rows.ok_or_else(|| self.malformed("a row outside of its page", number))?;
            for row in rows {
                if each(self, row)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The row of a cell; none where it does not fit its page.
    fn row(&self, page: &[u8], at: usize, number: u32) -> Option<Row> {
        let page = &page[..self.usable];
        let (length, rest) = varint(page.get(at..)?)?;
        let (_rowid, rest) = varint(rest)?;
        let length = usize::try_from(length).ok()?;
        let most = self.usable - 35;
        let local = if length <= most {
            length
        } else {
            let least = (self.usable - 12) * 32 / 255 - 23;
            let even = least + (length - least) % (self.usable - 4);
            if even <= most { even } else { least }
        };
        let overflow = if local < length { big(rest.get(local..local + 4)?, 0) } else { 0 };
        let local = rest.get(..local)?.to_vec();
        Some(Row { local, length, overflow, page: number })
    }

    /// The payload of a row.
    fn blob(&mut self, row: Row) -> Blob<impl FnMut(&mut Vec<u8>) -> Result<(), Error> + '_> {
        let at = self.at(row.page);
        let mut next = row.overflow;
        let mut page = vec![0; if next == 0 { 0 } else { self.size }];
        Blob::new(row.local, row.length, at, move |bytes: &mut Vec<u8>| {
            self.page(next, &mut page)?;
            next = big(&page, 0);
            bytes.extend_from_slice(&page[4..self.usable]);
            Ok(())
        })
    }

    /// The root of the table of packages, where a row of the schema is that table's.
    fn root_of_packages(&mut self, row: Row) -> Result<Option<u32>, Error> {
        let mut blob = self.blob(row);
        let (kinds, start) = columns::<_, 4>(&mut blob)?;
        let mut ends = [start; 5];
        for (index, kind) in kinds.into_iter().enumerate() {
            ends[index + 1] = ends[index] + size_of(kind, &blob)?;
        }
        let bytes = blob.up_to(ends[4])?;
        let column = |index: usize| &bytes[ends[index]..ends[index + 1]];
        if column(0) != b"table" || column(1) != b"Packages" {
            return Ok(None);
        }
        let root = column(3);
        if root.is_empty() || root.len() > 4 {
            return Err(blob.malformed("a table without a root"));
        }
        Ok(Some(root.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte))))
    }
}

/// The kinds of the first columns of a record, and where the first column's value starts.
fn columns<M, const N: usize>(blob: &mut Blob<M>) -> Result<([u64; N], usize), Error>
where
    M: FnMut(&mut Vec<u8>) -> Result<(), Error>,
{
    let length = blob.length();
    let bytes = blob.up_to(length.min(9 * (N + 1)))?;
    let read = || {
        let (start, mut rest) = varint(bytes)?;
        let mut kinds = [0; N];
        for kind in &mut kinds {
            (*kind, rest) = varint(rest)?;
        }
        let start = usize::try_from(start).ok()?;
        // What was read as kinds must be in the head of the record.
        (bytes.len() - rest.len() <= start && start <= length).then_some((kinds, start))
    };
    match read() {
        Some(read) => Ok(read),
        None => Err(blob.malformed("a record with a damaged head")),
    }
}

/// How many bytes a value of a kind takes: at most those of its record.
fn size_of<M>(kind: u64, blob: &Blob<M>) -> Result<usize, Error>
where
    M: FnMut(&mut Vec<u8>) -> Result<(), Error>,
{
    let size = match kind {
        0 | 8 | 9 => 0,
        1..=4 => kind,
        5 => 6,
        6 | 7 => 8,
        12.. => (kind - 12) / 2,
        _ => return Err(blob.malformed("a value of a kind that SQLite does not have")),
    };
    usize::try_from(size)
        .ok()
        .filter(|size| *size <= blob.length())
        .ok_or_else(|| blob.malformed("a value that is longer than its record"))
}

/// SQLite's numbers of one to nine bytes: seven bits each, eight of the last.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for index in 0..8 {
        let byte = *bytes.get(index)?;
        value = (value << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    Some(((value << 8) | u64::from(*bytes.get(8)?), &bytes[9..]))
}
