//! What the failures of a run would have changed, file by file.
//!
//! Each failure has its own patch; here those of one file become one change of its text, in which
//! nothing else moves. Nothing is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use seawall_model::document::{Document, Kind, Limits, Node, chunks, read};
use seawall_model::{Edit, Source, Value};
use seawall_patch::patch;

use crate::evidence::host::Unread;
use crate::outcome::Patch;

/// A change of one file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: String,
    /// Its text as it is; empty where there is no file.
    pub before: String,
    /// As it should be.
    pub after: String,
}

/// What would be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Texts of files.
    pub texts: Vec<Change>,
    /// Modes, owners, and flags whose file isn't known.
    pub others: Vec<Patch>,
    /// What can't be made into a change of a text, and why.
    pub refused: Vec<String>,
}

/// Puts patches together. `text_of` gives a file's text, none where there is no file.
pub fn changes<'p>(
    patches: impl IntoIterator<Item = &'p Patch>,
    text_of: impl Fn(&str) -> Result<Option<String>, Unread>,
) -> Changes {
    let mut changes = Changes::default();
    let mut files: BTreeMap<&str, Vec<&Patch>> = BTreeMap::new();
    for one in patches {
        let file = match one {
            Patch::Flag { file: Some(file), .. }
            | Patch::Field { file, .. }
            | Patch::Line { file, .. } => file,
            Patch::Flag { file: None, .. } | Patch::Mode { .. } | Patch::Owner { .. } => {
                if !changes.others.contains(one) {
                    changes.others.push(one.clone());
                }
                continue;
            }
        };
        let of_file = files.entry(file).or_default();
        if !of_file.contains(&one) {
            of_file.push(one);
        }
    }
    for (path, patches) in files {
        let before = match text_of(path) {
            Ok(text) => text.unwrap_or_default(),
            Err(why) => {
                changes.refused.push(why.to_string());
                continue;
            }
        };
        let mut after = before.clone();
        for one in patches {
            match applied(path, &after, one) {
                Ok(text) => after = text,
                Err(why) => changes.refused.push(format!("{path}: {why}")),
            }
        }
        if after != before {
            changes.texts.push(Change { path: path.to_owned(), before, after });
        }
    }
    changes
}

fn applied(path: &str, text: &str, one: &Patch) -> Result<String, String> {
    if let Patch::Line { line, .. } = one {
        let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
        let mut lines: Vec<&str> = text.lines().filter(|known| key(known) != key(line)).collect();
        lines.push(line);
        return Ok(lines.join("\n") + "\n");
    }
    let source = Arc::new(Source::new(path, text.to_owned()));
    let documents: Vec<Document> = chunks(&source)
        .into_iter()
        .flat_map(|chunk| read(&source, chunk, &Limits::default()).documents)
        .collect();
    match one {
        Patch::Flag { component, flag, from, to, .. } => {
            let edit = documents
                .iter()
                .find_map(|document| flag_edit(document.root(), component, flag, from, to))
                .ok_or_else(|| format!("--{flag} of {component} has no place in it"))?;
            patch(&source, &[edit]).map_err(|why| format!("--{flag}: {why}"))
        }
        Patch::Field { field, to, .. } => {
            let root = documents.first().ok_or("it is empty")?.root();
            let edit = field_edit(root, field, to.as_deref()).ok_or("it has no such field")?;
            patch(&source, &[edit]).map_err(|why| format!("{field}: {why}"))
        }
        Patch::Mode { .. } | Patch::Owner { .. } | Patch::Line { .. } => Ok(text.to_owned()),
    }
}

/// The change of a flag in a pod's manifest.
fn flag_edit<'a>(
    pod: Node<'a>,
    component: &str,
    flag: &str,
    from: &Option<String>,
    to: &Option<String>,
) -> Option<Edit<'a>> {
    let containers = pod.at_path(&["spec", "containers"])?;
    let runs = |container: &Node<'a>| {
        ["command", "args"].iter().filter_map(|key| container.get(key)).any(|words| {
            words.items().any(|word| word.text().rsplit('/').next() == Some(component))
        }) || container.get("name").is_some_and(|name| name.text() == component)
    };
    let container = containers.items().find(runs)?;
    let lists: Vec<Node<'a>> =
        ["args", "command"].iter().filter_map(|key| container.get(key)).collect();
    let plain = format!("--{flag}");
    let valued = format!("--{flag}=");
    // The last of several is the one that counts.
    let word = lists
        .iter()
        .flat_map(|list| list.items())
        .filter(|word| word.text() == plain || word.text().starts_with(&valued))
        .last();
    match (word, to) {
        (Some(word), to) => {
            let now = word.text().strip_prefix(&valued).unwrap_or("true");
            match merged(now, from.as_deref(), to.as_deref()) {
                Some(value) => Some(Edit::set(word, &[], Value::str(format!("{valued}{value}")))),
                None => Some(Edit::remove(word)),
            }
        }
        (None, Some(to)) => {
            // Beside the other flags.
            let has_flags = |list: &&Node<'a>| list.items().any(|w| w.text().starts_with("--"));
            let list = lists.iter().find(has_flags).or(lists.first())?;
            Some(Edit::append(*list, Value::str(format!("{valued}{to}"))))
        }
        (None, None) => None,
    }
}

/// A value after a change that was meant for another: items of a list that one patch adds or takes
/// away stay as another patch left them.
fn merged(now: &str, from: Option<&str>, to: Option<&str>) -> Option<String> {
    let items = |text: Option<&str>| -> Vec<String> {
        text.unwrap_or_default()
            .split(',')
            .map(str::to_owned)
            .filter(|item| !item.is_empty())
            .collect()
    };
    let to = to?;
    let (old, new) = (items(from), items(Some(to)));
    let mut now = items(Some(now));
    now.retain(|item| !old.contains(item) || new.contains(item));
    now.extend(new.into_iter().filter(|item| !old.contains(item)));
    let mut unique = Vec::new();
    for item in now {
        if !unique.contains(&item) {
            unique.push(item);
        }
    }
    Some(unique.join(","))
}

fn field_edit<'a>(root: Node<'a>, field: &str, to: Option<&str>) -> Option<Edit<'a>> {
    if root.kind() != Kind::Map {
        return None;
    }
    let path: Vec<&str> = field.split('.').collect();
    // As far down as there are maps.
    let mut at = root;
    let mut rest = &path[..];
    while let [key, below @ ..] = rest {
        match at.get(key) {
            Some(next) if next.kind() == Kind::Map || below.is_empty() => {
                at = next;
                rest = below;
            }
            _ => break,
        }
    }
    let Some(to) = to else {
        return rest.is_empty().then(|| Edit::remove(at));
    };
    let is_list = matches!(path.last(), Some(&"tlsCipherSuites" | &"allowedUnsafeSysctls"));
    let value = match to {
        _ if is_list => {
            Value::List(to.split(',').map(|item| Value::str(item.to_owned())).collect())
        }
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match to.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => Value::str(to.to_owned()),
        },
    };
    let path = rest.iter().map(|key| (*key).to_owned().into()).collect();
    Some(Edit { at, change: seawall_model::Change::Set { path, value } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(flag: &str, from: Option<&str>, to: Option<&str>) -> Patch {
        Patch::Flag {
            component: "kube-apiserver".to_owned(),
            file: Some("/m.yaml".to_owned()),
            flag: flag.to_owned(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        }
    }

    #[test]
    fn the_patches_of_a_manifest_become_one_change() {
        let before = "spec:\n  containers:\n  - command:\n    - kube-apiserver\n    # as planned\n    \
                      - --profiling=true\n    - --token-auth-file=/t\n    - \
                      --enable-admission-plugins=A\n    name: x\n";
        let patches = [
            flag("profiling", Some("true"), Some("false")),
            flag("token-auth-file", Some("/t"), None),
            flag("enable-admission-plugins", Some("A"), Some("A,B")),
            flag("enable-admission-plugins", Some("A"), Some("A,C")),
            flag("audit-log-maxage", None, Some("30")),
        ];
        let changes = changes(&patches, |_| Ok(Some(before.to_owned())));
        assert!(changes.refused.is_empty(), "{:?}", changes.refused);
        assert_eq!(
            changes.texts[0].after,
            "spec:\n  containers:\n  - command:\n    - kube-apiserver\n    # as planned\n    - \
             \"--profiling=false\"\n    - \"--enable-admission-plugins=A,B,C\"\n    - \
             \"--audit-log-maxage=30\"\n    name: x\n"
        );
    }

    #[test]
    fn fields_keep_their_types_and_neighbours() {
        let before = "kind: KubeletConfiguration\nauthentication:\n  webhook:\n    enabled: true\n";
        let field = |field: &str, to: &str| Patch::Field {
            file: "/k.yaml".to_owned(),
            field: field.to_owned(),
            from: None,
            to: Some(to.to_owned()),
        };
        let patches = [
            field("authentication.anonymous.enabled", "false"),
            field("podPidsLimit", "4096"),
            field("tlsCipherSuites", "a,b"),
        ];
        let changes = changes(&patches, |_| Ok(Some(before.to_owned())));
        assert!(changes.refused.is_empty(), "{:?}", changes.refused);
        let after = &changes.texts[0].after;
        assert!(after.contains("  anonymous:\n    enabled: false\n"), "{after}");
        assert!(after.contains("podPidsLimit: 4096\n"), "{after}");
        assert!(
            after.contains("tlsCipherSuites:\n- a\n- b\n")
                || after.contains("tlsCipherSuites:\n  - a\n  - b\n"),
            "{after}"
        );
    }
}
