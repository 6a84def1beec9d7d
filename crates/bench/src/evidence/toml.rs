//! The configuration of containerd and CRI-O, which is TOML with imports and drop-ins.

use std::collections::{BTreeSet, VecDeque};

use toml_edit::{Document, Item};

use super::host::{Host, Unread};
use super::pattern;

/// Most files that one configuration may be made of.
const FILES: usize = 100;

/// The files of a configuration in the order in which they are read, the later one wins.
#[derive(Debug, Default)]
pub struct Layers {
    files: Vec<(String, Document<String>)>,
}

impl Layers {
    /// A file and those that it imports, each once, those of all files behind the files themselves
    /// (`LoadConfig` in containerd's `cmd/containerd/server/config`).
    ///
    /// # Errors
    ///
    /// Where a file can't be read or is malformed; with its line.
    pub fn containerd(host: &Host, path: &str) -> Result<Self, Unread> {
        let mut layers = Layers::default();
        let mut known = BTreeSet::new();
        let mut pending = VecDeque::from([path.to_owned()]);
        while let Some(path) = pending.pop_front() {
            if !known.insert(path.clone()) {
                continue;
            }
            let Some(document) = layers.add(host, &path)? else { continue };
            let imports = document.get("imports").and_then(Item::as_array);
            let base = path.rsplit_once('/').map_or("", |(base, _)| base);
            for import in imports.into_iter().flatten().filter_map(|import| import.as_str()) {
                let import = if import.starts_with('/') {
                    import.into()
                } else {
                    format!("{base}/{import}")
                };
                pending.extend(pattern::files(host, &import)?);
            }
        }
        Ok(layers)
    }

    /// CRI-O's file and its drop-in directories.
    ///
    /// # Errors
    ///
    /// As [`Layers::containerd`].
    pub fn crio(host: &Host, path: &str, directories: &[&str]) -> Result<Self, Unread> {
        let mut layers = Layers::default();
        layers.add(host, path)?;
        for directory in directories {
            for name in host.list(directory)?.unwrap_or_default() {
                layers.add(host, &format!("{directory}/{name}"))?;
            }
        }
        Ok(layers)
    }

    /// One file by itself.
    ///
    /// # Errors
    ///
    /// As [`Layers::containerd`].
    pub fn file(host: &Host, path: &str) -> Result<Self, Unread> {
        let mut layers = Layers::default();
        layers.add(host, path)?;
        Ok(layers)
    }

    fn add(&mut self, host: &Host, path: &str) -> Result<Option<&Document<String>>, Unread> {
        let Some(text) = host.read(path)? else { return Ok(None) };
        if self.files.len() == FILES {
            return Err(Unread::new(path, &format!("it is made of more than {FILES} files")));
        }
        let document = Document::parse(text)
            .map_err(|error| Unread::new(path, &error.to_string().replace('\n', " ")))?;
        self.files.push((path.to_owned(), document));
        Ok(self.files.last().map(|(_, document)| document))
    }

    /// The item at a path in the last file that has it, and that file.
    ///
    /// # Errors
    ///
    /// Where versions of containerd differ: before 2.0 the part of a plugin in a later file takes
    /// the place of the whole part in an earlier one (`mergeConfig`), since then they are merged. A
    /// configuration of version 3 is read by 2.0 and later alone.
    pub fn get(&self, path: &[&str]) -> Result<Option<(&str, &Item)>, Unread> {
        let merged = self.files.iter().rfind(|(_, document)| at(document, path).is_some());
        if let ["plugins", id, ..] = path
            && !self.is_merged()
        {
            let plugin = ["plugins", id];
            let replaced = self.files.iter().rfind(|(_, document)| at(document, &plugin).is_some());
            let replaced = replaced.filter(|(_, document)| at(document, path).is_some());
            if merged.map(|(file, _)| file) != replaced.map(|(file, _)| file) {
                let place = merged.map_or("", |(file, _)| file);
                let cause = format!(
                    "{} stands there, and a later file has another part of the plugin: containerd \
                     before 2.0 forgets the first, newer ones don't",
                    path.join(".")
                );
                return Err(Unread::new(place, &cause));
            }
        }
        Ok(merged.and_then(|(file, document)| Some((file.as_str(), at(document, path)?))))
    }

    /// The files that it is made of.
    pub fn names_of_files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(file, _)| file.as_str())
    }

    /// The keys of the tables at a path in all files, some of them more than once.
    pub fn names(&self, path: &[&str]) -> Vec<&str> {
        let items = self.files.iter().filter_map(|(_, document)| at(document, path));
        let tables = items.filter_map(Item::as_table_like);
        tables.flat_map(|table| table.iter().map(|(name, _)| name)).collect()
    }

    fn is_merged(&self) -> bool {
        let version = self.files.first().and_then(|(_, document)| document.get("version"));
        version.and_then(Item::as_integer).is_some_and(|version| version >= 3)
    }
}

fn at<'d>(document: &'d Document<String>, path: &[&str]) -> Option<&'d Item> {
    path.iter().try_fold(document.as_item(), |item, key| item.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(files: &[&str]) -> Layers {
        let read = |(number, text): (usize, &&str)| {
            (number.to_string(), Document::parse((*text).to_owned()).expect("TOML"))
        };
        Layers { files: files.iter().enumerate().map(read).collect() }
    }

    #[test]
    fn what_versions_merge_differently_is_not_guessed() {
        let first = "version = 2\n[plugins.cri]\na = true\n";
        let other = "[plugins.cri]\nb = true\n";
        let a = &["plugins", "cri", "a"][..];
        let split = layers(&[first, other]);
        assert!(split.get(a).is_err());
        let b = split.get(&["plugins", "cri", "b"]).expect("the last file counts for all");
        assert_eq!(b.and_then(|(_, item)| item.as_bool()), Some(true));
        let merged = layers(&[&first.replace('2', "3"), other]);
        assert_eq!(merged.get(a).expect("merged").map(|(file, _)| file), Some("0"));
        let apart = layers(&[first, "[grpc]\nuid = 1\n"]);
        assert!(apart.get(a).expect("one file has the plugin").is_some());
    }
}
