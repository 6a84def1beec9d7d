//! A controls file: groups of checks, as `gopkg.in/yaml.v2` decodes them for kube-bench.
//!
//! Unknown keys are left out without a word, as there; `seawall bench lint` finds them.

use seawall_model::document::{Document, Kind, Node};

use super::Error;
use super::value::first_document;

/// The checks for one kind of node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    /// Its number, such as `1`.
    pub id: String,
    /// The benchmark, such as `cis-1.12`.
    pub version: String,
    /// What the checks are about.
    pub text: String,
    /// The kind of node: `master`, `node`, `etcd`, `controlplane`, `policies`, `managedservices`.
    pub node_type: String,
    /// The groups in their order.
    pub groups: Vec<Group>,
}

/// Similar checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Its number, such as `1.1`.
    pub id: String,
    /// `skip`, or nothing.
    pub kind: String,
    /// What the checks are about.
    pub text: String,
    /// The checks in their order.
    pub checks: Vec<Check>,
}

/// One recommendation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Its number, such as `1.1.1`.
    pub id: String,
    /// What it asks for.
    pub text: String,
    /// The shell command whose output shows flags.
    pub audit: String,
    /// The shell command whose output is a configuration file.
    pub audit_config: String,
    /// The shell command whose output is an environment.
    pub audit_env: String,
    /// `manual`, `skip`, or nothing.
    pub kind: String,
    /// What must hold of the outputs.
    pub tests: Option<Tests>,
    /// What to do about a failure.
    pub remediation: String,
    /// Further words for the report.
    pub test_info: Vec<String>,
    /// Whether not passing is a failure, and not only a warning.
    pub scored: bool,
    /// Whether the tests must hold of each line.
    pub multiple: bool,
    /// Whether no environment is looked into unless an `audit_env` says so.
    pub no_default_env: bool,
    /// Where it stands in its file, from 1.
    pub line: u32,
}

/// Tests and how they are put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    /// The tests.
    pub items: Vec<TestItem>,
    /// `and`, `or`, or nothing, which is `and`.
    pub bin_op: String,
}

/// One test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestItem {
    /// A flag to look for in the audit's output.
    pub flag: String,
    /// A variable to look for in the environment.
    pub env: String,
    /// An expression to look up in the configuration.
    pub path: String,
    /// Whether it must be there; it must not be there where this is false.
    pub set: bool,
    /// The operator; empty where being there is enough.
    pub operator: String,
    /// What the operator compares with.
    pub value: String,
}

impl Controls {
    /// Reads a controls file whose variables are replaced.
    ///
    /// # Errors
    ///
    /// Where it is no YAML, or a value has another type than kube-bench expects.
    pub fn parse(file: &str, text: String) -> Result<Controls, Error> {
        let document = first_document(file, text).map_err(|(cause, line)| Error::Invalid {
            file: file.to_owned(),
            line,
            cause,
        })?;
        document.map_or_else(|| Ok(Controls::default()), |document| Controls::decode(&document))
    }

    fn decode(document: &Document) -> Result<Controls, Error> {
        let mut controls = Controls::default();
        for (key, value) in entries(document.root())? {
            match key {
                "id" => controls.id = string(value)?,
                "version" => controls.version = string(value)?,
                "text" => controls.text = string(value)?,
                "type" => controls.node_type = string(value)?,
                "groups" => controls.groups = list(value, Group::decode)?,
                _ => {}
            }
        }
        Ok(controls)
    }
}

impl Group {
    fn decode(node: Node<'_>) -> Result<Group, Error> {
        let mut group = Group::default();
        for (key, value) in entries(node)? {
            match key {
                "id" => group.id = string(value)?,
                "type" => group.kind = string(value)?,
                "text" => group.text = string(value)?,
                "checks" => group.checks = list(value, Check::decode)?,
                _ => {}
            }
        }
        Ok(group)
    }
}

impl Check {
    pub(super) fn decode(node: Node<'_>) -> Result<Check, Error> {
        let line = node.location().start().line;
        let mut check = Check { line, ..Check::default() };
        for (key, value) in entries(node)? {
            match key {
                "id" => check.id = string(value)?,
                "text" => check.text = string(value)?,
                "audit" => check.audit = string(value)?,
                "audit_config" => check.audit_config = string(value)?,
                "audit_env" => check.audit_env = string(value)?,
                "type" => check.kind = string(value)?,
                "tests" if value.is_null() => check.tests = None,
                "tests" => check.tests = Some(Tests::decode(value)?),
                "remediation" => check.remediation = string(value)?,
                "testinfo" => check.test_info = list(value, string)?,
                "scored" => check.scored = boolean(value)?,
                "use_multiple_values" => check.multiple = boolean(value)?,
                "disableenvtesting" => check.no_default_env = boolean(value)?,
                _ => {}
            }
        }
        Ok(check)
    }
}

impl Tests {
    fn decode(node: Node<'_>) -> Result<Tests, Error> {
        let mut tests = Tests::default();
        for (key, value) in entries(node)? {
            match key {
                "test_items" => tests.items = list(value, TestItem::decode)?,
                "bin_op" => tests.bin_op = string(value)?,
                _ => {}
            }
        }
        Ok(tests)
    }
}

impl TestItem {
    fn decode(node: Node<'_>) -> Result<TestItem, Error> {
        let mut item = TestItem { set: true, ..TestItem::default() };
        for (key, value) in entries(node)? {
            match key {
                "flag" => item.flag = string(value)?,
                "env" => item.env = string(value)?,
                "path" => item.path = string(value)?,
                "set" => item.set = boolean(value)?,
                "compare" => {
                    for (key, value) in entries(value)? {
                        match key {
                            "op" => item.operator = string(value)?,
                            "value" => item.value = string(value)?,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(item)
    }
}

/// The entries of a map; of null none, as decoding leaves a struct as it is.
fn entries(node: Node<'_>) -> Result<impl Iterator<Item = (&str, Node<'_>)>, Error> {
    match node.kind() {
        Kind::Map | Kind::Null => Ok(node.entries().map(|(key, value)| (key.text(), value))),
        _ => Err(wrong_type(node, "a map")),
    }
}

fn list<T>(node: Node<'_>, of: impl Fn(Node<'_>) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    match node.kind() {
        Kind::Seq => node.items().map(of).collect(),
        Kind::Null => Ok(Vec::new()),
        _ => Err(wrong_type(node, "a list")),
    }
}

/// Any scalar is a string, as it was written.
fn string(node: Node<'_>) -> Result<String, Error> {
    match node.kind() {
        Kind::Seq | Kind::Map => Err(wrong_type(node, "a string")),
        Kind::Null => Ok(String::new()),
        _ => Ok(node.text().to_owned()),
    }
}

fn boolean(node: Node<'_>) -> Result<bool, Error> {
    match node.kind() {
        Kind::Null => Ok(false),
        _ => node.as_bool().ok_or_else(|| wrong_type(node, "a boolean")),
    }
}

fn wrong_type(node: Node<'_>, expected: &str) -> Error {
    let location = node.location();
    Error::Invalid {
        file: location.source.name().to_string(),
        line: location.start().line,
        cause: format!("{expected} is expected here, not {}", node.kind().noun()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_strings_as_written_and_set_is_true_by_default() {
        let text = "---\ncontrols:\nid: 1.10\nversion: \"cis\"\ntype: master\ngroups:\n- id: 1.1\n  checks:\n  - id: 1.1.1\n    scored: yes\n    unknown: {a: b}\n    tests:\n      test_items:\n      - flag: f\n        compare: {op: bitmask, value: 0644}\n      - flag: g\n        set: false\n";
        let controls = Controls::parse("m.yaml", text.to_owned()).expect("controls");
        assert_eq!(controls.id, "1.10");
        let check = &controls.groups[0].checks[0];
        assert!(check.scored);
        assert_eq!(check.line, 9);
        let items = &check.tests.as_ref().expect("tests").items;
        assert_eq!((items[0].value.as_str(), items[0].set, items[1].set), ("0644", true, false));
    }

    #[test]
    fn other_types_are_errors_with_their_line() {
        for (text, line) in [
            ("id: [1]\n", 1),
            ("groups:\n- checks:\n  - scored: maybe\n", 3),
            ("groups: {a: b}\n", 1),
            ("a: b: c\n", 1),
            ("- a\n", 1),
        ] {
            let error = Controls::parse("m.yaml", text.to_owned()).expect_err(text);
            assert!(error.to_string().starts_with(&format!("m.yaml:{line}: ")), "{error}");
        }
        assert_eq!(Controls::parse("m.yaml", String::new()), Ok(Controls::default()));
    }
}
