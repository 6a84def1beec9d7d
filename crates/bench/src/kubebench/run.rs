//! A run: which controls, with which variables, and what each check came to (`cmd/common.go`,
//! `cmd/root.go` and `cmd/run.go` of kube-bench).

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Error;
use super::benchmark::{Choice, choose};
use super::check::{self, Judged, State};
use super::config::{Component, Config, read_text};
use super::controls::{Check, Controls};
use super::programs::Programs;
use super::shell::Shell;
use crate::Host;

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory with `config.yaml` and a directory for each benchmark.
    pub directory: PathBuf,
    /// Another file than the directory's `config.yaml`.
    pub config: Option<PathBuf>,
    /// Which benchmark.
    pub choice: Choice,
    /// Which of its controls.
    pub targets: Targets,
    /// Which of their checks.
    pub filter: Filter,
}

/// Which controls of a benchmark to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Those for what runs on the node, as `kube-bench` without a command does.
    Present,
    /// All, as `kube-bench run` does.
    All,
    /// Those named, as `kube-bench run --targets` does.
    Named(Vec<String>),
}

/// Which checks to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Numbers of checks; all where empty.
    pub checks: Vec<String>,
    /// Numbers of groups; all where empty.
    pub groups: Vec<String>,
    /// Numbers of checks and groups that are skipped.
    pub skip: Vec<String>,
    /// Whether scored checks run.
    pub scored: bool,
    /// Whether unscored checks run.
    pub unscored: bool,
}

impl Default for Filter {
    /// All checks.
    fn default() -> Self {
        Filter {
            checks: Vec::new(),
            groups: Vec::new(),
            skip: Vec::new(),
            scored: true,
            unscored: true,
        }
    }
}

/// The results of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The benchmark's name.
    pub benchmark: String,
    /// By controls, in the order of their numbers.
    pub controls: Vec<ControlsResult>,
    /// What the configuration says of the AWS account that findings are for.
    pub aws: Aws,
}

/// The settings for findings in the AWS Security Finding Format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aws {
    /// `AWS_ACCOUNT`.
    pub account: Option<String>,
    /// `AWS_REGION`.
    pub region: Option<String>,
    /// `CLUSTER_ARN`.
    pub cluster: Option<String>,
}

/// The results of one controls file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlsResult {
    /// Its number.
    pub id: String,
    /// The benchmark that the file names.
    pub version: String,
    /// The version that was detected, or `none`.
    pub detected_version: String,
    /// Its title.
    pub text: String,
    /// The kind of node.
    pub node_type: String,
    /// By group.
    pub groups: Vec<GroupResult>,
}

/// The results of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupResult {
    /// Its number.
    pub id: String,
    /// Its title.
    pub text: String,
    /// By check.
    pub checks: Vec<CheckResult>,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// The check as it ran.
    pub check: Check,
    /// What it came to.
    pub judged: Judged,
}

/// How many checks came to each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each counts the verdict of that name")]
pub struct Summary {
    pub pass: u32,
    pub fail: u32,
    pub warn: u32,
    pub info: u32,
}

impl Summary {
    /// Counts results.
    pub fn of<'a>(results: impl IntoIterator<Item = &'a CheckResult>) -> Self {
        let mut summary = Summary::default();
        for result in results {
            *match result.judged.state {
                State::Pass => &mut summary.pass,
                State::Fail => &mut summary.fail,
                State::Warn => &mut summary.warn,
                State::Info => &mut summary.info,
            } += 1;
        }
        summary
    }
}

impl Run {
    /// All results.
    pub fn results(&self) -> impl Iterator<Item = &CheckResult> {
        self.controls.iter().flat_map(ControlsResult::results)
    }
}

impl ControlsResult {
    /// All results.
    pub fn results(&self) -> impl Iterator<Item = &CheckResult> {
        self.groups.iter().flat_map(|group| &group.checks)
    }
}

/// Runs a configuration on a node.
///
/// # Errors
///
/// Where the configuration can't be read or names nothing to run, and where files or processes of
/// the node can't be looked for.
pub fn run(options: &Options, host: &Host, shell: &mut Shell) -> Result<Run, Error> {
    let file = options.config.clone().unwrap_or_else(|| options.directory.join("config.yaml"));
    let config = Config::read(&file)?
        .ok_or_else(|| Error::Missing(format!("there is no {}", file.display())))?;
    let (benchmark, detected) = choose(&config, &options.choice)?;
    let folder = options.directory.join(&benchmark);
    if !folder.is_dir() {
        return Err(Error::Missing(format!("there is no directory {}", folder.display())));
    }
    let programs = Programs::read(host)?;
    let mut session = Session { config, folder, benchmark, merged: false, host, programs };
    let files = match &options.targets {
        Targets::Present => session.present()?,
        Targets::All => {
            session.merge()?;
            controls_files(&session.folder)?
        }
        Targets::Named(names) => {
            session.merge()?;
            session.named(names)?
        }
    };
    let mut controls = Vec::new();
    for file in files {
        controls.push(session.run(&file, &detected, &options.filter, shell)?);
    }
    // What is no number counts as nought.
    controls.sort_by_key(|controls| controls.id.parse::<i64>().unwrap_or(0));
    let setting = |name: &str| session.config.setting(name).map(str::to_owned);
    let aws = Aws {
        account: setting("AWS_ACCOUNT"),
        region: setting("AWS_REGION"),
        cluster: setting("CLUSTER_ARN"),
    };
    Ok(Run { benchmark: session.benchmark, controls, aws })
}

struct Session<'a> {
    config: Config,
    folder: PathBuf,
    benchmark: String,
    merged: bool,
    host: &'a Host,
    programs: Programs,
}

impl Session<'_> {
    /// Merges the benchmark's own configuration, once.
    fn merge(&mut self) -> Result<(), Error> {
        if !self.merged {
            self.merged = true;
            if let Some(own) = Config::read(&self.folder.join("config.yaml"))? {
                self.config.merge(own);
            }
        }
        Ok(())
    }

    /// The controls for what runs here. kube-bench merges a benchmark's own configuration with the
    /// first controls that it reads, and looks for a control plane before.
    fn present(&mut self) -> Result<Vec<PathBuf>, Error> {
        let targets = self.targets()?;
        let has = |name: &str| targets.iter().any(|target| target == name);
        let mut names = Vec::new();
        if self.runs("master")? {
            names.push("master");
            self.merge()?;
            if has("controlplane") {
                names.push("controlplane");
            }
        }
        if has("etcd") && self.runs("etcd")? {
            names.push("etcd");
        }
        self.merge()?;
        names.push("node");
        names.extend(["policies", "managedservices"].into_iter().filter(|name| has(name)));
        self.files(&names)
    }

    fn named(&self, names: &[String]) -> Result<Vec<PathBuf>, Error> {
        let targets = self.targets()?;
        if let Some(unknown) = names.iter().find(|name| !targets.contains(name)) {
            return Err(Error::Missing(format!(
                "the target {unknown} is not configured for the benchmark {}; there are {}",
                self.benchmark,
                targets.join(", ")
            )));
        }
        let names: Vec<String> =
            names.iter().map(|name| name.to_lowercase().replace("worker", "node")).collect();
        self.files(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn files(&self, names: &[&str]) -> Result<Vec<PathBuf>, Error> {
        let files = names.iter().map(|name| {
            let file = self.folder.join(format!("{name}.yaml"));
            match file.is_file() {
                true => Ok(file),
                false => Err(Error::Missing(format!(
                    "the benchmark {} has no controls for {name}: there is no {}",
                    self.benchmark,
                    file.display()
                ))),
            }
        });
        files.collect()
    }

    /// The kinds of nodes that the benchmark has controls for, in lower case.
    fn targets(&self) -> Result<Vec<String>, Error> {
        if !self.config.has("target_mapping") {
            return Err(Error::Missing(
                "config file is missing 'target_mapping' section".to_owned(),
            ));
        }
        let targets = self.config.targets_of(&self.benchmark).ok_or_else(|| {
            Error::Missing(format!("no targets configured for {}", self.benchmark))
        })?;
        Ok(targets.into_iter().map(str::to_lowercase).collect())
    }

    /// Whether a node's components run here: all that are not optional.
    fn runs(&self, node_type: &str) -> Result<bool, Error> {
        let Some(components) = self.config.components(node_type) else { return Ok(false) };
        Ok(self.running(&components)?.is_some_and(|running| !running.is_empty()))
    }

    /// For each component that has programs, the one that runs, or the component's name where none
    /// does; none where one does not run that must.
    fn running(
        &self,
        components: &[Component<'_>],
    ) -> Result<Option<Vec<(String, String)>>, Error> {
        let mut running = Vec::new();
        for component in components {
            let candidates = component.list("bins");
            if candidates.is_empty() {
                continue;
            }
            let mut found = None;
            for candidate in candidates {
                if self.programs.runs(candidate)? {
                    found = Some(candidate);
                    break;
                }
            }
            if found.is_none() && !component.is_optional() {
                return Ok(None);
            }
            let program = found.unwrap_or(component.name);
            running.push((component.name.to_owned(), program.to_owned()));
        }
        Ok(Some(running))
    }

    /// For each component, the first of its files that is there, or its default.
    fn existing(
        &self,
        components: &[Component<'_>],
        (list, default): (&str, &str),
    ) -> Result<Vec<(String, String)>, Error> {
        let mut files = Vec::new();
        for component in components {
            let mut found = None;
            for candidate in component.list(list) {
                if self.host.metadata(candidate)?.is_some() {
                    found = Some(candidate);
                    break;
                }
            }
            let file = found.or(component.get(default)).unwrap_or(component.name);
            files.push((component.name.to_owned(), file.to_owned()));
        }
        Ok(files)
    }

    fn run(
        &self,
        file: &Path,
        detected: &str,
        filter: &Filter,
        shell: &mut Shell,
    ) -> Result<ControlsResult, Error> {
        let name = file.display().to_string();
        let text = read_text(file)?.ok_or_else(|| Error::Missing(format!("there is no {name}")))?;
        let node_type = node_type(file);
        let components = self.config.components(&node_type).ok_or_else(|| {
            Error::Missing(format!("config.yaml has no section {node_type} for {name}"))
        })?;
        let (text, programs) = self.substitute(text, &components)?;
        let mut controls = Controls::parse(&name, text)?;
        if controls.node_type != node_type {
            return Err(Error::Invalid {
                file: name,
                line: 1,
                cause: format!(
                    "non-{node_type} controls file: its type is {:?}",
                    controls.node_type
                ),
            });
        }
        for group in &mut controls.groups {
            for check in &mut group.checks {
                default_env(check, &programs);
            }
        }
        Ok(judge(controls, detected, filter, shell))
    }

    /// Replaces the variables, and gives the values of `$…bin` that were.
    fn substitute(
        &self,
        mut text: String,
        components: &[Component<'_>],
    ) -> Result<(String, Vec<String>), Error> {
        let programs = self.running(components)?.unwrap_or_default();
        let replaced = replace(&mut text, "bin", &programs);
        for (extension, keys) in FILES {
            replace(&mut text, extension, &self.existing(components, keys)?);
        }
        Ok((text, replaced))
    }
}

/// The variables of files: what stands behind the component's name, and its keys in config.yaml.
pub(crate) const FILES: [(&str, (&str, &str)); 5] = [
    ("conf", ("confs", "defaultconf")),
    ("svc", ("svc", "defaultsvc")),
    ("kubeconfig", ("kubeconfig", "defaultkubeconfig")),
    ("cafile", ("cafile", "defaultcafile")),
    ("datadir", ("datadirs", "defaultdatadir")),
];

/// Replaces `$COMPONENTEXTENSION`, and gives the values that were put in. kube-bench goes through
/// the components in no order; here the longest name goes first, so that none is cut by another.
fn replace(text: &mut String, extension: &str, values: &[(String, String)]) -> Vec<String> {
    let mut values: Vec<_> = values.iter().filter(|(_, value)| !value.is_empty()).collect();
    values.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let mut replaced = Vec::new();
    for (name, value) in values {
        let variable = format!("${name}{extension}");
        if !text.contains(&variable) {
            continue;
        }
        let words = value.split_whitespace().count();
        let quoted = if words > 1 { format!("'{value}'") } else { value.clone() };
        *text = text.replace(&variable, &quoted);
        if variable != quoted {
            replaced.push(value.clone());
        }
    }
    replaced
}

/// Where a test names a variable of the environment and no command shows one: the environment of the
/// one program that the controls are about.
fn default_env(check: &mut Check, programs: &[String]) {
    let asks = check
        .tests
        .as_ref()
        .is_some_and(|tests| tests.items.iter().any(|item| !item.env.is_empty()));
    if asks && check.audit_env.is_empty() && !check.no_default_env {
        let program = if let [program] = programs { program } else { "" };
        check.audit_env = format!(
            "cat \"/proc/$(/bin/ps -C {program} -o pid= | tr -d ' ')/environ\" | tr '\\0' '\\n'"
        );
    }
}

fn judge(controls: Controls, detected: &str, filter: &Filter, shell: &mut Shell) -> ControlsResult {
    let set = |ids: &[String]| ids.iter().map(|id| id.trim().to_owned()).collect::<HashSet<_>>();
    let (checks, groups, skip) = (set(&filter.checks), set(&filter.groups), set(&filter.skip));
    let mut results: Vec<GroupResult> = Vec::new();
    for group in controls.groups {
        for mut check in group.checks {
            let wanted = (groups.is_empty() || groups.contains(&group.id))
                && (checks.is_empty() || checks.contains(&check.id))
                && if check.scored { filter.scored } else { filter.unscored };
            if !wanted {
                continue;
            }
            if group.kind == "skip" || skip.contains(&group.id) || skip.contains(&check.id) {
                "skip".clone_into(&mut check.kind);
            }
            let judged = check::run(&check, shell);
            check.test_info.push(check.remediation.clone());
            let result = CheckResult { check, judged };
            match results.iter_mut().find(|other| other.id == group.id) {
                Some(other) => other.checks.push(result),
                None => results.push(GroupResult {
                    id: group.id.clone(),
                    text: group.text.clone(),
                    checks: vec![result],
                }),
            }
        }
    }
    ControlsResult {
        id: controls.id,
        version: controls.version,
        detected_version: detected.to_owned(),
        text: controls.text,
        node_type: controls.node_type,
        groups: results,
    }
}

/// The kind of node that a controls file is named after: what stands before the first dot.
pub(crate) fn node_type(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// The controls files below a directory, in the order of their paths.
pub(crate) fn controls_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error: std::io::Error| Error::Unreadable {
            file: folder.display().to_string(),
            cause: error.to_string(),
        };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            if entry.file_type().map_err(unreadable)?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml")
                && path.file_name().is_some_and(|name| name != "config.yaml")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
