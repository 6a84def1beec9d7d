//! A file of another tool: what it suppresses, and what else it says that Seawall can be told.

use std::sync::Arc;

use globset::GlobBuilder;
use regex::Regex;
use seawall_model::document::{Limits, Node, chunks, read};
use seawall_model::{Location, Object, Peer, Severity, Source, Span};
use time::Date;

use super::{checkov, covered_rules, kube_linter, kubeaudit, kubescape, polaris, trivy};
use crate::decision::Pattern;
use crate::exception::Field;

/// A file of another tool.
#[derive(Debug)]
pub struct PeerFile {
    pub(crate) peer: Peer,
    /// What it suppresses.
    pub(crate) rules: Vec<Rule>,
    /// The rules that it switches off, with where it does.
    pub(crate) off: Vec<(String, Location)>,
    /// What it sets.
    pub(crate) settings: Vec<(Setting, Location)>,
    /// Suppressions that can't be honoured, and why.
    pub(crate) refused: Vec<(Location, String)>,
    /// What else can't be carried over, and why.
    pub(crate) left: Vec<(Location, String)>,
}

/// A suppression in a file.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// The tool's ids; `None` for all.
    pub(crate) ids: Option<Vec<String>>,
    pub(crate) bounds: Vec<(Field, Pattern)>,
    /// Labels or annotations that the object must have.
    pub(crate) labels: Vec<(String, Regex)>,
    pub(crate) reason: String,
    pub(crate) expires: Option<Date>,
    pub(crate) location: Location,
    pub(crate) what: String,
}

impl Rule {
    /// Whether an object has the labels.
    pub(super) fn chooses(&self, object: Object<'_>) -> bool {
        ["labels", "annotations"].iter().any(|list| {
            let list = object.metadata().and_then(|metadata| metadata.get(list));
            self.labels.iter().all(|(key, value)| {
                list.and_then(|list| list.get(key)).is_some_and(|has| value.is_match(has.text()))
            })
        })
    }
}

/// One setting of `seawall.yaml` that a file gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    FailOn(Severity),
    KubernetesVersion(String),
    AllowedRegistry(String),
    ForbiddenRegistry(String),
    RequiredImage(String),
    MaxCpu(String),
    MaxMemory(String),
}

/// Why a file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PeerFileError {
    /// It is no YAML and no JSON.
    #[error("{name}:{line}: {cause}")]
    Unreadable {
        /// The file.
        name: String,
        /// Where.
        line: u32,
        /// What is wrong.
        cause: String,
    },
    /// It is of no tool that is known.
    #[error(
        "{name}: no file of another tool that is known: there are .trivyignore, \
         .trivyignore.yaml, trivy.yaml, exceptions and control inputs of kubescape, and the \
         configurations of kubeaudit, kube-linter, checkov and polaris"
    )]
    Unknown {
        /// The file.
        name: String,
    },
}

/// What a file of another tool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Kubeaudit,
    KubeLinter,
    Checkov,
    Polaris,
    TrivyIgnore,
    TrivyConfig,
    KubescapeExceptions,
    KubescapeInputs,
}

impl Form {
    fn peer(self) -> Peer {
        match self {
            Form::Kubeaudit => Peer::Kubeaudit,
            Form::KubeLinter => Peer::KubeLinter,
            Form::Checkov => Peer::Checkov,
            Form::Polaris => Peer::Polaris,
            Form::TrivyIgnore | Form::TrivyConfig => Peer::Trivy,
            Form::KubescapeExceptions | Form::KubescapeInputs => Peer::Kubescape,
        }
    }

    /// By the name that the tool looks for, and else by what only its files say.
    fn of(name: &str, root: Node<'_>) -> Option<Form> {
        let base = name.rsplit('/').next().unwrap_or(name);
        Some(match base {
            ".kube-linter.yaml" | ".kube-linter.yml" => Form::KubeLinter,
            ".checkov.yaml" | ".checkov.yml" => Form::Checkov,
            ".trivyignore.yaml" | ".trivyignore.yml" => Form::TrivyIgnore,
            "trivy.yaml" | "trivy.yml" => Form::TrivyConfig,
            _ if root.get("apiVersion").is_some() => return None,
            _ if kubescape::is_exceptions(root) => Form::KubescapeExceptions,
            _ if kubeaudit::is_config(root) => Form::Kubeaudit,
            _ if polaris::is_config(root) => Form::Polaris,
            _ if kubescape::is_inputs(root) => Form::KubescapeInputs,
            _ if trivy::is_ignore_yaml(root) => Form::TrivyIgnore,
            _ if kube_linter::is_config(root) => Form::KubeLinter,
            _ if checkov::is_config(root) => Form::Checkov,
            _ if trivy::is_config(root) => Form::TrivyConfig,
            _ => return None,
        })
    }
}

impl PeerFile {
    /// Whether what was read is a file of another tool; `name` is its path.
    pub fn recognises(name: &str, root: Node<'_>) -> bool {
        Form::of(name, root).is_some()
    }

    /// Reads the text of a file; `name` is its path with `/`. `folder` is the folder, with `/` at
    /// its end, that the paths in a `.trivyignore` start from and that it holds for; empty where
    /// it holds for everything.
    ///
    /// # Errors
    ///
    /// Where it can't be read, or is of no tool that is known.
    pub fn parse(name: &str, folder: &str, text: String) -> Result<PeerFile, PeerFileError> {
        let source = Arc::new(Source::new(name, text));
        let base = name.rsplit('/').next().unwrap_or(name);
        if base.ends_with(".trivyignore") {
            let mut draft = Draft::new(Peer::Trivy, Arc::clone(&source));
            trivy::ignore_lines(&source, folder, &mut draft);
            return Ok(draft.finish());
        }
        let mut draft: Option<Draft> = None;
        for chunk in chunks(&source) {
            let reading = read(&source, chunk, &Limits::default());
            for document in &reading.documents {
                let root = document.root();
                let Some(form) = Form::of(name, root) else { continue };
                let draft =
                    draft.get_or_insert_with(|| Draft::new(form.peer(), Arc::clone(&source)));
                match form {
                    Form::Kubeaudit => kubeaudit::config(root, draft),
                    Form::KubeLinter => kube_linter::config(root, draft),
                    Form::Checkov => checkov::config(root, draft),
                    Form::Polaris => polaris::config(root, draft),
                    Form::TrivyIgnore => trivy::ignore_yaml(root, folder, draft),
                    Form::TrivyConfig => trivy::config(root, draft),
                    Form::KubescapeExceptions => kubescape::exceptions(root, draft),
                    Form::KubescapeInputs => kubescape::inputs(root, draft),
                }
            }
            if let Some(error) = reading.error {
                let line = source.position(error.offset).line;
                return Err(PeerFileError::Unreadable {
                    name: name.to_owned(),
                    line,
                    cause: error.cause,
                });
            }
        }
        draft.map(Draft::finish).ok_or_else(|| PeerFileError::Unknown { name: name.to_owned() })
    }
}

/// A file that is being read.
pub(super) struct Draft {
    peer: Peer,
    source: Arc<Source>,
    pub(super) rules: Vec<Rule>,
    off: Vec<(String, Location)>,
    settings: Vec<(Setting, Location)>,
    refused: Vec<(Location, String)>,
    left: Vec<(Location, String)>,
}

impl Draft {
    fn new(peer: Peer, source: Arc<Source>) -> Self {
        Draft {
            peer,
            source,
            rules: Vec::new(),
            off: Vec::new(),
            settings: Vec::new(),
            refused: Vec::new(),
            left: Vec::new(),
        }
    }

    pub(super) fn name(&self) -> &str {
        self.source.name()
    }

    pub(super) fn location(&self, span: Span) -> Location {
        Location { source: Arc::clone(&self.source), span }
    }

    /// Switches rules off.
    pub(super) fn off_each<'n>(&mut self, ids: impl Iterator<Item = (Node<'n>, &'n str)>) {
        self.off.extend(ids.map(|(node, id)| (id.to_owned(), node.location())));
    }

    /// Switches off what a glob matches of the rules that are covered.
    pub(super) fn off_matching(&mut self, node: Node<'_>, glob: &str) {
        let matcher = match GlobBuilder::new(glob).case_insensitive(true).build() {
            Ok(glob) => glob.compile_matcher(),
            Err(error) => return self.leave(node, &error.to_string()),
        };
        let ids = covered_rules(self.peer).into_iter().filter(|id| matcher.is_match(id));
        self.off.extend(ids.map(|id| (id.to_owned(), node.location())));
    }

    pub(super) fn set(&mut self, node: Node<'_>, setting: Setting) {
        self.settings.push((setting, node.location()));
    }

    /// Says that a suppression does not hold.
    pub(super) fn refuse(&mut self, node: Node<'_>, why: &str) {
        self.refused.push((node.location(), why.to_owned()));
    }

    pub(super) fn refuse_at(&mut self, span: Span, why: &str) {
        self.refused.push((self.location(span), why.to_owned()));
    }

    /// Says that something can't be carried over.
    pub(super) fn leave(&mut self, node: Node<'_>, why: &str) {
        self.left.push((node.location(), why.to_owned()));
    }

    pub(super) fn leave_at(&mut self, span: Span, why: &str) {
        self.left.push((self.location(span), why.to_owned()));
    }

    fn finish(self) -> PeerFile {
        let Draft { peer, rules, off, settings, refused, left, .. } = self;
        PeerFile { peer, rules, off, settings, refused, left }
    }
}
