//! Which charts and kustomizations are there among the files of a folder?

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::{Kind as Value, Limits, Node, chunks, read};

use super::{Kind, Project, normal};
use crate::File;
use crate::targets::{is_manifest_name, name_of};

/// The fields of a kustomization that name files or folders.
const REFERENCES: &[&str] = &[
    "bases",
    "components",
    "configMapGenerator",
    "configurations",
    "crds",
    "generators",
    "openapi",
    "patches",
    "patchesJson6902",
    "patchesStrategicMerge",
    "replacements",
    "resources",
    "secretGenerator",
    "transformers",
    "validators",
];

/// Fields within those that name no files, whatever they look like.
const NO_REFERENCES: &[&str] =
    &["behavior", "literals", "name", "namespace", "options", "patch", "source", "target"];

/// Finds the projects below a folder that the user named, of the files found in it.
pub(crate) fn find(target: &Path, files: &[File], limits: &Limits) -> Vec<Project> {
    let mut projects = charts(target, files);
    let in_charts: HashSet<&String> = projects.iter().flat_map(|chart| &chart.files).collect();
    let free: Vec<&File> = files.iter().filter(|file| !in_charts.contains(&file.name)).collect();
    let kustomizations = kustomizations(target, &free, limits);
    projects.extend(kustomizations);
    projects
}

fn charts(target: &Path, files: &[File]) -> Vec<Project> {
    let mut folders: Vec<&Path> = (files.iter())
        .filter_map(|file| file.path.as_deref())
        .filter(|path| path.file_name().is_some_and(|name| name == "Chart.yaml"))
        .filter_map(Path::parent)
        .collect();
    // Charts before those in them.
    folders.sort_by_key(|folder| folder.components().count());
    let mut charts: Vec<Project> = Vec::new();
    let mut owned: HashSet<String> = HashSet::new();
    for folder in folders {
        let is_target = normal(folder) == normal(target);
        let chart_yaml = name_of(&folder.join("Chart.yaml"));
        if owned.contains(&chart_yaml) || !(is_target || looks_like_a_chart(folder)) {
            continue;
        }
        let files: HashSet<String> = (files.iter())
            .filter(|file| file.path.as_ref().is_some_and(|path| is_of_chart(path, folder)))
            .map(|file| file.name.clone())
            .collect();
        if templates_are_ignored(folder, &files) {
            continue;
        }
        owned.extend(files.iter().cloned());
        charts.push(Project {
            kind: Kind::Chart,
            name: name_of(folder),
            path: folder.to_owned(),
            head: chart_yaml,
            is_target,
            files,
        });
    }
    charts
}

fn looks_like_a_chart(folder: &Path) -> bool {
    ["templates", "charts", "crds"].iter().any(|name| folder.join(name).is_dir())
}

/// Whether a file is Helm's, rather than one that merely lies in a chart's folder.
fn is_of_chart(path: &Path, chart: &Path) -> bool {
    let Ok(path) = path.strip_prefix(chart) else { return false };
    let mut parts = path.components().map(|part| part.as_os_str().to_string_lossy());
    let Some(first) = parts.next() else { return false };
    match parts.next() {
        Some(_) => ["templates", "charts", "crds"].contains(&&*first),
        None => {
            ["Chart.yaml", "requirements.yaml"].contains(&&*first) || first.starts_with("values")
        }
    }
}

/// Whether a chart's templates are left out by an ignore file, and so the chart is.
fn templates_are_ignored(chart: &Path, files: &HashSet<String>) -> bool {
    let templates = chart.join("templates");
    // What can't be listed is Helm's to complain of.
    let Ok(entries) = templates.read_dir() else { return false };
    let mut names = entries.filter_map(Result::ok).map(|entry| entry.path());
    let below = format!("{}/", name_of(&templates));
    names.any(|path| is_manifest_name(&path)) && !files.iter().any(|name| name.starts_with(&below))
}

/// A kustomization file that was found.
struct Kustomization {
    /// What it names: files, and folders of other kustomizations.
    references: Vec<PathBuf>,
    file: PathBuf,
    is_component: bool,
}

fn kustomizations(target: &Path, files: &[&File], limits: &Limits) -> Vec<Project> {
    let mut found: HashMap<PathBuf, Kustomization> = HashMap::new();
    for path in files.iter().filter_map(|file| file.path.as_deref()) {
        if let Some(folder) = path.parent().filter(|_| is_kustomization(path))
            // One that can't be read is read, and reported, as the file that it is.
            && let Ok(text) = crate::read_text(path, limits)
            && let Some(kustomization) = parse(path, folder, text, limits)
        {
            found.insert(normal(folder), kustomization);
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let names: HashMap<PathBuf, &String> = (files.iter())
        .filter_map(|file| Some((normal(file.path.as_deref()?), &file.name)))
        .collect();
    let used: HashSet<&PathBuf> = found.values().flat_map(|of| &of.references).collect();
    let roots = found.iter().filter(|(folder, of)| !of.is_component && !used.contains(folder));
    roots
        .map(|(folder, of)| Project {
            kind: Kind::Kustomization,
            name: name_of(of.file.parent().unwrap_or(folder)),
            path: of.file.parent().unwrap_or(folder).to_owned(),
            head: name_of(&of.file),
            is_target: *folder == normal(target),
            files: closure(folder, &found)
                .into_iter()
                .filter_map(|path| names.get(path).map(|name| (*name).clone()))
                .collect(),
        })
        .collect()
}

fn is_kustomization(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    ["kustomization.yaml", "kustomization.yml", "Kustomization"].iter().any(|known| name == *known)
}

fn parse(path: &Path, folder: &Path, text: String, limits: &Limits) -> Option<Kustomization> {
    let source = Arc::new(Source::new("", text));
    let reading = read(&source, chunks(&source).first().copied()?, limits);
    let root = reading.documents.first()?.root();
    // Flux and others have kinds of this name that are objects of a cluster.
    let api = root.get("apiVersion").map_or("", Node::text);
    if !api.is_empty() && !api.starts_with("kustomize.config.k8s.io/") {
        return None;
    }
    let mut references = Vec::new();
    for (key, value) in root.entries().filter(|(key, _)| REFERENCES.contains(&key.text())) {
        collect(key, value, folder, &mut references);
    }
    let is_component = root.get("kind").is_some_and(|kind| kind.text() == "Component");
    Some(Kustomization { references, file: path.to_owned(), is_component })
}

fn collect(key: Node<'_>, value: Node<'_>, folder: &Path, references: &mut Vec<PathBuf>) {
    match value.kind() {
        Value::Map => {
            for (key, value) in value.entries() {
                if !NO_REFERENCES.contains(&key.text()) {
                    collect(key, value, folder, references);
                }
            }
        }
        Value::Seq => value.items().for_each(|item| collect(key, item, folder, references)),
        Value::Str if !value.text().contains('\n') => {
            // Generators name files as `key=path`.
            let text = value.text();
            let path = if key.text() == "files" { text.split('=').next_back() } else { Some(text) };
            references.extend(path.map(|path| normal(&folder.join(path))));
        }
        _ => {}
    }
}

/// All that a kustomization is made of, by way of others too.
fn closure<'k>(
    folder: &'k PathBuf,
    found: &'k HashMap<PathBuf, Kustomization>,
) -> HashSet<&'k PathBuf> {
    let mut paths = HashSet::new();
    let mut open = vec![folder];
    while let Some(path) = open.pop() {
        if paths.insert(path)
            && let Some(of) = found.get(path)
        {
            open.push(&of.file);
            open.extend(&of.references);
        }
    }
    paths
}
