//! A file that is replaced as a whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use seawall_model::Source;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The file that a source was read from, as it is now.
pub(crate) struct File {
    /// Where it is, behind all symbolic links.
    path: PathBuf,
    /// What stands before the text.
    mark: &'static str,
}

impl File {
    /// The file of a source.
    ///
    /// # Errors
    ///
    /// Where the file does not hold the source's text: the text was rendered, came from elsewhere,
    /// or the file has changed since.
    pub(crate) fn of(source: &Source) -> anyhow::Result<File> {
        let name: &str = source.name();
        let path = fs::canonicalize(name).with_context(|| format!("no file {name}"))?;
        let bytes = fs::read(&path).with_context(|| format!("can't read {name}"))?;
        let mark = if bytes.starts_with(BYTE_ORDER_MARK.as_bytes()) { BYTE_ORDER_MARK } else { "" };
        if &bytes[mark.len()..] != source.text().as_bytes() {
            bail!("the file holds another text: this one was rendered, or the file has changed");
        }
        Ok(File { path, mark })
    }

    /// A text as the file holds it.
    pub(crate) fn framed(&self, text: &str) -> String {
        format!("{}{text}", self.mark)
    }

    /// Puts a new text into the file's place, with the file's permissions and owner: whoever reads
    /// it meanwhile reads the old text or the new, never a part.
    ///
    /// # Errors
    ///
    /// Where that can't be; the file is then as it was.
    pub(crate) fn replace(&self, text: &str) -> anyhow::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        let write = || -> anyhow::Result<()> {
            let known = fs::metadata(&self.path)?;
            if known.permissions().readonly() {
                bail!("it is read-only");
            }
            let mut new = tempfile::Builder::new().prefix(".seawall-").tempfile_in(folder)?;
            new.write_all(self.framed(text).as_bytes())?;
            keep_owner(&known, new.path())?;
            new.as_file().set_permissions(known.permissions())?;
            new.as_file().sync_all()?;
            new.persist(&self.path)?;
            Ok(())
        };
        write().with_context(|| format!("can't write {}", self.path.display()))
    }
}

#[cfg(unix)]
fn keep_owner(known: &fs::Metadata, new: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let made = fs::metadata(new)?;
    if (made.uid(), made.gid()) != (known.uid(), known.gid()) {
        chown(new, Some(known.uid()), Some(known.gid()))
            .context("the new file can't be given to the owner of the old")?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_owner(_: &fs::Metadata, _: &Path) -> anyhow::Result<()> {
    Ok(())
}
