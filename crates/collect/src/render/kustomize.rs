//! Kustomizations, rendered by `kustomize build` or `kubectl kustomize`.
//!
//! Neither plugins nor Helm are enabled, nothing outside a kustomization's folders is loaded, and
//! bases are not fetched (see [`program`](super::program)). A kustomization of our own around the
//! one in question asks for the origin of each object, an annotation that is read and taken out.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use seawall_model::document::{Document, Limits, Node, chunks, read};
use seawall_model::{LineOrigin, Source};

use super::program::{self, Failure};
use super::{Failed, Project, Rendered, Rendering, Texts, fields, normal, relative, shorten};

const MISSING: &str = "neither kustomize nor kubectl is installed: get kubectl from \
                       https://kubernetes.io/docs/tasks/tools or kustomize with a package manager \
                       (`brew install kustomize`, `go install \
                       sigs.k8s.io/kustomize/kustomize/v5@latest`), or render the kustomization \
                       elsewhere and scan the result";

/// What kustomize says of an object's origin, where `buildMetadata` holds `originAnnotations`
/// (`sigs.k8s.io/kustomize/api/resource`, `Origin`).
const ORIGIN: &str = "config.kubernetes.io/origin";

pub(super) fn render(
    project: &Project,
    rendering: &Rendering,
    limits: &Limits,
    scratch: &Path,
) -> Result<Rendered, Failed> {
    let folder = (project.path.canonicalize())
        .map_err(|error| format!("{}: {error}", project.path.display()))?;
    let scratch = scratch.canonicalize().map_err(|error| error.to_string())?;
    let build = Build { rendering, scratch: &scratch };
    let around = around(&folder, &scratch)
        .map_err(|error| format!("no file for a kustomization around it: {error}"))?;
    let (by, output, from) = match build.run(&around) {
        Ok((by, output)) => (by, output, &around),
        // What fails by itself too says so without our own kustomization; what does not is
        // rendered all the same, without origins.
        Err(_) => {
            let (by, output) = build.run(&folder).map_err(|failure| match failure {
                Failure::Missing => MISSING.to_owned(),
                Failure::Broken(why) => format!("kustomize {why}"),
                Failure::Said(said) => explain(&said, project, &folder),
            })?;
            (by, output, &folder)
        }
    };
    let mut files = Originals { project, folder: &folder, limits, read: HashMap::new() };
    let mut texts = Texts::default();
    let whole = Arc::new(Source::new("", output));
    for chunk in chunks(&whole) {
        let text = &whole.text()[chunk.span.start as usize..chunk.span.end as usize];
        let reading = read(&whole, chunk, limits);
        let origin = reading.documents.first().and_then(origin_of);
        let Some(origin) = origin else {
            let text = text.strip_suffix('\n').unwrap_or(text);
            let lines = vec![START; text.split('\n').count()];
            texts.add(join(&project.name, "kustomization.yaml"), text, lines);
            continue;
        };
        let text = without(&whole, text, chunk.span.start, &origin.lines);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let path = normal(&from.join(&origin.path));
        let (file, text, lines) = files.merge(&path, text, &origin);
        texts.add(file, &text, lines);
    }
    let why_empty = |_: &str| "part of a kustomization";
    Ok(Rendered { by, texts, others: Vec::new(), why_empty })
}

const START: LineOrigin = LineOrigin::Near { line: 1, from: 1, to: 1 };

/// Writes a kustomization that adds origins to the objects of another; gives its folder.
fn around(folder: &Path, scratch: &Path) -> std::io::Result<PathBuf> {
    let around = scratch.join("around");
    std::fs::create_dir(&around)?;
    let way = relative(&around, folder).to_string_lossy().replace('\\', "/");
    // A single-quoted scalar of YAML, in which a quote stands twice.
    let way = way.replace('\'', "''");
    let text = format!("buildMetadata: [originAnnotations]\nresources: ['{way}']\n");
    std::fs::write(around.join("kustomization.yaml"), text)?;
    Ok(around)
}

struct Build<'a> {
    rendering: &'a Rendering,
    scratch: &'a Path,
}

impl Build<'_> {
    fn run(&self, folder: &Path) -> Result<(&'static str, String), Failure> {
        let run = |program: &Path, word: &str| {
            let arguments = [OsString::from(word), folder.into()];
            let command = program::command(program, arguments, self.scratch);
            program::run(command, self.rendering.bounds())
        };
        match run(&self.rendering.kustomize, "build") {
            Err(Failure::Missing) => {
                run(&self.rendering.kubectl, "kustomize").map(|text| ("kubectl kustomize", text))
            }
            other => other.map(|text| ("kustomize", text)),
        }
    }
}

fn explain(said: &str, project: &Project, folder: &Path) -> String {
    let said = said.strip_prefix("Error: ").unwrap_or(said).trim_start_matches("error: ");
    let said = shorten(&said.replace(&*folder.to_string_lossy(), &project.name));
    let remote = ["127.0.0.1:9", "git fetch", "transport 'https' not allowed", "git cmd"];
    let hint = if remote.iter().any(|word| said.contains(word)) {
        "; bases are not fetched: render it where they can be and scan the result"
    } else {
        ""
    };
    format!("kustomize: {said}{hint}")
}

/// What an object says of where it came from.
struct Origin {
    /// Relative to the folder that was built.
    path: String,
    /// The generator, where the object was made by one.
    generator: Option<String>,
    /// The lines of the annotation, from 1: the first and the last.
    lines: std::ops::RangeInclusive<u32>,
}

fn origin_of(document: &Document) -> Option<Origin> {
    let annotations = document.root().at_path(&["metadata", "annotations"])?;
    let (key, value) = annotations.entries().find(|(key, _)| key.text() == ORIGIN)?;
    let said = Arc::new(Source::new("", value.text().to_owned()));
    let reading = read(&said, chunks(&said).first().copied()?, &Limits::default());
    let said = reading.documents.first()?.root();
    let path = said.get("path").or_else(|| said.get("configuredIn"))?.text().to_owned();
    let generator = said.at_path(&["configuredBy", "kind"]).map(|kind| kind.text().to_owned());
    let source = document.source();
    let alone = annotations.entries().count() == 1;
    let first = if alone { annotations.key().unwrap_or(key) } else { key };
    let first = source.line_of(first.span().start);
    // A block ends where the next line starts.
    let last = source.line_of(value.span().end.saturating_sub(1));
    Some(Origin { path, generator, lines: first..=last })
}

/// The text of a document without some lines of the source that it stands in.
fn without(
    source: &Source,
    text: &str,
    start: u32,
    lines: &std::ops::RangeInclusive<u32>,
) -> String {
    let offset = |line: u32| {
        let at = source.line_start(line).map_or(text.len(), |at| at.saturating_sub(start) as usize);
        at.min(text.len())
    };
    [&text[..offset(*lines.start())], &text[offset(lines.end() + 1)..]].concat()
}

/// The files that objects come from.
struct Originals<'a> {
    project: &'a Project,
    folder: &'a Path,
    limits: &'a Limits,
    read: HashMap<PathBuf, Vec<Document>>,
}

impl Originals<'_> {
    /// The name of an object's file for people, its text with the comments of that file, and where
    /// its lines stand there.
    fn merge(
        &mut self,
        path: &Path,
        text: &str,
        origin: &Origin,
    ) -> (String, String, Vec<LineOrigin>) {
        let way = relative(self.folder, path).to_string_lossy().replace('\\', "/");
        let name = join(&self.project.name, &way);
        let unknown = |at| (text.to_owned(), vec![at; text.split('\n').count()]);
        let documents = self.read.entry(path.to_owned()).or_insert_with(|| {
            documents(path, self.limits).unwrap_or_else(|cause| {
                tracing::warn!("{name}: no lines of it are known: {cause}");
                Vec::new()
            })
        });
        let merged = if let Some(generator) = &origin.generator {
            unknown(field_of(generator, documents).unwrap_or(START))
        } else {
            let source = Arc::new(Source::new("", text.to_owned()));
            let rendered = chunks(&source).first().map(|&chunk| read(&source, chunk, self.limits));
            let rendered = rendered.and_then(|mut reading| reading.documents.pop());
            rendered
                .as_ref()
                .and_then(|of| Some(fields::merge(of.root(), original(of.root(), documents)?)))
                .unwrap_or_else(|| unknown(START))
        };
        (name, merged.0, merged.1)
    }
}

fn documents(path: &Path, limits: &Limits) -> Result<Vec<Document>, String> {
    let source = Arc::new(Source::new("", crate::read_text(path, limits)?));
    let read = |&chunk: &_| read(&source, chunk, limits).documents;
    Ok(chunks(&source).iter().flat_map(read).collect())
}

/// The object that another was made of: of its kind, with its name or a part of it, for kustomize
/// adds prefixes and suffixes.
fn original<'d>(rendered: Node<'_>, documents: &'d [Document]) -> Option<Node<'d>> {
    let items = |document: &'d Document| {
        let items = document.root().get("items");
        items.map_or_else(|| vec![document.root()], |items| items.items().collect())
    };
    let kind = rendered.get("kind")?.text();
    let name = name_of(rendered)?;
    let of_kind: Vec<Node<'d>> = (documents.iter().flat_map(items))
        .filter(|node| node.get("kind").is_some_and(|other| other.text() == kind))
        .collect();
    let only = |fits: &dyn Fn(&str) -> bool| {
        let mut found = of_kind.iter().filter(|node| name_of(**node).is_some_and(fits));
        found.next().filter(|_| found.next().is_none()).copied()
    };
    only(&|other| other == name).or_else(|| only(&|other| name.contains(other)))
}

fn name_of(object: Node<'_>) -> Option<&str> {
    object.at_path(&["metadata", "name"])?.as_str()
}

/// The field of a kustomization that a builtin generator is configured in: `configMapGenerator` for
/// `ConfigMapGenerator`.
fn field_of(generator: &str, documents: &[Document]) -> Option<LineOrigin> {
    let field = documents
        .first()?
        .root()
        .entries()
        .find(|(key, _)| key.text().eq_ignore_ascii_case(generator))?;
    Some(fields::near(field.0))
}

fn join(folder: &str, path: &str) -> String {
    normal(&Path::new(folder).join(path)).to_string_lossy().replace('\\', "/")
}
