//! The configuration of containerd and CRI-O, which is TOML with imports and drop-ins.

use toml_edit::{Document, Item};

use super::host::{Host, Unread};

/// Most files that one configuration may be made of.
const FILES: usize = 100;

/// The files of a configuration in the order in which they are read, the later one wins.
#[derive(Debug, Default)]
pub struct Layers {
    files: Vec<(String, Document<String>)>,
}

impl Layers {
    /// A file and those that it imports (containerd's `imports`, with `*` in the last part).
    ///
    /// # Errors
    ///
    /// Where a file can't be read or is malformed; with its line.
    pub fn containerd(host: &Host, path: &str) -> Result<Self, Unread> {
        let mut layers = Layers::default();
        layers.add(host, path)?;
        let imports: Vec<String> = layers
            .files
            .iter()
            .filter_map(|(_, document)| document.get("imports")?.as_array())
            .flatten()
            .filter_map(|import| import.as_str().map(str::to_owned))
            .collect();
        for import in imports {
            let base = path.rsplit_once('/').map_or("", |(base, _)| base);
            let import = if import.starts_with('/') { import } else { format!("{base}/{import}") };
            let (directory, pattern) = import.rsplit_once('/').unwrap_or(("", &import));
            match pattern.split_once('*') {
                None => layers.add(host, &import)?,
                Some((head, tail)) => {
                    for name in host.list(directory)?.unwrap_or_default() {
                        if name.starts_with(head) && name.ends_with(tail) {
                            layers.add(host, &format!("{directory}/{name}"))?;
                        }
                    }
                }
            }
        }
        Ok(layers)
    }

    /// CRI-O's file and its drop-in directories.
    ///
    /// # Errors
    ///
    /// As [`Layers::containerd`].
    pub fn crio(host: &Host) -> Result<Self, Unread> {
        let mut layers = Layers::default();
        layers.add(host, "/etc/crio/crio.conf")?;
        for directory in ["/usr/lib/crio/crio.conf.d", "/etc/crio/crio.conf.d"] {
            for name in host.list(directory)?.unwrap_or_default() {
                layers.add(host, &format!("{directory}/{name}"))?;
            }
        }
        Ok(layers)
    }

    fn add(&mut self, host: &Host, path: &str) -> Result<(), Unread> {
        let Some(text) = host.read(path)? else { return Ok(()) };
        if self.files.len() == FILES {
            return Err(Unread::new(path, &format!("it is made of more than {FILES} files")));
        }
        let document = Document::parse(text)
            .map_err(|error| Unread::new(path, &error.to_string().replace('\n', " ")))?;
        self.files.push((path.to_owned(), document));
        Ok(())
    }

    /// The item at a path in the last file that has it, and that file.
    pub fn get(&self, path: &[&str]) -> Option<(&str, &Item)> {
        self.files.iter().rev().find_map(|(file, document)| {
            let mut item = document.as_item();
            for key in path {
                item = item.get(key)?;
            }
            Some((file.as_str(), item))
        })
    }
}
