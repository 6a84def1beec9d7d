//! What would be applied of a Helm chart or a kustomization?
//!
//! Both are rendered by their own programs, within bounds (see [`program`]), and what they give is
//! read like any manifest, under the names and lines of the files that it was made of: that is
//! where people put it right.

mod archive;
mod fields;
mod helm;
mod kustomize;
mod program;
mod projects;
mod skeleton;

use std::collections::{BTreeMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use seawall_model::document::Limits;
use seawall_model::{LineOrigin, Part, PartOutcome, Source};

use crate::read::{self, Piece, Unrendered};

pub(crate) use archive::is_archive;
pub(crate) use projects::find;

/// How charts and kustomizations are rendered.
#[derive(Clone, Debug)]
pub struct Rendering {
    /// Helm's program: a path, or a name to be found in `PATH`.
    pub helm: PathBuf,
    /// Kustomize's program; where there is none, `kubectl`'s own is used.
    pub kustomize: PathBuf,
    /// The program that has `kubectl kustomize`.
    pub kubectl: PathBuf,
    /// Files of values for charts, the last first in rank.
    pub values: Vec<PathBuf>,
    /// Values for charts, as `key=value`.
    pub set: Vec<String>,
    /// The name of the release.
    pub release: String,
    /// The namespace of the release.
    pub namespace: Option<String>,
    /// The Kubernetes version that charts see, such as `1.30`.
    pub kubernetes_version: Option<String>,
    /// How long one program may run.
    pub timeout: Duration,
    /// Most bytes that one program may write.
    pub output_bytes: u64,
}

impl Default for Rendering {
    /// Programs in `PATH`, no values, the name that `helm template` gives by itself; a minute and
    /// 256 MiB.
    fn default() -> Self {
        Rendering {
            helm: "helm".into(),
            kustomize: "kustomize".into(),
            kubectl: "kubectl".into(),
            values: Vec::new(),
            set: Vec::new(),
            release: "release-name".to_owned(),
            namespace: None,
            kubernetes_version: None,
            timeout: Duration::from_mins(1),
            output_bytes: 256 << 20,
        }
    }
}

impl Rendering {
    fn bounds(&self) -> program::Bounds {
        program::Bounds { time: self.timeout, bytes: self.output_bytes }
    }
}

/// What is rendered as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    pub(crate) kind: Kind,
    /// The folder or archive, as the user knows it.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// The file that makes it a project, as the user knows it; an archive is that by itself.
    pub(crate) head: String,
    /// Whether the user named it, rather than a folder above it.
    pub(crate) is_target: bool,
    /// The names of the files that it is made of; they are not read by themselves.
    pub(crate) files: HashSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Chart,
    ChartArchive,
    Kustomization,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Kind::Chart | Kind::ChartArchive => "Helm chart",
            Kind::Kustomization => "kustomization",
        }
    }
}

/// Why a project was not rendered.
#[derive(Debug, PartialEq, Eq)]
struct Failed {
    cause: String,
    /// The file at fault, its line and its column, where the program said so; 0 for unknown ones.
    at: Option<(String, u32, u32)>,
}

impl From<String> for Failed {
    fn from(cause: String) -> Self {
        Failed { cause, at: None }
    }
}

/// What a program made of a project.
struct Rendered {
    /// The program's name.
    by: &'static str,
    texts: Texts,
    /// Files that could have given objects and did not, beside those of [`Project::files`].
    others: Vec<String>,
    /// What is said of a file that gave nothing.
    why_empty: fn(&str) -> &'static str,
}

/// What was rendered, by the file that it was made of.
#[derive(Default)]
struct Texts(BTreeMap<String, (String, Vec<LineOrigin>)>);

impl Texts {
    /// Adds a document of a file; one origin a line.
    fn add(&mut self, file: String, document: &str, origins: Vec<LineOrigin>) {
        let (text, all) = self.0.entry(file).or_default();
        if !text.is_empty() {
            text.push_str("---\n");
            all.push(LineOrigin::Near { line: 1, from: 1, to: 1 });
        }
        text.push_str(document);
        text.push('\n');
        all.extend(origins);
    }
}

/// Renders a project and reads what came of it. Where that fails, its files are to be read as they
/// stand.
///
/// # Errors
///
/// With what to note of the project.
pub(crate) fn render(
    project: &Project,
    rendering: &Rendering,
    limits: &Limits,
) -> Result<Vec<Piece>, Part> {
    let scratch = tempfile::Builder::new().prefix("seawall-").tempdir();
    let rendered = match scratch {
        Err(error) => Err(format!("no folder for temporary files: {error}").into()),
        Ok(scratch) => match project.kind {
            Kind::Kustomization => kustomize::render(project, rendering, limits, scratch.path()),
            _ => helm::render(project, rendering, limits, scratch.path()),
        },
    };
    let rendered = rendered.map_err(|failed| {
        let cause = format!("the {} can't be rendered: {}", project.kind.noun(), failed.cause);
        let (file, line, column) = failed.at.unwrap_or_else(|| (project.head.clone(), 0, 0));
        let outcome = PartOutcome::Unreadable { cause, column };
        Part { file: file.into(), document: 0, line, outcome }
    })?;
    Ok(pieces(project, rendered, limits))
}

fn pieces(project: &Project, rendered: Rendered, limits: &Limits) -> Vec<Piece> {
    let Rendered { by, texts: Texts(texts), others, why_empty } = rendered;
    let nothing = |file: &str, why: String| {
        let outcome = PartOutcome::NotKubernetes { why };
        Piece::Part(Part { file: file.into(), document: 0, line: 0, outcome })
    };
    let mut empty: Vec<&String> = project.files.iter().chain(&others).collect();
    empty.retain(|file| !texts.contains_key(*file) && **file != project.head);
    let mut parts: Vec<(String, Vec<Piece>)> = empty
        .into_iter()
        .map(|file| (file.clone(), vec![nothing(file, why_empty(file).to_owned())]))
        .collect();
    let mut objects = 0;
    for (file, (text, origins)) in texts {
        let source = Arc::new(Source::rendered(file.as_str(), text, origins));
        let pieces = read::source(&source, limits, Unrendered::Impossible);
        objects += pieces.iter().map(objects_of).sum::<u32>();
        parts.push((file, pieces));
    }
    parts.sort_by(|(one, _), (other, _)| one.cmp(other));
    let s = if objects == 1 { "" } else { "s" };
    let why = format!("a {}: {by} rendered {objects} object{s} from it", project.kind.noun());
    let whole = nothing(&project.head, why);
    std::iter::once(whole).chain(parts.into_iter().flat_map(|(_, pieces)| pieces)).collect()
}

fn objects_of(piece: &Piece) -> u32 {
    let Piece::Entry(entry) = piece else { return 0 };
    entry.parts().iter().fold(0, |sum, part| match part.outcome {
        PartOutcome::Scanned { objects } => sum + objects,
        _ => sum,
    })
}

/// What a program said, in one line and not too long.
fn shorten(said: &str) -> String {
    const MOST: usize = 1000;
    let mut line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.len() > MOST {
        line.truncate(line.floor_char_boundary(MOST));
        line.push('…');
    }
    line
}

/// A path with `.` and `..` worked out, as far as they can be without looking at the disk.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match normal.components().next_back() {
                Some(Component::Normal(_)) => {
                    normal.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => normal.push(".."),
            },
            part => normal.push(part),
        }
    }
    normal
}

/// The way from one folder to a path; both absolute.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_worked_out() {
        assert_eq!(normal(Path::new("a/./b/../../../c")), Path::new("../c"));
        assert_eq!(normal(Path::new("/a/../../b")), Path::new("/b"));
        assert_eq!(relative(Path::new("/a/b"), Path::new("/a/c/d")), Path::new("../c/d"));
        assert_eq!(relative(Path::new("/a"), Path::new("/a/b")), Path::new("b"));
    }
}
