//! From a file to the parts of an inventory.

use std::fs;
use std::io::Read as _;
use std::sync::Arc;

use rayon::prelude::*;
use seawall_model::document::{Chunk, Limits, chunks, read};
use seawall_model::{Entry, Part, PartOutcome, Source};

use crate::template;
use crate::{File, bundle};

/// What came of a document or file.
pub(crate) enum Piece {
    /// A document that was read.
    Entry(Box<Entry>),
    /// One that was not, or that holds nothing.
    Part(Part),
    /// What a bundle tells of itself.
    Bundle(Told),
}

/// What a bundle tells of itself, beside its objects.
pub(crate) struct Told {
    /// The API server's version, such as `v1.36.3`; empty where it is not known.
    pub(crate) server_version: String,
    /// When the cluster was read; empty where it is not known.
    pub(crate) collected: String,
    /// Whether it could be read to its end.
    pub(crate) whole: bool,
}

/// Bytes from which on a file's documents are parsed on all cores: below, other files keep them
/// busy.
const LARGE: usize = 1 << 20;

/// Reads a file and the documents in it.
pub(crate) fn file(file: &File, limits: &Limits) -> Vec<Piece> {
    let name: Arc<str> = Arc::from(file.name.as_str());
    let whole = |outcome| {
        vec![Piece::Part(Part { file: Arc::clone(&name), document: 0, line: 0, outcome })]
    };
    if let Some(path) = file.path.as_ref().filter(|_| bundle::is_bundle(&name)) {
        return bundle::read(path, &name, limits).unwrap_or_else(|error| {
            let told =
                Told { server_version: String::new(), collected: String::new(), whole: false };
            let mut pieces = whole(PartOutcome::Unreadable { cause: error.to_string(), column: 0 });
            pieces.push(Piece::Bundle(told));
            pieces
        });
    }
    let bytes = match bytes_of(file, limits) {
        Ok(bytes) => bytes,
        Err(cause) => return whole(PartOutcome::Unreadable { cause, column: 0 }),
    };
    let marked = bytes.starts_with(BYTE_ORDER_MARK);
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(bad) => {
            return vec![Piece::Part(Part {
                file: name,
                document: 0,
                line: bad.line,
                outcome: PartOutcome::Unreadable { cause: bad.cause, column: bad.column },
            })];
        }
    };
    let text = Source::new(name, text);
    let text = if marked { text.marked() } else { text };
    source(&Arc::new(text), limits, Unrendered::Named)
}

/// What becomes of a document that looks like a template.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unrendered {
    /// It is named as one.
    Named,
    /// It is what a template became, so it is none.
    Impossible,
}

/// Reads the documents of a text.
pub(crate) fn source(source: &Arc<Source>, limits: &Limits, unrendered: Unrendered) -> Vec<Piece> {
    let chunks = chunks(source);
    if chunks.is_empty() {
        let why = "nothing but blanks and comments".to_owned();
        let outcome = PartOutcome::NotKubernetes { why };
        let file = Arc::clone(source.name());
        return vec![Piece::Part(Part { file, document: 0, line: 0, outcome })];
    }
    let read = |&chunk: &Chunk| document(source, chunk, limits, unrendered);
    if source.text().len() >= LARGE {
        chunks.par_iter().flat_map_iter(read).collect()
    } else {
        chunks.iter().flat_map(read).collect()
    }
}

/// Reads a text file within the limits, decoded as manifests are.
///
/// # Errors
///
/// With the cause in words, where the file can't be read or is no text.
pub fn read_text(path: &std::path::Path, limits: &Limits) -> Result<String, String> {
    let file = File { name: String::new(), path: Some(path.to_owned()) };
    decode(bytes_of(&file, limits)?).map_err(|bad| format!("line {}: {}", bad.line, bad.cause))
}

fn bytes_of(file: &File, limits: &Limits) -> Result<Vec<u8>, String> {
    let most = limits.file_bytes.min(u64::from(u32::MAX) - 1);
    let too_large = || format!("larger than {most} bytes; split it");
    let mut bytes = Vec::new();
    // One byte more than allowed shows that there is more, also where the size is not known
    // before.
    match &file.path {
        None => std::io::stdin().lock().take(most + 1).read_to_end(&mut bytes),
        Some(path) => {
            let opened = fs::File::open(path).map_err(|error| error.to_string())?;
            let size = opened.metadata().map_err(|error| error.to_string())?.len();
            if size > most {
                return Err(too_large());
            }
            bytes.reserve_exact(size as usize + 1);
            opened.take(most + 1).read_to_end(&mut bytes)
        }
    }
    .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
}

/// That of UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

struct NotText {
    cause: String,
    line: u32,
    column: u32,
}

/// UTF-8, without a byte order mark.
fn decode(mut bytes: Vec<u8>) -> Result<String, NotText> {
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let cause = "UTF-16; kubectl reads UTF-8, so convert it".to_owned();
        return Err(NotText { cause, line: 1, column: 1 });
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line_start = memchr::memrchr(b'\n', valid).map_or(0, |i| i + 1);
        NotText {
            cause: "not UTF-8 text".to_owned(),
            line: memchr::memchr_iter(b'\n', valid).count() as u32 + 1,
            column: String::from_utf8_lossy(&valid[line_start..]).chars().count() as u32 + 1,
        }
    })
}

fn document(
    source: &Arc<Source>,
    chunk: Chunk,
    limits: &Limits,
    unrendered: Unrendered,
) -> Vec<Piece> {
    let reading = read(source, chunk, limits);
    let part = |offset: u32, outcome: &dyn Fn(u32) -> PartOutcome| {
        let at = source.position(offset);
        Piece::Part(Part {
            file: Arc::clone(source.name()),
            document: chunk.ordinal,
            line: at.line,
            outcome: outcome(at.column),
        })
    };
    let text = &source.text()[chunk.span.start as usize..chunk.span.end as usize];
    if unrendered == Unrendered::Named
        && let Some(engine) = template::engine_of(text, &reading)
    {
        let first = text.find(|c: char| !c.is_whitespace()).unwrap_or(0) as u32;
        return vec![part(chunk.span.start + first, &|_| PartOutcome::Template { engine })];
    }
    let mut pieces: Vec<Piece> = reading
        .documents
        .into_iter()
        .map(|document| Piece::Entry(Box::new(Entry::new(document, chunk.ordinal))))
        .collect();
    if pieces.is_empty() && reading.error.is_none() {
        let why = "an empty document".to_owned();
        pieces.push(part(chunk.span.start, &|_| PartOutcome::NotKubernetes { why: why.clone() }));
    }
    if let Some(error) = reading.error {
        pieces.push(part(error.offset, &|column| PartOutcome::Unreadable {
            cause: error.cause.clone(),
            column,
        }));
    }
    pieces
}
