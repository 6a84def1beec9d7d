//! A file that is replaced as a whole or not at all.

use std::borrow::Cow;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use seawall_model::Source;

/// A text as it is written, with a byte order mark before it or none.
pub(crate) fn framed(marked: bool, text: &str) -> Cow<'_, str> {
    if marked { Cow::Owned(format!("\u{feff}{text}")) } else { Cow::Borrowed(text) }
}

/// The file that a source was read from, as it is now.
pub(crate) struct File {
    /// Where it is, behind all symbolic links.
    path: PathBuf,
    /// Whether a byte order mark stands before the text.
    marked: bool,
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
        if bytes != framed(source.is_marked(), source.text()).as_bytes() {
            bail!("the file holds another text: this one was rendered, or the file has changed");
        }
        Ok(File { path, marked: source.is_marked() })
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
            new.write_all(framed(self.marked, text).as_bytes())?;
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
