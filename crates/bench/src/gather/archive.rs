//! What `sonobuoy retrieve` brings, packed or unpacked: results of plugins, the nodes that there are,
//! and why a node has none (`pkg/client/results/reader.go` of Sonobuoy 0.57 has the paths).

use std::fs;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::{GatherError, Gathered, entries, read_text};

/// Most bytes of an archive, unpacked, and most files in it.
const UNPACKED: u64 = 2 << 30;
const FILES: usize = 200_000;
/// Deepest nesting of directories.
const DEPTH: usize = 8;

/// A file that tells something.
enum Member<'a> {
    /// A result of a plugin, and the node that it is of.
    Result(Option<&'a str>),
    /// Why there is none of a node.
    Error(&'a str),
    /// The nodes of the cluster.
    Nodes,
}

/// `plugins/NAME/results/NODE/FILE.json`, `plugins/NAME/errors/NODE/error.json`,
/// `resources/cluster/core_v1_nodes.json`; a plugin of the whole cluster has `global` for a node.
fn member(path: &str) -> Option<Member<'_>> {
    let parts: Vec<&str> = path.trim_start_matches("./").split('/').collect();
    if parts.ends_with(&["resources", "cluster", "core_v1_nodes.json"]) {
        return Some(Member::Nodes);
    }
    let at = parts.iter().position(|part| *part == "plugins")?;
    let [_, _, kind, more @ ..] = &parts[at..] else { return None };
    let node = match more {
        [node, _, ..] if *node != "global" => Some(*node),
        _ => None,
    };
    match (*kind, node) {
        ("results", node) if path.ends_with(".json") => Some(Member::Result(node)),
        ("errors", Some(node)) => Some(Member::Error(node)),
        _ => None,
    }
}

/// Whether a directory is an archive of Sonobuoy that was unpacked.
pub(super) fn is_unpacked(path: &Path) -> bool {
    path.join("plugins").is_dir() && path.join("meta").is_dir()
}

impl Gathered {
    /// Reads an archive.
    pub(super) fn archive(&mut self, name: &str, packed: impl Read) -> Result<(), GatherError> {
        let invalid = |error: std::io::Error| GatherError::Unreadable {
            file: name.to_owned(),
            cause: error.to_string(),
        };
        let mut archive = tar::Archive::new(packed.take(UNPACKED));
        let mut found = false;
        for (count, entry) in archive.entries().map_err(invalid)?.enumerate() {
            let entry = entry.map_err(invalid)?;
            if count == FILES {
                return Err(invalid(std::io::Error::other(format!("more than {FILES} files"))));
            }
            let path = entry.path().map_err(invalid)?.to_string_lossy().into_owned();
            if entry.header().entry_type().is_file()
                && let Some(member) = member(&path)
            {
                found |= self.member(&format!("{name}!{path}"), &member, entry)?;
            }
        }
        found.then_some(()).ok_or_else(|| nothing(name))
    }

    /// Reads an archive that was unpacked into a directory.
    pub(super) fn unpacked(&mut self, root: &Path) -> Result<(), GatherError> {
        let name = root.display().to_string();
        let mut found = false;
        let mut pending = vec![(root.join("plugins"), 0)];
        let cluster = root.join("resources/cluster");
        if cluster.is_dir() {
            pending.push((cluster, 0));
        }
        while let Some((directory, depth)) = pending.pop() {
            for entry in entries(&directory)? {
                if entry.is_symlink() {
                    continue;
                }
                if entry.is_dir() {
                    if depth < DEPTH {
                        pending.push((entry, depth + 1));
                    }
                    continue;
                }
                let inner = entry.strip_prefix(root).unwrap_or(&entry).to_string_lossy();
                let Some(member) = member(&inner) else { continue };
                let file = entry.display().to_string();
                let open = fs::File::open(&entry).map_err(|error| GatherError::Unreadable {
                    file: file.clone(),
                    cause: error.to_string(),
                })?;
                found |= self.member(&file, &member, open)?;
            }
        }
        found.then_some(()).ok_or_else(|| nothing(&name))
    }

    /// Reads a file of an archive; whether it tells of a benchmark on a node.
    fn member(
        &mut self,
        name: &str,
        member: &Member<'_>,
        from: impl Read,
    ) -> Result<bool, GatherError> {
        let text = read_text(name, from)?;
        match member {
            // Other plugins have results of other kinds.
            Member::Result(node) => match self.text(name, &text, *node) {
                Ok(()) => Ok(true),
                Err(error) => {
                    self.passed_over.push(error);
                    Ok(false)
                }
            },
            Member::Error(node) => {
                // Whatever it holds, nothing came of the node; only the reason may be better known.
                let value: Option<Value> = serde_json::from_str(&text).ok();
                let said = value.as_ref().and_then(|value| value.get("error")?.as_str());
                let why = format!("Sonobuoy says: {}", said.unwrap_or("its plugin failed there"));
                self.expect((*node).to_owned(), Some(why));
                Ok(true)
            }
            Member::Nodes => {
                let value: Value = serde_json::from_str(&text).map_err(|error| {
                    let cause = format!("no JSON: {error}");
                    GatherError::Invalid { file: name.to_owned(), line: error.line(), cause }
                })?;
                let items = value.get("items").and_then(Value::as_array);
                for item in items.into_iter().flatten() {
                    if let Some(node) = item.pointer("/metadata/name").and_then(Value::as_str) {
                        self.expect(node.to_owned(), None);
                    }
                }
                Ok(false)
            }
        }
    }
}

fn nothing(name: &str) -> GatherError {
    GatherError::Invalid {
        file: name.to_owned(),
        line: 1,
        cause: "the archive holds no results of a benchmark".to_owned(),
    }
}
