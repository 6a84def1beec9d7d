//! Databases made of bytes, for tests.

#![allow(dead_code, reason = "each test uses its share")]

use std::io::{Read, Seek};
use std::ops::ControlFlow;

use seawall_packages::{Error, Package, rpm};

/// All packages of a database, sorted.
pub fn all<R: Read + Seek>(database: R, log: Option<R>) -> Result<Vec<Package>, Error> {
    let mut found = Vec::new();
    rpm::read(database, log, |package| {
        found.push(package);
        ControlFlow::Continue(())
    })?;
    found.sort();
    Ok(found)
}

/// A package as `rpm -qa --qf '%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{ARCH}\n'` prints it.
pub fn line(package: &Package) -> String {
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
    let epoch = or_none(&package.epoch.map(|epoch| epoch.to_string()));
    let (release, arch) = (or_none(&package.release), or_none(&package.arch));
    format!("{}|{epoch}|{}|{release}|{arch}", package.name, package.version)
}

/// A header of RPM: the tags that are read, with others between them.
pub fn header(package: &Package, padding: usize) -> Vec<u8> {
    let mut entries: Vec<(u32, u32, usize)> = vec![(63, 7, 0)];
    let mut data = vec![0; 16];
    let mut string = |tag: u32, value: &str, data: &mut Vec<u8>| {
        entries.push((tag, 6, data.len()));
        data.extend_from_slice(value.as_bytes());
        data.push(0);
    };
    string(1000, &package.name, &mut data);
    string(1001, &package.version, &mut data);
    if let Some(release) = &package.release {
        string(1002, release, &mut data);
    }
    string(1004, &"summary ".repeat(padding), &mut data);
    if let Some(arch) = &package.arch {
        string(1022, arch, &mut data);
    }
    if let Some(epoch) = package.epoch {
        entries.push((1003, 4, data.len()));
        data.extend_from_slice(&epoch.to_be_bytes());
    }
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&(entries.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&(data.len() as u32).to_be_bytes());
    for (tag, kind, offset) in entries {
        for number in [tag, kind, offset as u32, 1] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
    }
    bytes.extend_from_slice(&data);
    bytes
}

/// The size of the pages that are made.
pub const PAGE: usize = 4096;

/// An ndb database of these headers.
pub fn ndb(headers: &[Vec<u8>]) -> Vec<u8> {
    let pages = (headers.len() + 2).div_ceil(256);
    let mut bytes = vec![0; pages * 4096];
    bytes[..4].copy_from_slice(b"RpmP");
    bytes[12..16].copy_from_slice(&(pages as u32).to_le_bytes());
    for slot in bytes[32..].chunks_exact_mut(16) {
        slot[..4].copy_from_slice(b"Slot");
    }
    for (index, header) in headers.iter().enumerate() {
        let block = (bytes.len() / 16) as u32;
        let number = index as u32 + 1;
        let slot = 32 + 16 * index;
        bytes[slot + 4..slot + 8].copy_from_slice(&number.to_le_bytes());
        bytes[slot + 8..slot + 12].copy_from_slice(&block.to_le_bytes());
        bytes.extend_from_slice(b"BlbS");
        for word in [number, 1, header.len() as u32] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(&[0; 12]);
        bytes.resize(bytes.len().next_multiple_of(16), 0);
    }
    bytes
}

/// A hash table of Berkeley DB with one bucket, whose headers stand on chains of pages.
pub fn bdb(headers: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0; 2 * PAGE];
    let mut entries: Vec<Vec<u8>> = vec![vec![1, 0, 0, 0, 0], vec![1, 9, 0, 0, 0]];
    for (index, header) in headers.iter().enumerate() {
        let first = (bytes.len() / PAGE) as u32;
        let mut value = vec![3, 0, 0, 0];
        value.extend_from_slice(&first.to_le_bytes());
        value.extend_from_slice(&(header.len() as u32).to_le_bytes());
        let mut key = vec![1];
        key.extend_from_slice(&(index as u32 + 1).to_le_bytes());
        entries.extend([key, value]);
        let pieces: Vec<&[u8]> = header.chunks(PAGE - 26).collect();
        for (piece, part) in pieces.iter().enumerate() {
            let mut page = vec![0; PAGE];
            let number = first + piece as u32;
            page[8..12].copy_from_slice(&number.to_le_bytes());
            if piece + 1 < pieces.len() {
                page[16..20].copy_from_slice(&(number + 1).to_le_bytes());
            }
            page[22..24].copy_from_slice(&(part.len() as u16).to_le_bytes());
            page[25] = 7;
            page[26..26 + part.len()].copy_from_slice(part);
            bytes.extend_from_slice(&page);
        }
    }
    let bucket = &mut bytes[PAGE..2 * PAGE];
    bucket[25] = 13;
    bucket[20..22].copy_from_slice(&(entries.len() as u16).to_le_bytes());
    let mut end = PAGE;
    for (index, entry) in entries.iter().enumerate() {
        end -= entry.len();
        bucket[end..end + entry.len()].copy_from_slice(entry);
        bucket[26 + 2 * index..28 + 2 * index].copy_from_slice(&(end as u16).to_le_bytes());
    }
    let last = (bytes.len() / PAGE - 1) as u32;
    for (at, word) in [(12, 0x0006_1561), (16, 9), (20, PAGE as u32), (32, last), (96, 1)] {
        bytes[at..at + 4].copy_from_slice(&u32::to_le_bytes(word));
    }
    bytes[25] = 8;
    bytes
}

/// A database of SQLite with these headers: the schema on the first page, on the second the root,
/// and each row on a page of its own, with a chain of pages for what does not fit.
pub fn sqlite(headers: &[Vec<u8>]) -> Vec<u8> {
    let sql: &[u8] = b"CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)";
    let kinds = [23, 29, 29, 1, 13 + 2 * sql.len() as u64].map(varint).concat();
    let values = [&b"table"[..], b"Packages", b"Packages", &[2], sql].concat();
    let schema = [&[kinds.len() as u8 + 1], &kinds[..], &values[..]].concat();
    let mut pages = vec![vec![0; PAGE], vec![0; PAGE]];
    let mut children = Vec::new();
    for (index, header) in headers.iter().enumerate() {
        let kind = varint(header.len() as u64 * 2 + 12);
        let record = [&[kind.len() as u8 + 2, 0], &kind[..], &header[..]].concat();
        let most = PAGE - 35;
        let even = 489 + record.len().saturating_sub(489) % (PAGE - 4);
        let local = match record.len() {
            length if length <= most => length,
            _ if even <= most => even,
            _ => 489,
        };
        let mut cell = [varint(record.len() as u64), varint(index as u64 + 1)].concat();
        cell.extend_from_slice(&record[..local]);
        pages.push(vec![0; PAGE]);
        let leaf = pages.len();
        if local < record.len() {
            cell.extend_from_slice(&(leaf as u32 + 1).to_be_bytes());
        }
        page(&mut pages[leaf - 1], 0, 13, &[cell]);
        children.push([&(leaf as u32).to_be_bytes()[..], &varint(index as u64 + 1)].concat());
        let mut pieces = record[local..].chunks(PAGE - 4).peekable();
        while let Some(piece) = pieces.next() {
            let next = if pieces.peek().is_some() { pages.len() as u32 + 2 } else { 0 };
            let mut bytes = [&next.to_be_bytes(), piece].concat();
            bytes.resize(PAGE, 0);
            pages.push(bytes);
        }
    }
    let last = children.pop();
    page(&mut pages[1], 0, if last.is_some() { 5 } else { 13 }, &children);
    if let Some(last) = last {
        pages[1][8..12].copy_from_slice(&last[..4]);
    }
    let schema = [varint(schema.len() as u64), vec![1], schema].concat();
    page(&mut pages[0], 100, 13, &[schema]);
    pages[0][..16].copy_from_slice(b"SQLite format 3\0");
    pages[0][16..24].copy_from_slice(&[16, 0, 2, 2, 0, 64, 32, 32]);
    pages[0][59] = 1;
    pages.concat()
}

/// Puts cells on a page of a tree.
fn page(page: &mut [u8], start: usize, kind: u8, cells: &[Vec<u8>]) {
    let mut end = page.len();
    let pointers = start + if kind == 5 { 12 } else { 8 };
    page[start] = kind;
    page[start + 3..start + 5].copy_from_slice(&(cells.len() as u16).to_be_bytes());
    for (index, cell) in cells.iter().enumerate() {
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(cell);
        let pointer = pointers + 2 * index;
        page[pointer..pointer + 2].copy_from_slice(&(end as u16).to_be_bytes());
    }
}

/// SQLite's numbers: seven bits a byte, the highest first.
fn varint(number: u64) -> Vec<u8> {
    let mut bytes = vec![(number & 0x7f) as u8];
    let mut rest = number >> 7;
    while rest != 0 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.reverse();
    bytes
}
