//! Writes a bundle as its members come.

use std::io::{self, Write};

use super::{MANIFEST, Manifest, Member};

/// The level at which writing keeps up with a server.
const LEVEL: i32 = 3;

/// A bundle in the making.
pub struct Writer<W: Write> {
    archive: tar::Builder<zstd::Encoder<'static, W>>,
    time: u64,
}

impl<W: Write> Writer<W> {
    /// A bundle that goes to `out`; its members carry the time, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// Where the compression can't be set up.
    pub fn new(out: W, time: u64) -> io::Result<Self> {
        let mut encoder = zstd::Encoder::new(out, LEVEL)?;
        encoder.include_checksum(true)?;
        Ok(Writer { archive: tar::Builder::new(encoder), time })
    }

    /// Adds a member.
    ///
    /// # Errors
    ///
    /// Where it can't be written.
    pub fn add(&mut self, member: &Member) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(member.text.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(self.time);
        self.archive.append_data(&mut header, &member.path, member.text.as_bytes())
    }

    /// Ends the bundle with what it tells of itself.
    ///
    /// # Errors
    ///
    /// Where it can't be written.
    pub fn finish(mut self, manifest: &Manifest) -> io::Result<W> {
        let text = serde_json::to_string_pretty(manifest)? + "\n";
        self.add(&Member { path: MANIFEST.to_owned(), text })?;
        self.archive.into_inner()?.finish()
    }
}
