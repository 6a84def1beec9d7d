//! What is wrong with a kube-bench configuration, seen from its files alone.
//!
//! kube-bench leaves out keys that it does not know and takes an unknown operator for one that never
//! holds, so a slip of the pen is a check that always fails, always passes, or is not made at all.

mod checks;
mod config;
mod possible;
mod shape;

use std::fs;
use std::path::Path;

use serde::Serialize;

use super::Error;
use super::config::{Config, read_text};
use super::run::{controls_files, node_type};
use super::value::first_document;
use seawall_model::document::Node;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A check does not do what it says.
    Error,
    /// A check may not do what it says.
    Warning,
}

impl Level {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
        }
    }
}

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How bad it is.
    pub level: Level,
    /// What kind of problem it is, in kebab case.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
}

/// What the rules leave.
#[derive(Debug, Default)]
struct Problems {
    all: Vec<Problem>,
}

impl Problems {
    fn at(&mut self, node: Node<'_>, level: Level, rule: &'static str, message: impl Into<String>) {
        let location = node.location();
        let start = location.source.position(node.anchor().start);
        self.all.push(Problem {
            file: location.source.name().to_string(),
            line: start.line,
            column: start.column,
            level,
            rule,
            message: message.into(),
        });
    }

    fn error(&mut self, node: Node<'_>, rule: &'static str, message: impl Into<String>) {
        self.at(node, Level::Error, rule, message);
    }

    fn warn(&mut self, node: Node<'_>, rule: &'static str, message: impl Into<String>) {
        self.at(node, Level::Warning, rule, message);
    }

    fn file(&mut self, file: &str, line: u32, rule: &'static str, message: impl Into<String>) {
        self.all.push(Problem {
            file: file.to_owned(),
            line,
            column: 1,
            level: Level::Error,
            rule,
            message: message.into(),
        });
    }

    /// What can't be read is a problem of that file alone: the others are looked at all the same.
    fn unreadable(&mut self, error: Error) -> Result<(), Error> {
        match error {
            Error::Unreadable { file, cause } => {
                self.file(&file, 1, "unreadable", cause);
                Ok(())
            }
            other => Err(other),
        }
    }
}

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Linted {
    /// How many controls files.
    pub files: usize,
    /// How many checks in them.
    pub checks: usize,
    /// By file and place.
    pub problems: Vec<Problem>,
}

/// Looks at a configuration: a directory with `config.yaml` and a directory for each benchmark, or
/// the directory of one benchmark, or one controls file.
///
/// # Errors
///
/// Where the directory, or what is not even YAML in it, can't be read.
pub fn lint(path: &Path) -> Result<Linted, Error> {
    let mut linted = Linted::default();
    let mut problems = Problems::default();
    if path.is_file() {
        let folder = path.parent().unwrap_or(Path::new("."));
        let config = config_for(folder.parent(), folder, &mut problems)?;
        controls_file(path, config.as_ref(), &mut linted, &mut problems)?;
    } else {
        directory(path, &mut linted, &mut problems)?;
    }
    linted.problems = problems.all;
    linted.problems.sort();
    linted.problems.dedup();
    Ok(linted)
}

fn directory(path: &Path, linted: &mut Linted, problems: &mut Problems) -> Result<(), Error> {
    let benchmarks = folders(path)?;
    let own: Vec<_> =
        controls_files(path)?.into_iter().filter(|file| file.parent() == Some(path)).collect();
    let common = Config::read(&path.join("config.yaml"));
    if own.is_empty() && matches!(common, Ok(None)) && benchmarks.is_empty() {
        return Err(Error::Missing(format!(
            "{} holds no configuration of kube-bench: no config.yaml and no controls",
            path.display()
        )));
    }
    if own.is_empty() {
        config::common(path, &benchmarks, problems)?;
    }
    // The directory of one benchmark has its common configuration beside it.
    if !own.is_empty() {
        let config = config_for(path.parent(), path, problems)?;
        for file in own {
            controls_file(&file, config.as_ref(), linted, problems)
                .or_else(|error| problems.unreadable(error))?;
        }
    }
    for benchmark in benchmarks {
        let folder = path.join(&benchmark);
        let config = config_for(Some(path), &folder, problems)?;
        for file in controls_files(&folder)? {
            controls_file(&file, config.as_ref(), linted, problems)
                .or_else(|error| problems.unreadable(error))?;
        }
    }
    Ok(())
}

/// The common configuration with a benchmark's own merged over it.
fn config_for(
    common: Option<&Path>,
    folder: &Path,
    problems: &mut Problems,
) -> Result<Option<Config>, Error> {
    let mut config = match common {
        Some(common) => read_config(&common.join("config.yaml"), problems)?,
        None => None,
    };
    if let Some(own) = read_config(&folder.join("config.yaml"), problems)? {
        config::own(&folder.join("config.yaml"), problems)?;
        match &mut config {
            Some(config) => config.merge(own),
            None => config = Some(own),
        }
    }
    Ok(config)
}

fn read_config(path: &Path, problems: &mut Problems) -> Result<Option<Config>, Error> {
    match Config::read(path) {
        Err(Error::Invalid { file, line, cause }) => {
            problems.file(&file, line, "invalid-yaml", cause);
            Ok(None)
        }
        Err(error) => problems.unreadable(error).map(|()| None),
        Ok(config) => Ok(config),
    }
}

/// The directories in a directory, sorted.
fn folders(path: &Path) -> Result<Vec<String>, Error> {
    let unreadable = |error: std::io::Error| Error::Unreadable {
        file: path.display().to_string(),
        cause: error.to_string(),
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.file_type().map_err(unreadable)?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn controls_file(
    path: &Path,
    config: Option<&Config>,
    linted: &mut Linted,
    problems: &mut Problems,
) -> Result<(), Error> {
    let Some(text) = read_text(path)? else {
        return Err(Error::Missing(format!("there is no {}", path.display())));
    };
    linted.files += 1;
    controls_text(&path.display().to_string(), text, &node_type(path), config, linted, problems);
    Ok(())
}

fn controls_text(
    name: &str,
    text: String,
    node_type: &str,
    config: Option<&Config>,
    linted: &mut Linted,
    problems: &mut Problems,
) {
    let document = match first_document(name, text) {
        Ok(Some(document)) => document,
        Ok(None) => {
            problems.file(name, 1, "empty", "the file holds no controls");
            return;
        }
        Err((cause, line)) => {
            problems.file(name, line, "invalid-yaml", cause);
            return;
        }
    };
    shape::look(&document, problems);
    linted.checks += checks::look(document.root(), node_type, config, problems);
}

/// Looks at the text of one controls file, without a configuration; `node_type` is what its name
/// says.
pub fn lint_text(name: &str, text: String, node_type: &str) -> Linted {
    let mut linted = Linted { files: 1, ..Linted::default() };
    let mut problems = Problems::default();
    controls_text(name, text, node_type, None, &mut linted, &mut problems);
    linted.problems = problems.all;
    linted.problems.sort();
    linted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(checks: &str) -> Vec<&'static str> {
        let text = format!(
            "controls:\nid: 1\nversion: v\ntext: t\ntype: master\ngroups:\n- id: 1.1\n  text: g\n  checks:\n{checks}"
        );
        let linted = lint_text("cfg/v/master.yaml", text, "master");
        linted.problems.iter().map(|problem| problem.rule).collect()
    }

    fn check(rest: &str) -> Vec<&'static str> {
        rules(&format!("  - id: 1.1.1\n    text: t\n    remediation: r\n    scored: true\n{rest}"))
    }

    #[test]
    fn a_sound_check_has_no_problem() {
        let none: [&str; 0] = [];
        assert_eq!(
            check(
                "    audit: ps -ef\n    tests:\n      bin_op: or\n      test_items:\n      - flag: --a\n        compare: {op: eq, value: false}\n      - flag: --b\n        set: false\n"
            ),
            none
        );
        assert_eq!(check("    type: manual\n"), none);
        let mode = "    audit: stat -c permissions=%a x\n    tests:\n      test_items:\n      - flag: \"600\"\n";
        assert_eq!(check(mode), none);
        let parts = "    audit: ps\n    tests:\n      test_items:\n      - flag: a\n        compare: {op: has, value: b}\n      - flag: a\n        compare: {op: has, value: c}\n";
        assert_eq!(check(parts), none);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_and_the_others_are_looked_at() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let benchmark = folder.path().join("v");
        fs::create_dir(&benchmark).expect("a directory");
        let huge = |name: &str| {
            let file = fs::File::create(benchmark.join(name)).expect("a file");
            file.set_len(1 << 30).expect("a sparse file");
        };
        huge("master.yaml");
        huge("config.yaml");
        fs::write(folder.path().join("config.yaml"), "a: b: c\n").expect("a file");
        fs::write(benchmark.join("node.yaml"), "type: master\n").expect("a file");
        let linted = lint(folder.path()).expect("the directory is read");
        let of = |name: &str| -> Vec<&str> {
            let own = linted.problems.iter().filter(|problem| problem.file.ends_with(name));
            own.map(|problem| problem.rule).collect()
        };
        assert_eq!(of("v/master.yaml"), ["unreadable"]);
        assert_eq!(of("v/config.yaml"), ["unreadable"]);
        assert!(of("v/node.yaml").contains(&"wrong-node-type"), "{:?}", linted.problems);
        assert_eq!(linted.files, 1);
        assert!(lint(&benchmark.join("master.yaml")).is_err(), "it was named");
    }

    #[test]
    fn each_mistake_is_found() {
        let audit = "    audit: ps -ef\n    tests:\n      test_items:\n";
        for (rest, rule) in [
            (format!("{audit}      - flag: --a\n        compare: {{op: noteqx, value: a}}\n"), "unknown-operator"),
            (format!("{audit}      - flag: --a\n        op: eq\n"), "wrong-level"),
            (format!("{audit}      - flag: --a\n      remediation: r\n"), "wrong-level"),
            (format!("{audit}      - flga: --a\n        flag: b\n"), "unknown-key"),
            (format!("{audit}      - flag: --a\n        flag: --b\n"), "duplicate-key"),
            (format!("{audit}      - flag: --a\n        set: false\n        compare: {{op: eq, value: a}}\n"), "compare-ignored"),
            (format!("{audit}      - flag: --a\n      - flag: --a\n        set: false\n      bin_op: or\n"), "cannot-fail"),
            (format!("{audit}      - flag: --a\n      - flag: --a\n        set: false\n"), "cannot-pass"),
            (format!("{audit}      - flag: --a\n        compare: {{op: gt, value: x}}\n"), "cannot-pass"),
            (format!("{audit}      - flag: --a\n        compare: {{op: eq, value: True}}\n"), "boolean-case"),
            (format!("{audit}      - flag: --a\n        compare: {{op: has, value: \"\"}}\n"), "no-value"),
            (format!("{audit}      - flag: --a\n        compare: {{op: regex, value: \"(\"}}\n"), "invalid-regex"),
            (format!("{audit}      - flag: \"(\"\n"), "invalid-regex"),
            (format!("{audit}      - path: \"{{.a}}\"\n"), "audit-never-matches"),
            (format!("{audit}      - set: true\n"), "nothing-to-look-for"),
            (format!("{audit}      - flag: --a\n      bin_op: nor\n"), "unknown-bin-op"),
            ("    audit_config: cat a\n    tests:\n      test_items:\n      - path: .a.b\n".to_owned(), "path-without-braces"),
            ("    audit_config: cat a\n    tests:\n      test_items:\n      - path: \"{.a[\"\n".to_owned(), "invalid-path"),
            ("    audit_config: cat a\n    tests:\n      test_items:\n      - flag: a\n".to_owned(), "audit-never-matches"),
            ("    tests:\n      test_items:\n      - flag: --a\n        set: false\n".to_owned(), "no-audit"),
            ("    audit: ps\n".to_owned(), "no-tests"),
            ("    audit: ps\n    type: Manual\n".to_owned(), "unknown-type"),
            ("    audit: |\n      if [[ -z $x ]]; then echo a; fi\n    tests:\n      test_items:\n      - flag: a\n".to_owned(), "not-posix"),
            ("    audit: kubectl auth can-i get,list,watch secrets\n    tests:\n      test_items:\n      - flag: yes\n".to_owned(), "verbs-not-split"),
            ("    audit: stat -c permissions=%a $apiserverconf\n    tests:\n      test_items:\n      - flag: ownership\n".to_owned(), "audit-never-matches"),
            ("    tests: [a]\n".to_owned(), "wrong-type"),
        ] {
            assert!(check(&rest).contains(&rule), "{rule} in\n{rest}\n{:?}", check(&rest));
        }
        let twice = "  - id: 1.1.1\n    text: t\n    type: manual\n";
        assert!(rules(&format!("{twice}{twice}")).contains(&"duplicate-id"));
        let linted = lint_text("node.yaml", "type: master\n".to_owned(), "node");
        assert!(linted.problems.iter().any(|problem| problem.rule == "wrong-node-type"));
        assert_eq!(
            lint_text("node.yaml", "a: b: c".to_owned(), "node").problems[0].rule,
            "invalid-yaml"
        );
    }
}
