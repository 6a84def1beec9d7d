//! Writes `data/defaults.txt` and `data/resources.txt` from what the Kubernetes project publishes.
//!
//! ```text
//! go mod download k8s.io/kubernetes@v1.36.3    # and each other release below
//! cargo run -p seawall-rbac --example refresh -- ~/go/pkg/mod/k8s.io crates/rbac/data
//! ```
//!
//! The default roles and bindings are those of
//! `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata`, which the project's own tests hold
//! against what the API server makes; the resources those of `api/discovery`. For a new minor
//! version, add its newest patch to [`RELEASES`], run, and read the diff.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::{Document, Limits, Node, chunks, read};

/// The newest patch of each minor version of Kubernetes 1.
const RELEASES: &[(u32, u32)] = &[
    (20, 15),
    (21, 14),
    (22, 17),
    (23, 17),
    (24, 17),
    (25, 16),
    (26, 15),
    (27, 16),
    (28, 15),
    (29, 15),
    (30, 14),
    (31, 14),
    (32, 13),
    (33, 13),
    (34, 4),
    (35, 4),
    (36, 3),
    (37, 1),
];

/// The release whose resources are written; the newest whose source has them in full.
const RESOURCES_OF: (u32, u32) = (36, 3);

/// In which minor versions a line stands, and whether only behind a feature gate.
#[derive(Default)]
struct Seen {
    minors: Vec<u32>,
    ungated: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(modules), Some(data)) = (arguments.next(), arguments.next()) else {
        return Err("usage: refresh MODULES DATA".into());
    };
    let (modules, data) = (Path::new(&modules), Path::new(&data));
    std::fs::write(data.join("defaults.txt"), defaults(modules)?)?;
    std::fs::write(data.join("resources.txt"), resources(modules)?)?;
    Ok(())
}

fn folder(modules: &Path, (minor, patch): (u32, u32)) -> std::path::PathBuf {
    modules.join(format!("kubernetes@v1.{minor}.{patch}"))
}

fn documents(path: &Path) -> Result<Vec<Document>, Box<dyn Error>> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let source = Arc::new(Source::new(path.to_string_lossy().as_ref(), text));
    let mut all = Vec::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        if let Some(error) = reading.error {
            return Err(format!("{}: {error}", path.display()).into());
        }
        all.extend(reading.documents);
    }
    Ok(all)
}

fn text<'a>(node: Node<'a>, path: &[&str]) -> &'a str {
    node.at_path(path).map_or("", Node::text)
}

fn joined(node: Node<'_>, key: &str) -> String {
    let items: Vec<&str> =
        node.get(key).into_iter().flat_map(Node::items).map(Node::text).collect();
    if items == [""] { "\"\"".to_owned() } else { items.join(",") }
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// Heads (`role …`, `binding …`) with the lines below them.
type Blocks = BTreeMap<String, (Seen, BTreeMap<String, Seen>)>;

fn defaults(modules: &Path) -> Result<String, Box<dyn Error>> {
    let mut blocks = Blocks::new();
    for &release in RELEASES {
        let testdata = folder(modules, release)
            .join("plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata");
        let mut files: Vec<_> = std::fs::read_dir(&testdata)
            .map_err(|error| format!("{}: {error}", testdata.display()))?
            .collect::<Result<_, _>>()?;
        files.sort_by_key(std::fs::DirEntry::file_name);
        for file in files {
            let gated = file.file_name().to_string_lossy().contains("featuregates");
            for document in documents(&file.path())? {
                for item in document.root().get("items").into_iter().flat_map(Node::items) {
                    note(&mut blocks, item, release.0, gated);
                }
            }
        }
    }
    let (first, last) = (RELEASES[0].0, RELEASES[RELEASES.len() - 1].0);
    let mut out = format!(
        "# The roles and bindings that every cluster has; written by the example `refresh`.\n\
         # kubernetes FIRST LAST: the minor versions of 1.x that are covered.\n\
         # role KIND NAMESPACE NAME RANGE [label=KEY]... [selects=KEY]..., then its rules:\n\
         #   RANGE VERBS GROUPS RESOURCES NAMES URLS\n\
         # binding KIND NAMESPACE NAME RANGE ROLE-KIND ROLE-NAME, then its subjects:\n\
         #   RANGE KIND NAMESPACE NAME\n\
         # RANGE since..until, half open; ? behind it where only a feature gate adds the line.\n\
         # KEY stands for the label rbac.authorization.k8s.io/KEY: \"true\".\n\
         kubernetes {first} {last}\n"
    );
    for (head, (seen, lines)) in &blocks {
        let words: Vec<&str> = head.splitn(5, ' ').collect();
        writeln!(
            out,
            "{} {} {} {} {}{}",
            words[0],
            words[1],
            words[2],
            words[3],
            range(seen, last),
            words.get(4).map(|rest| format!(" {rest}")).unwrap_or_default()
        )?;
        for (line, seen) in lines {
            writeln!(out, " {} {line}", range(seen, last))?;
        }
    }
    Ok(out)
}

fn range(seen: &Seen, last: u32) -> String {
    let (since, until) = (seen.minors.iter().min(), seen.minors.iter().max());
    let since = since.filter(|since| **since > RELEASES[0].0).map(u32::to_string);
    let until = until.filter(|until| **until < last).map(|until| (until + 1).to_string());
    let gate = if seen.ungated { "" } else { "?" };
    format!("{}..{}{gate}", since.unwrap_or_default(), until.unwrap_or_default())
}

fn note(blocks: &mut Blocks, item: Node<'_>, minor: u32, gated: bool) {
    let kind = text(item, &["kind"]);
    let (namespace, name) =
        (text(item, &["metadata", "namespace"]), text(item, &["metadata", "name"]));
    let (head, lines) = if kind.ends_with("Binding") {
        let head = format!(
            "binding {kind} {} {name} {} {}",
            or_dash(namespace),
            text(item, &["roleRef", "kind"]),
            text(item, &["roleRef", "name"])
        );
        let lines: Vec<String> = item
            .get("subjects")
            .into_iter()
            .flat_map(Node::items)
            .map(|subject| {
                format!(
                    "{} {} {}",
                    text(subject, &["kind"]),
                    or_dash(text(subject, &["namespace"])),
                    text(subject, &["name"])
                )
            })
            .collect();
        (head, lines)
    } else {
        let keys = |path: &[&str]| -> Vec<String> {
            item.at_path(path)
                .into_iter()
                .flat_map(Node::entries)
                .filter_map(|(key, _)| key.text().strip_prefix("rbac.authorization.k8s.io/"))
                .map(str::to_owned)
                .collect()
        };
        let mut head = format!("role {kind} {} {name}", or_dash(namespace));
        for key in keys(&["metadata", "labels"]) {
            head += &format!(" label={key}");
        }
        for selector in item
            .at_path(&["aggregationRule", "clusterRoleSelectors"])
            .into_iter()
            .flat_map(Node::items)
        {
            for (key, _) in selector.get("matchLabels").into_iter().flat_map(Node::entries) {
                head += &format!(
                    " selects={}",
                    key.text().trim_start_matches("rbac.authorization.k8s.io/")
                );
            }
        }
        let lines = item
            .get("rules")
            .into_iter()
            .flat_map(Node::items)
            .map(|rule| {
                ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"]
                    .map(|key| or_dash(&joined(rule, key)).to_owned())
                    .join(" ")
            })
            .collect();
        (head, lines)
    };
    let mark = |seen: &mut Seen| {
        seen.minors.push(minor);
        seen.ungated |= !gated;
    };
    let block = blocks.entry(head).or_default();
    mark(&mut block.0);
    for line in lines {
        mark(block.1.entry(line).or_default());
    }
}

fn resources(modules: &Path) -> Result<String, Box<dyn Error>> {
    let discovery = folder(modules, RESOURCES_OF).join("api/discovery");
    let mut lines = BTreeMap::new();
    let mut files: Vec<_> = std::fs::read_dir(&discovery)
        .map_err(|error| format!("{}: {error}", discovery.display()))?
        .collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    for file in files {
        let name = file.file_name().to_string_lossy().into_owned();
        if !name.contains("__") {
            continue;
        }
        for document in documents(&file.path())? {
            of_version(document.root(), &mut lines);
        }
    }
    let mut out = String::from(
        "# The resources of the Kubernetes API; written by the example `refresh`.\n\
         # RESOURCE GROUP KIND SINGULAR namespaced|cluster VERBS SHORT-NAMES CATEGORIES\n\
         # RESOURCE/SUBRESOURCE GROUP KIND - namespaced|cluster VERBS - -\n",
    );
    for ((group, name), rest) in lines {
        writeln!(out, "{name} {group} {rest}")?;
    }
    Ok(out)
}

fn of_version(root: Node<'_>, lines: &mut BTreeMap<(String, String), String>) {
    let version = text(root, &["groupVersion"]);
    let group = version.split_once('/').map_or("", |(group, _)| group);
    for resource in root.get("resources").into_iter().flat_map(Node::items) {
        let scope =
            if text(resource, &["namespaced"]) == "true" { "namespaced" } else { "cluster" };
        let line = format!(
            "{} {} {scope} {} {} {}",
            text(resource, &["kind"]),
            or_dash(text(resource, &["singularName"])),
            or_dash(&joined(resource, "verbs")),
            or_dash(&joined(resource, "shortNames")),
            or_dash(&joined(resource, "categories"))
        );
        lines
            .entry((or_dash(group).to_owned(), text(resource, &["name"]).to_owned()))
            .or_insert(line);
    }
}
