//! Charts, rendered by `helm template`.
//!
//! `helm template` runs no code of the chart and asks no cluster (`lookup` gives nothing), and
//! without `--dependency-update` it fetches nothing: a chart whose dependencies are not in its
//! folder `charts` is not rendered, and Helm says so. Its output names the template of each
//! document (`# Source: shop/templates/web.yaml`).

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use ignore::WalkBuilder;
use seawall_model::document::{Limits, chunks};
use seawall_model::{LineOrigin, Source};

use super::archive::{self, Files};
use super::program::{self, Failure};
use super::skeleton::Template;
use super::{Failed, Kind, Project, Rendered, Rendering, Texts, shorten};

const MISSING: &str = "helm is not installed: get it from https://get.helm.sh or with a package \
                       manager (`brew install helm`, `winget install Helm.Helm`), or render the \
                       chart elsewhere and scan the result";

pub(super) fn render(
    project: &Project,
    rendering: &Rendering,
    limits: &Limits,
    scratch: &Path,
) -> Result<Rendered, Failed> {
    let path = (project.path.canonicalize())
        .map_err(|error| format!("{}: {error}", project.path.display()))?;
    if !project.is_target {
        stays_inside(&path)?;
    }
    let command = program::command(&rendering.helm, arguments(&path, rendering), scratch);
    let output = program::run(command, rendering.bounds()).map_err(|failure| match failure {
        Failure::Missing => MISSING.to_owned().into(),
        Failure::Broken(why) => format!("helm {why}").into(),
        Failure::Said(said) => explain(&said, project, &path),
    });
    let output = match output {
        // It is there to be used by other charts.
        Err(failed) if failed.cause.contains("library charts are not installable") => String::new(),
        output => output?,
    };
    let mut chart = Chart { project, path: &path, packed: packed(project, &path), limits };
    let mut texts = Texts::default();
    let mut templates: HashMap<String, (String, Option<Template>)> = HashMap::new();
    let mut last = String::new();
    let whole = Source::new("", output);
    for chunk in chunks(&whole) {
        let document = &whole.text()[chunk.span.start as usize..chunk.span.end as usize];
        let document = document.strip_suffix('\n').unwrap_or(document);
        let (made_of, document) = split_head(document);
        if let Some(made_of) = made_of {
            made_of.clone_into(&mut last);
        }
        let (name, template) =
            templates.entry(last.clone()).or_insert_with(|| chart.template(&last));
        let origins = match template {
            Some(template) => template.origins(document),
            None => {
                let start = LineOrigin::Near { line: 1, from: 1, to: 1 };
                vec![start; document.split('\n').count()]
            }
        };
        texts.add(name.clone(), document, origins);
    }
    let others = chart.packed_templates();
    Ok(Rendered { by: "helm", texts, others, why_empty })
}

fn arguments(chart: &Path, rendering: &Rendering) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        vec!["template".into(), rendering.release.clone().into(), chart.into()];
    arguments.push("--include-crds".into());
    let mut option = |name: &str, value: &std::ffi::OsStr| {
        let mut argument = OsString::from(name);
        argument.push(value);
        arguments.push(argument);
    };
    for values in &rendering.values {
        option("--values=", values.as_os_str());
    }
    for set in &rendering.set {
        option("--set=", set.as_ref());
    }
    if let Some(namespace) = &rendering.namespace {
        option("--namespace=", namespace.as_ref());
    }
    if let Some(version) = &rendering.kubernetes_version {
        option("--kube-version=", version.as_ref());
    }
    arguments
}

/// What is said of a file of a chart that gave no object.
fn why_empty(file: &str) -> &'static str {
    let is_template = Path::new(file).components().any(|part| part.as_os_str() == "templates");
    if is_template { "a template that gives nothing with these values" } else { "part of a chart" }
}

/// Takes `# Source: shop/templates/web.yaml` off a document; gives `templates/web.yaml`.
fn split_head(document: &str) -> (Option<&str>, &str) {
    let Some(rest) = document.strip_prefix("# Source: ") else { return (None, document) };
    let (head, rest) = rest.split_once('\n').unwrap_or((rest, ""));
    let head = head.trim_end();
    (Some(head.split_once('/').map_or(head, |(_, path)| path)), rest)
}

/// Refuses a chart with links out of it: Helm follows them, and reads all that they lead to.
fn stays_inside(chart: &Path) -> Result<(), Failed> {
    let walk = WalkBuilder::new(chart).standard_filters(false).build();
    for entry in walk {
        let entry = entry.map_err(|error| error.to_string())?;
        if !entry.path_is_symlink() {
            continue;
        }
        let inside = entry.path().canonicalize().is_ok_and(|to| to.starts_with(chart));
        if !inside {
            let path = entry.path().strip_prefix(chart).unwrap_or(entry.path()).display();
            return Err(format!(
                "{path} is a link out of the chart; to follow it, name the chart as a target"
            )
            .into());
        }
    }
    Ok(())
}

fn packed(project: &Project, path: &Path) -> Files {
    let files = match project.kind {
        Kind::ChartArchive => archive::files(path),
        _ => archive::packed_below(path),
    };
    files.unwrap_or_else(|error| {
        // Helm has read it, so only the lines are lost.
        tracing::warn!("{}: a packed chart can't be unpacked: {error}", project.name);
        Files::new()
    })
}

/// The files of a chart.
struct Chart<'a> {
    project: &'a Project,
    path: &'a Path,
    packed: Files,
    limits: &'a Limits,
}

impl Chart<'_> {
    /// The name of a template for people, and its lines; `None` where it can't be found or read.
    fn template(&mut self, path: &str) -> (String, Option<Template>) {
        let name = |path: &str| join(&self.project.name, path);
        if let Some((at, text)) = self.packed.get(path) {
            return (name(at), Some(Template::new(text)));
        }
        let file = self.path.join(path);
        if self.project.kind == Kind::ChartArchive || !file.is_file() {
            return (name(path), None);
        }
        match crate::read_text(&file, self.limits) {
            Ok(text) => (name(path), Some(Template::new(&text))),
            Err(cause) => {
                tracing::warn!("{}: no lines of it are known: {cause}", name(path));
                (name(path), None)
            }
        }
    }

    /// The templates that are packed, and so are no files of the project.
    fn packed_templates(&self) -> Vec<String> {
        let is_template = |path: &&String| {
            let file = path.rsplit('/').next().unwrap_or_default();
            path.contains("templates/")
                && !file.starts_with('_')
                && crate::targets::is_manifest_name(Path::new(file))
        };
        let paths = self.packed.values().map(|(path, _)| path);
        paths.filter(is_template).map(|path| join(&self.project.name, path)).collect()
    }
}

fn join(chart: &str, path: &str) -> String {
    if chart == "." { path.to_owned() } else { format!("{}/{path}", chart.trim_end_matches('/')) }
}

/// Helm's message with the place that it speaks of: `template: shop/templates/web.yaml:7:20: …`,
/// `parse error at (shop/templates/web.yaml:3): …` or `YAML parse error on
/// shop/templates/web.yaml: … line 5: …`, where the line is one of the rendered text and so is
/// left in the message.
fn explain(said: &str, project: &Project, path: &Path) -> Failed {
    let said = said.rfind("Error: ").map_or(said, |at| &said[at + "Error: ".len()..]);
    let said = said.split("\n\nUse --debug flag").next().unwrap_or(said);
    let cause = shorten(&said.replace(&*path.to_string_lossy(), &project.name));
    let at = place(said).map(|(path, line, column)| (join(&project.name, path), line, column));
    Failed { cause: format!("helm: {cause}"), at }
}

fn place(said: &str) -> Option<(&str, u32, u32)> {
    let at = said.find("/templates/")?;
    let start = said[..at].rfind([' ', '(', '"', '\n']).map_or(0, |at| at + 1);
    let end = said[at..].find([':', ' ', ')', '"', '\n']).map_or(said.len(), |end| at + end);
    let (_, path) = said[start..end].split_once('/')?;
    let mut numbers = said[end..].split([':', ')', ' ']).skip(1).map(str::parse);
    let line = numbers.next().and_then(Result::ok).unwrap_or(0);
    let column = if line == 0 { 0 } else { numbers.next().and_then(Result::ok).unwrap_or(0) };
    Some((path, line, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_place_that_helm_speaks_of() {
        for (said, expected) in [
            (
                "template: shop/templates/web.yaml:7:20: executing \"x\"",
                Some(("templates/web.yaml", 7, 20)),
            ),
            (
                "parse error at (shop/templates/web.yaml:3): unclosed action",
                Some(("templates/web.yaml", 3, 0)),
            ),
            (
                "execution error at (shop/charts/db/templates/a.yaml:1:4): no password",
                Some(("charts/db/templates/a.yaml", 1, 4)),
            ),
            (
                "YAML parse error on shop/templates/web.yaml: error converting YAML to JSON",
                Some(("templates/web.yaml", 0, 0)),
            ),
            ("Chart.yaml file is missing", None),
        ] {
            assert_eq!(place(said), expected, "{said}");
        }
    }

    #[test]
    fn takes_the_template_from_a_document() {
        let document = "# Source: shop/charts/db/templates/a.yaml\nkind: A";
        assert_eq!(split_head(document), (Some("charts/db/templates/a.yaml"), "kind: A"));
        assert_eq!(split_head("kind: A"), (None, "kind: A"));
    }
}
