//! Reads a bundle without unpacking it: nothing is written anywhere, whatever the members' names.
//!
//! A bundle may come from somebody else. Its size, the number and size of its members and what it
//! expands to are bounded, and what lies beyond the bounds, or can't be read, is noted as unread.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use seawall_model::Inventory;
use seawall_model::document::Limits;
use tar::EntryType;

use super::{FORMAT, MANIFEST, Manifest, Member, OBJECTS, Unread};
use crate::observed::Observed;
use crate::read::{Piece, Told};

/// A bundle can't be used at all.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It can't be opened.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It holds neither a manifest nor objects.
    #[error("no bundle of `seawall collect`: {0}")]
    NoBundle(String),
    /// A later version of Seawall wrote it.
    #[error("format {0} of bundles is newer than this Seawall, which reads up to {FORMAT}")]
    Newer(u32),
}

/// Bytes of members that are parsed together: enough for all cores, and little to hold.
const BATCH: usize = 4 << 20;

/// Batches that wait to be parsed.
const WAITING: usize = 2;

/// Most members.
const MEMBERS: u64 = 5_000_000;

/// Most bytes that a bundle expands to; what is parsed takes up to three times as much memory.
const EXPANDED: u64 = 4 << 30;

/// A small bundle may expand to this, whatever its ratio.
const FREE: u64 = 256 << 20;

/// Beyond that, most bytes that one byte expands to: a hundred thousand pods of one template come
/// to about 100.
const RATIO: u64 = 400;

/// The largest window of the compression: 128 MiB, which is the format's own recommendation.
const WINDOW_LOG: u32 = 27;

/// Longest path of a member: namespace, name, group and resource are at most 253 bytes each.
const PATH: usize = 2048;

/// Whether a file is named like a bundle.
pub fn is_bundle(path: &str) -> bool {
    path.ends_with(".tar.zst") || path.ends_with(".tzst")
}

/// Reads the objects of a bundle; `name` is what reports call it. What can't be read is a piece
/// like any.
///
/// # Errors
///
/// Where there is nothing to read.
pub(crate) fn read(path: &Path, name: &str, limits: &Limits) -> Result<Vec<Piece>, BundleError> {
    let file = File::open(path)?;
    from_reader(BufReader::new(file), name, limits)
}

/// Reads a bundle from anywhere; `name` is what reports call it.
///
/// # Errors
///
/// Where there is nothing to read. What can't be read of the rest is in the inventory's coverage.
pub fn inventory(
    reader: impl BufRead + Send,
    name: &str,
    limits: &Limits,
) -> Result<Inventory, BundleError> {
    let mut inventory = Inventory::new();
    for piece in from_reader(reader, name, limits)? {
        match piece {
            Piece::Entry(entry) => inventory.add(*entry),
            Piece::Part(part) => inventory.note(part),
            Piece::Bundle(_) => {}
        }
    }
    Ok(inventory)
}

fn from_reader(
    reader: impl BufRead + Send,
    name: &str,
    limits: &Limits,
) -> Result<Vec<Piece>, BundleError> {
    let mut observed = Observed::new(name, *limits);
    let (sender, batches) = sync_channel(WAITING);
    // Unpacking keeps one core busy while the others parse what it gave.
    let (ended, manifest) = thread::scope(|scope| {
        let unpacking = scope.spawn(move || {
            let mut contents = Contents { sender, batch: Batch::default(), manifest: None };
            let walked = contents.walk(reader, limits);
            // What came before a fault counts.
            let handed_on = contents.hand_on();
            (walked.and(handed_on), contents.manifest)
        });
        for Batch { members, unreadable, .. } in batches {
            observed.add(members);
            for (path, cause) in unreadable {
                observed.unreadable(&path, cause);
            }
        }
        unpacking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    let manifest = manifest.as_deref().map(parse_manifest).transpose()?;
    let gap = match (&ended, &manifest) {
        (Err(error), _) => Some(format!("the rest of the bundle can't be read: {error}")),
        (Ok(()), None) => Some("it is missing: the bundle is not complete".to_owned()),
        (Ok(()), Some(_)) => None,
    };
    if let Some(cause) = &gap
        && manifest.is_none()
        && observed.is_empty()
    {
        return Err(BundleError::NoBundle(format!("{MANIFEST}: {cause}")));
    }
    let mut manifest = manifest.unwrap_or_default();
    let told = Told {
        server_version: manifest.server_version.clone(),
        collected: manifest.collected.clone(),
        whole: gap.is_none(),
    };
    manifest.unread.extend(gap.map(|cause| Unread { what: MANIFEST.to_owned(), cause }));
    let mut pieces = observed.into_pieces(&manifest);
    pieces.push(Piece::Bundle(told));
    Ok(pieces)
}

fn parse_manifest(text: &str) -> Result<Manifest, BundleError> {
    #[derive(serde::Deserialize)]
    struct Format {
        format: u32,
    }
    let cause = |error: serde_json::Error| BundleError::NoBundle(format!("{MANIFEST}: {error}"));
    match serde_json::from_str::<Format>(text).map_err(cause)?.format {
        newer if newer > FORMAT => Err(BundleError::Newer(newer)),
        _ => serde_json::from_str(text).map_err(cause),
    }
}

/// Members that go together to be parsed.
#[derive(Default)]
struct Batch {
    members: Vec<Member>,
    bytes: usize,
    /// Paths, and why they can't be read.
    unreadable: Vec<(String, String)>,
}

/// The bundle on its way from the archive to the parsers.
struct Contents {
    sender: SyncSender<Batch>,
    batch: Batch,
    manifest: Option<String>,
}

impl Contents {
    fn hand_on(&mut self) -> io::Result<()> {
        let gone = |_| io::Error::other("the reading was ended before");
        self.sender.send(std::mem::take(&mut self.batch)).map_err(gone)
    }

    fn walk(&mut self, mut reader: impl BufRead, limits: &Limits) -> io::Result<()> {
        // Zstandard's own magic number tells a bundle from any other file.
        if !reader.fill_buf()?.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return Err(io::Error::other("it is not compressed with Zstandard"));
        }
        let packed = Rc::default();
        let counted = Counted { inner: reader, count: Rc::clone(&packed) };
        let mut decoder = zstd::Decoder::with_buffer(counted)?;
        decoder.window_log_max(WINDOW_LOG)?;
        let mut archive = tar::Archive::new(Bounded { inner: decoder, packed, expanded: 0 });
        let mut long_path: Option<String> = None;
        // `raw`: long names come as entries of their own, to be read within bounds.
        for (count, entry) in archive.entries()?.raw(true).enumerate() {
            if count as u64 >= MEMBERS {
                return Err(io::Error::other(format!("more than {MEMBERS} members")));
            }
            let mut entry = entry?;
            let size = entry.size();
            match entry.header().entry_type() {
                EntryType::GNULongName => {
                    let text = text_of(&mut entry, size, PATH)?;
                    long_path = Some(text.trim_end_matches('\0').to_owned());
                }
                EntryType::XHeader => {
                    let text = text_of(&mut entry, size, 4 * PATH)?;
                    for extension in tar::PaxExtensions::new(text.as_bytes()) {
                        let extension = extension?;
                        if extension.key_bytes() == b"path" {
                            let path = String::from_utf8_lossy(extension.value_bytes());
                            long_path = Some(path.into_owned());
                        }
                    }
                }
                kind => {
                    let path = match long_path.take() {
                        Some(path) => path,
                        None => String::from_utf8_lossy(&entry.path_bytes()).into_owned(),
                    };
                    let path = path.strip_prefix("./").unwrap_or(&path);
                    if kind == EntryType::Regular {
                        self.member(path, &mut entry, size, limits)?;
                    } else if kind != EntryType::Directory && path.starts_with(OBJECTS) {
                        let cause = "it is no regular file in the archive".to_owned();
                        self.batch.unreadable.push((path.to_owned(), cause));
                    }
                }
            }
        }
        // The archive ends before the compression does, whose checksum is the last of it.
        io::copy(&mut archive.into_inner(), &mut io::sink())?;
        Ok(())
    }

    fn member(
        &mut self,
        path: &str,
        entry: &mut impl Read,
        size: u64,
        limits: &Limits,
    ) -> io::Result<()> {
        if path == MANIFEST {
            self.manifest = Some(text_of(entry, size, limits.document_bytes)?);
            return Ok(());
        }
        if !path.starts_with(OBJECTS) && !is_kubelet(path) {
            return Ok(());
        }
        match text_of(entry, size, limits.document_bytes) {
            Ok(text) => {
                self.batch.bytes += text.len();
                self.batch.members.push(Member { path: path.to_owned(), text });
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.batch.unreadable.push((path.to_owned(), error.to_string()));
            }
            Err(error) => return Err(error),
        }
        if self.batch.bytes >= BATCH { self.hand_on() } else { Ok(()) }
    }
}

/// Whether a member is the configuration of a kubelet, which benchmarks ask for.
fn is_kubelet(path: &str) -> bool {
    path.starts_with("nodes/") && path.ends_with("/configz.json")
}

/// The text of a member; `InvalidData` where it alone is at fault.
fn text_of(entry: &mut impl Read, size: u64, most: usize) -> io::Result<String> {
    if size > most as u64 {
        let cause = format!("it has {size} bytes; at most {most} are read");
        return Err(io::Error::new(io::ErrorKind::InvalidData, cause));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    entry.read_to_end(&mut bytes)?;
    if bytes.len() as u64 != size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Counts the compressed bytes that were taken.
struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.set(self.count.get() + read as u64);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count.set(self.count.get() + amount as u64);
        self.inner.consume(amount);
    }
}

/// Stops where a bundle expands to more than an honest one.
struct Bounded<R> {
    inner: R,
    packed: Rc<Cell<u64>>,
    expanded: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.expanded += read as u64;
        let most = FREE.max(self.packed.get().saturating_mul(RATIO)).min(EXPANDED);
        if self.expanded > most {
            return Err(io::Error::other(format!("it expands to more than {most} bytes")));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
