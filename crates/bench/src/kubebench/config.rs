//! `config.yaml`: which programs and files stand for a component, which benchmark for a version,
//! and which controls belong to a benchmark.
//!
//! kube-bench reads it with viper, so keys are known in any case, the configuration of a benchmark is
//! merged over the common one map by map, and a list may be written as one string.

use std::fs;
use std::path::Path;

use seawall_model::document::{Kind, Node};

use super::Error;
use super::value::first_document;

/// Largest file of a configuration that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// A configuration as it is merged.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Config {
    root: Setting,
}

#[derive(Clone, Debug, PartialEq)]
enum Setting {
    Scalar(String),
    List(Vec<String>),
    /// Keys in lower case.
    Map(Vec<(String, Setting)>),
}

impl Default for Setting {
    fn default() -> Self {
        Setting::Map(Vec::new())
    }
}

/// One component of a kind of node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Component<'a> {
    pub(crate) name: &'a str,
    settings: &'a Setting,
}

impl Config {
    /// Reads a file; none where there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Config>, Error> {
        let Some(text) = read_text(path)? else { return Ok(None) };
        let file = path.display().to_string();
        let invalid = |line, cause| Error::Invalid { file: file.clone(), line, cause };
        let document = first_document(&file, text).map_err(|(cause, line)| invalid(line, cause))?;
        let Some(document) = document else { return Ok(Some(Config::default())) };
        let root = document.root();
        if !matches!(root.kind(), Kind::Map | Kind::Null) {
            return Err(invalid(1, format!("a map is expected, not {}", root.kind().noun())));
        }
        Ok(Some(Config { root: Setting::of(root) }))
    }

    /// Merges another configuration over this one.
    pub(crate) fn merge(&mut self, over: Config) {
        self.root.merge(over.root);
    }

    /// The components of a kind of node in their order, those without a section left out; none where
    /// the kind itself has no section.
    pub(crate) fn components(&self, node_type: &str) -> Option<Vec<Component<'_>>> {
        let section = self.root.get(node_type).filter(|section| section.is_map())?;
        let names = section.get("components").map(Setting::strings).unwrap_or_default();
        let components = names.into_iter().filter_map(|name| {
            let settings = section.get(name).filter(|settings| settings.is_map())?;
            Some(Component { name, settings })
        });
        Some(components.collect())
    }

    /// The benchmark of a version of Kubernetes, such as `1.32`.
    pub(crate) fn benchmark_of(&self, version: &str) -> Option<&str> {
        self.root.get("version_mapping")?.get(version)?.scalar()
    }

    /// The kinds of nodes that a benchmark has controls for.
    pub(crate) fn targets_of(&self, benchmark: &str) -> Option<Vec<&str>> {
        Some(self.root.get("target_mapping")?.get(benchmark)?.strings())
    }

    /// A single setting at the top, such as `AWS_REGION`.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.root.get(name)?.scalar()
    }

    /// Whether there is a map of a name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.root.get(name).is_some_and(|map| matches!(map, Setting::Map(all) if !all.is_empty()))
    }
}

impl<'a> Component<'a> {
    /// A list, which may be written as one string of words.
    pub(crate) fn list(&self, key: &str) -> Vec<&'a str> {
        self.settings.get(key).map(Setting::strings).unwrap_or_default()
    }

    /// A single setting.
    pub(crate) fn get(&self, key: &str) -> Option<&'a str> {
        self.settings.get(key)?.scalar()
    }

    /// Whether the component may be missing.
    pub(crate) fn is_optional(&self) -> bool {
        matches!(self.get("optional"), Some("true" | "1" | "t" | "T" | "TRUE" | "True"))
    }
}

impl Setting {
    fn of(node: Node<'_>) -> Setting {
        match node.kind() {
            Kind::Map => {
                let mut entries: Vec<(String, Setting)> = Vec::new();
                for (key, value) in node.entries() {
                    let key = key.text().to_lowercase();
                    // Of keys that differ in their case alone the last one counts.
                    entries.retain(|(other, _)| *other != key);
                    entries.push((key, Setting::of(value)));
                }
                Setting::Map(entries)
            }
            Kind::Seq => Setting::List(node.items().map(|item| item.text().to_owned()).collect()),
            _ => Setting::Scalar(node.text().to_owned()),
        }
    }

    /// viper's `mergeMaps`: what is no map does not take the place of one.
    fn merge(&mut self, over: Setting) {
        let Setting::Map(entries) = self else {
            *self = over;
            return;
        };
        let Setting::Map(over) = over else { return };
        for (key, value) in over {
            match entries.iter_mut().find(|(other, _)| *other == key) {
                Some((_, own)) => own.merge(value),
                None => entries.push((key, value)),
            }
        }
    }

    fn get(&self, key: &str) -> Option<&Setting> {
        let Setting::Map(entries) = self else { return None };
        let key = key.to_lowercase();
        entries.iter().find(|(other, _)| *other == key).map(|(_, value)| value)
    }

    fn is_map(&self) -> bool {
        matches!(self, Setting::Map(_))
    }

    fn scalar(&self) -> Option<&str> {
        match self {
            Setting::Scalar(text) => Some(text),
            _ => None,
        }
    }

    fn strings(&self) -> Vec<&str> {
        match self {
            Setting::Scalar(text) => text.split_whitespace().collect(),
            Setting::List(items) => items.iter().map(String::as_str).collect(),
            Setting::Map(_) => Vec::new(),
        }
    }
}

/// The text of a file of a configuration; none where there is none.
pub(crate) fn read_text(path: &Path) -> Result<Option<String>, Error> {
    let unreadable = |cause: &dyn ToString| Error::Unreadable {
        file: path.display().to_string(),
        cause: cause.to_string(),
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
        Ok(metadata) if !metadata.is_file() => return Err(unreadable(&"it is no regular file")),
        Ok(metadata) if metadata.len() > LARGEST => {
            return Err(unreadable(&format!("it is larger than {} MiB", LARGEST >> 20)));
        }
        Ok(_) => {}
    }
    fs::read_to_string(path).map(Some).map_err(|error| unreadable(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let path = folder.path().join("config.yaml");
        fs::write(&path, text).expect("a file");
        Config::read(&path).expect("a configuration").expect("a file")
    }

    #[test]
    fn merges_map_by_map_and_knows_keys_in_any_case() {
        let mut base = config(
            "node:\n  components: [kubelet, proxy, missing]\n  kubelet: {bins: [a, b], defaultconf: /x}\n  proxy: {optional: true}\nversion_mapping: {\"1.30\": cis-1.11}\n",
        );
        base.merge(config("Node:\n  kubelet:\n    confs: /a /b\n    bins: [c]\n"));
        base.merge(config("node: no map\n"));
        let components = base.components("node").expect("a section");
        let names: Vec<_> = components.iter().map(|component| component.name).collect();
        assert_eq!(names, ["kubelet", "proxy"]);
        assert_eq!(components[0].list("bins"), ["c"]);
        assert_eq!(components[0].list("confs"), ["/a", "/b"]);
        assert_eq!(components[0].get("defaultconf"), Some("/x"));
        assert!(components[1].is_optional());
        assert_eq!(base.benchmark_of("1.30"), Some("cis-1.11"));
        assert!(base.components("etcd").is_none());
    }
}
