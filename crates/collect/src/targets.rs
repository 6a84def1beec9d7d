//! Which files a target names.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use globset::{GlobBuilder, GlobMatcher};
use ignore::{WalkBuilder, WalkState};

use crate::render::{self, Kind, Project};
use crate::{Error, File, Options};

/// What the targets name.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Files to read, each target's in the order of their names.
    pub(crate) files: Vec<File>,
    /// What is to be rendered, each with the number of files that stand before it.
    pub(crate) projects: Vec<(usize, Project)>,
    /// Paths that could not be looked at, and why.
    pub(crate) unreadable: Vec<(String, String)>,
    /// Files in directories that are not named like manifests.
    pub(crate) other_files: u64,
}

pub(crate) fn expand(targets: &[String], options: &Options<'_>) -> Result<Found, Error> {
    let mut found = Found::default();
    for target in targets {
        if target == "-" {
            found.files.push(File { name: "<stdin>".to_owned(), path: None });
            continue;
        }
        let path = Path::new(target);
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => walk(path, None, options, &mut found),
            Ok(_) if options.rendering.is_some() && render::is_archive(target) => {
                let project = Project {
                    kind: Kind::ChartArchive,
                    name: name_of(path),
                    path: path.to_owned(),
                    head: name_of(path),
                    is_target: true,
                    files: HashSet::new(),
                };
                found.projects.push((found.files.len(), project));
            }
            Ok(_) => found.files.push(file(path.to_owned())),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                if !is_glob(target) {
                    return Err(Error::Missing { path: target.clone() });
                }
                let glob = GlobBuilder::new(target.strip_prefix("./").unwrap_or(target))
                    .literal_separator(true)
                    .build()
                    .map_err(|cause| Error::BadGlob { pattern: target.clone(), cause })?;
                let before = (found.files.len(), found.unreadable.len());
                walk(&glob_base(target), Some(&glob.compile_matcher()), options, &mut found);
                if before == (found.files.len(), found.unreadable.len()) {
                    return Err(Error::NoMatch { pattern: target.clone() });
                }
            }
            Err(cause) => return Err(Error::Io { path: target.clone(), cause }),
        }
    }
    if targets.len() > 1 {
        drop_repeated(&mut found);
    }
    Ok(found)
}

/// Leaves out what several targets name.
fn drop_repeated(found: &mut Found) {
    // A path that can't be resolved is read, and fails, under its own name.
    let resolved = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut seen = HashSet::new();
    let is_first: Vec<bool> = (found.files.iter())
        .map(|file| match &file.path {
            Some(path) => seen.insert(resolved(path)),
            None => seen.insert(PathBuf::from("-")),
        })
        .collect();
    let mut seen = HashSet::new();
    found.projects.retain(|(_, project)| seen.insert(resolved(&project.path)));
    for (before, _) in &mut found.projects {
        *before = is_first[..*before].iter().filter(|first| **first).count();
    }
    let mut is_first = is_first.into_iter();
    found.files.retain(|_| is_first.next().unwrap_or(true));
}

fn is_glob(target: &str) -> bool {
    target.contains(['*', '?', '[', '{'])
}

/// The deepest directory above all that a glob can match.
fn glob_base(pattern: &str) -> PathBuf {
    let fixed: PathBuf = Path::new(pattern)
        .components()
        .take_while(|part| !is_glob(&part.as_os_str().to_string_lossy()))
        .collect();
    if fixed.as_os_str().is_empty() { PathBuf::from(".") } else { fixed }
}

fn file(path: PathBuf) -> File {
    File { name: name_of(&path), path: Some(path) }
}

/// A path as reports name it.
pub(crate) fn name_of(path: &Path) -> String {
    let name = path.to_string_lossy();
    let name = name.strip_prefix("./").unwrap_or(&name);
    if cfg!(windows) { name.replace('\\', "/") } else { name.to_owned() }
}

/// Searches a directory on several threads, hidden folders included but for `.git`.
fn walk(base: &Path, glob: Option<&GlobMatcher>, options: &Options<'_>, found: &mut Found) {
    let respect = options.respect_ignore_files;
    let is_glob = glob.is_some();
    let walker = WalkBuilder::new(base)
        .hidden(false)
        .parents(respect)
        .ignore(false)
        .git_ignore(respect)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .threads(rayon::current_num_threads())
        .filter_entry(|entry| entry.file_name() != ".git")
        .add_custom_ignore_filename(if respect { ".seawallignore" } else { "" })
        .build_parallel();
    let all = Mutex::new(Found::default());
    walker.run(|| {
        // Each thread collects by itself and hands over when it is done.
        let mut own = Share { found: Found::default(), all: &all };
        Box::new(move |entry| {
            own.take(entry, glob);
            WalkState::Continue
        })
    });
    // A poisoned lock means that a visitor panicked, and that panic has been passed on already.
    let mut all = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    all.files.sort_unstable();
    all.unreadable.sort_unstable();
    // A glob names files; what a folder holds is found out.
    if options.rendering.is_some() && !is_glob {
        for project in render::find(base, &all.files, &options.limits) {
            let before = all.files.partition_point(|file| file.name < project.name);
            found.projects.push((found.files.len() + before, project));
        }
        found.projects.sort_by(|(one, a), (other, b)| one.cmp(other).then(a.name.cmp(&b.name)));
    }
    found.files.append(&mut all.files);
    found.unreadable.append(&mut all.unreadable);
    found.other_files += all.other_files;
}

struct Share<'w> {
    found: Found,
    all: &'w Mutex<Found>,
}

impl Share<'_> {
    fn take(&mut self, entry: Result<ignore::DirEntry, ignore::Error>, glob: Option<&GlobMatcher>) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let (path, cause) = explain(&error);
                self.found.unreadable.push((path, cause));
                return;
            }
        };
        if let Some(error) = entry.error() {
            let (_, cause) = explain(error);
            self.found.unreadable.push((entry.path().to_string_lossy().into_owned(), cause));
        }
        let is_file = entry.file_type().is_some_and(|kind| {
            // A link to a file is read; a link to a directory is not followed: it may lead
            // anywhere, and around in circles.
            kind.is_file() || (kind.is_symlink() && entry.path().is_file())
        });
        if !is_file {
            let link = entry.file_type().is_some_and(|kind| kind.is_symlink());
            if link
                && is_manifest_name(entry.path())
                && let Err(error) = entry.path().metadata()
            {
                let path = entry.path().to_string_lossy().into_owned();
                self.found.unreadable.push((path, format!("a link that leads nowhere: {error}")));
            }
            return;
        }
        let path = entry.into_path();
        match glob {
            Some(glob) => {
                if glob.is_match(path.strip_prefix(".").unwrap_or(&path)) {
                    self.found.files.push(file(path));
                }
            }
            None if is_manifest_name(&path) => self.found.files.push(file(path)),
            None => self.found.other_files += 1,
        }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.files.append(&mut self.found.files);
        all.unreadable.append(&mut self.found.unreadable);
        all.other_files += self.found.other_files;
    }
}

/// The path that an error is about, and the error without it.
fn explain(error: &ignore::Error) -> (String, String) {
    match error {
        ignore::Error::WithPath { path, err } => {
            (path.to_string_lossy().into_owned(), err.to_string())
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            explain(err)
        }
        other => ("(search)".to_owned(), other.to_string()),
    }
}

/// Whether a file in a searched directory is named like a manifest, or like a template of one.
pub(crate) fn is_manifest_name(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
    let name = name.as_deref().unwrap_or_default();
    let name = [".tmpl", ".gotmpl", ".tpl", ".j2", ".jinja", ".erb"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(name);
    // One of the three names that kustomize looks for.
    name == "kustomization" || [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_known_by_their_names() {
        for yes in [
            "a.yaml",
            "A.YML",
            "b.json",
            "deploy.yaml.tmpl",
            "x.yml.j2",
            ".hidden.yaml",
            "Kustomization",
        ] {
            assert!(is_manifest_name(Path::new(yes)), "{yes}");
        }
        for no in ["a.txt", "yaml", "_helpers.tpl", "a.yaml.bak", "README.md"] {
            assert!(!is_manifest_name(Path::new(no)), "{no}");
        }
    }

    #[test]
    fn a_glob_is_searched_from_its_fixed_part() {
        assert_eq!(glob_base("deploy/prod/*.yaml"), Path::new("deploy/prod"));
        assert_eq!(glob_base("**/*.yaml"), Path::new("."));
        assert_eq!(glob_base("/etc/*/x"), Path::new("/etc"));
    }
}
