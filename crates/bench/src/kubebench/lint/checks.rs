//! Checks: tests and audits that can't do what they are there for.

use std::collections::HashMap;

use regex::Regex;
use seawall_model::document::Node;

use super::{Problems, possible};
use crate::kubebench::config::Config;
use crate::kubebench::controls::{Check, TestItem, Tests};
use crate::kubebench::jsonpath::{Piece, parse};
use crate::kubebench::operator::OPERATORS;
use crate::kubebench::run::FILES;
use crate::kubebench::{Error, go};

/// Looks at all checks of a file, and counts them.
pub(super) fn look(
    root: Node<'_>,
    node_type: &str,
    config: Option<&Config>,
    problems: &mut Problems,
) -> usize {
    match root.get("type") {
        Some(found) if found.text() != node_type => problems.error(
            found,
            "wrong-node-type",
            format!(
                "the type is {}, but the file's name says {node_type}: kube-bench refuses it",
                found.text()
            ),
        ),
        None => {
            problems.error(root, "wrong-node-type", "the file has no type: kube-bench refuses it");
        }
        _ => {}
    }
    let variables = config.map(|config| Variables::of(config, node_type));
    let mut ids: HashMap<&str, u32> = HashMap::new();
    let mut checks = 0;
    let groups = root.get("groups").into_iter().flat_map(Node::items);
    for group in groups {
        unique(group, "group", &mut ids, problems);
        for node in group.get("checks").into_iter().flat_map(Node::items) {
            checks += 1;
            unique(node, "check", &mut ids, problems);
            match Check::decode(node) {
                Ok(check) => one(node, &check, variables.as_ref(), problems),
                Err(Error::Invalid { file, line, cause }) => {
                    problems.file(&file, line, "wrong-type", cause);
                }
                Err(other) => problems.error(node, "wrong-type", other.to_string()),
            }
        }
    }
    checks
}

fn unique<'a>(
    node: Node<'a>,
    what: &str,
    ids: &mut HashMap<&'a str, u32>,
    problems: &mut Problems,
) {
    let Some(id) = node.get("id") else {
        problems.error(node, "no-id", format!("the {what} has no id"));
        return;
    };
    let line = id.location().start().line;
    if let Some(first) = ids.insert(id.text(), line) {
        let message = format!("the {what} {} is already in line {first}", id.text());
        problems.error(id, "duplicate-id", message);
    }
}

fn one(node: Node<'_>, check: &Check, variables: Option<&Variables>, problems: &mut Problems) {
    if !matches!(check.kind.as_str(), "" | "manual" | "skip" | "automated") {
        let at = node.get("type").unwrap_or(node);
        let message = format!(
            "the type {:?} means nothing to kube-bench, which knows manual and skip",
            check.kind
        );
        problems.error(at, "unknown-type", message);
    }
    let audits = [
        ("audit", &check.audit),
        ("audit_config", &check.audit_config),
        ("audit_env", &check.audit_env),
    ];
    for (key, audit) in audits {
        let Some(at) = node.get(key) else { continue };
        shell(at, audit, problems);
        if let Some(variables) = variables {
            variables.look(at, audit, problems);
        }
    }
    // What is never run is not judged.
    if matches!(check.kind.as_str(), "manual" | "skip") {
        return;
    }
    let Some(tests) = check.tests.as_ref().filter(|tests| !tests.items.is_empty()) else {
        let message = "the check has no tests, so kube-bench comes to no verdict of its own";
        problems.error(node, "no-tests", message);
        return;
    };
    let Some(at) = node.get("tests") else { return };
    if check.audit.is_empty() && check.audit_config.is_empty() && check.audit_env.is_empty() {
        problems.error(
            at,
            "no-audit",
            "the check has tests, but no audit whose output they could test",
        );
    }
    if !matches!(tests.bin_op.as_str(), "" | "and" | "or") {
        let at = at.get("bin_op").unwrap_or(at);
        let message = format!("there is no bin_op {:?}; use and, or or", tests.bin_op);
        problems.error(at, "unknown-bin-op", message);
    }
    let nodes = at.get("test_items").into_iter().flat_map(Node::items);
    for (item, node) in tests.items.iter().zip(nodes) {
        test(node, item, check, problems);
    }
    whole(at, tests, problems);
}

/// Whether the tests of a check, together, can hold and can fail.
fn whole(at: Node<'_>, tests: &Tests, problems: &mut Problems) {
    let possible = possible::of(tests);
    if !possible.fails {
        problems.error(at, "cannot-fail", "whatever the audit prints, these tests hold");
    }
    if !possible.holds {
        problems.error(at, "cannot-pass", "whatever the audit prints, these tests don't hold");
    }
}

fn test(node: Node<'_>, item: &TestItem, check: &Check, problems: &mut Problems) {
    if item.flag.is_empty() && item.path.is_empty() && item.env.is_empty() {
        let message = "the test names no flag, path or env that it looks for";
        problems.error(node, "nothing-to-look-for", message);
    }
    sources(node, item, check, problems);
    let compare = node.get("compare");
    let at = compare.unwrap_or(node);
    if compare.is_some() && !item.set {
        problems.warn(at, "compare-ignored", "with set: false, compare is not looked at");
        return;
    }
    if compare.is_some() && item.operator.is_empty() {
        problems.error(at, "no-operator", "compare has no op, so being there is enough");
        return;
    }
    if item.operator.is_empty() {
        return;
    }
    let operator = at.get("op").unwrap_or(at);
    if !OPERATORS.contains(&item.operator.as_str()) {
        let message = format!(
            "there is no operator {:?}, so the test never holds; there are {}",
            item.operator,
            OPERATORS.join(", ")
        );
        problems.error(operator, "unknown-operator", message);
        return;
    }
    let value = at.get("value").unwrap_or(at);
    let lower = item.value.to_lowercase();
    match item.operator.as_str() {
        "has" | "nothave" if item.value.is_empty() => {
            problems.error(value, "no-value", "every text has the empty text in it");
        }
        "eq" | "noteq" if matches!(lower.as_str(), "true" | "false") && lower != item.value => {
            let message = format!("a boolean is compared in lower case: write {lower}");
            problems.error(value, "boolean-case", message);
        }
        "regex" => {
            if let Err(why) = go::regex(&item.value) {
                let message = format!("no regular expression, at which kube-bench panics: {why}");
                problems.error(value, "invalid-regex", message);
            }
        }
        _ => {}
    }
}

/// Whether what the test looks for can be in what the audits print.
fn sources(node: Node<'_>, item: &TestItem, check: &Check, problems: &mut Problems) {
    let at = |key: &str| node.get(key).unwrap_or(node);
    if !item.flag.is_empty()
        && let Err(why) = go::regex(&format!("({})", item.flag))
    {
        let message =
            format!("a flag is looked up as a regular expression, and this is none: {why}");
        problems.error(at("flag"), "invalid-regex", message);
    }
    if !item.path.is_empty() {
        match parse(&item.path) {
            Err(why) => problems.error(at("path"), "invalid-path", why),
            Ok(pieces) if pieces.iter().all(|piece| matches!(piece, Piece::Text(_))) => {
                let message =
                    "without braces a path is plain text, which is found in any configuration";
                problems.error(at("path"), "path-without-braces", message);
            }
            Ok(_) => {}
        }
    }
    let by_flag = !item.flag.is_empty() && !check.audit.is_empty();
    let by_path = !item.path.is_empty() && !check.audit_config.is_empty();
    // Without an audit_env the environment of the component is taken.
    let by_env = !item.env.is_empty();
    let named = !(item.flag.is_empty() && item.path.is_empty() && item.env.is_empty());
    let audited = !(check.audit.is_empty() && check.audit_config.is_empty());
    if named && audited && !(by_flag || by_path || by_env) {
        let message = if item.flag.is_empty() {
            "the test looks up a path, but the check has no audit_config"
        } else {
            "the test looks for a flag, but the check has no audit"
        };
        problems.error(node, "audit-never-matches", message);
    } else if by_flag
        && !by_path
        && !by_env
        && !item.flag.bytes().all(|byte| byte.is_ascii_digit())
        && prints_only_modes(&check.audit)
        && !check.audit.contains(&item.flag)
    {
        let message = format!("the audit prints modes alone, and never {:?}", item.flag);
        problems.error(at("flag"), "audit-never-matches", message);
    }
}

/// Whether a command prints nothing but what it holds and octal modes.
fn prints_only_modes(audit: &str) -> bool {
    let formats: Vec<&str> = audit
        .split("stat -c")
        .skip(1)
        .filter_map(|rest| rest.trim_start_matches([' ', '=']).split_whitespace().next())
        .collect();
    let others = [
        "ps ", "cat ", "grep ", "kubectl", "find ", "ls ", "awk", "sed ", "jq", "openssl", "xargs",
    ];
    !formats.is_empty()
        && formats.iter().all(|format| format.matches('%').count() == format.matches("%a").count())
        && formats.iter().all(|format| format.contains("=%a"))
        && !others.iter().any(|other| audit.contains(other))
}

/// What a POSIX shell, such as dash or busybox, does not do with an audit.
fn shell(at: Node<'_>, audit: &str, problems: &mut Problems) {
    let calls_bash = audit.contains("bash -c") || audit.contains("#!/bin/bash");
    for (sign, what) in [
        ("[[ ", "[[ is no command"),
        ("<<<", "<<< is no redirection"),
        ("&> ", "&> runs in the background"),
    ] {
        if !calls_bash && audit.contains(sign) && !audit.contains(&format!("'{sign}")) {
            let message = format!("{what} to /bin/sh where that is no bash, and the audit goes on");
            problems.warn(at, "not-posix", message);
        }
    }
    let verbs = audit
        .split("can-i ")
        .skip(1)
        .filter_map(|rest| rest.split_whitespace().find(|word| !word.starts_with('-')))
        .find(|verb| verb.contains(','));
    if let Some(verbs) = verbs {
        let message =
            format!("kubectl asks for the one verb {verbs:?}, which only a wildcard grants");
        problems.error(at, "verbs-not-split", message);
    }
}

/// The variables that kube-bench replaces in one kind of controls.
struct Variables {
    known: Vec<String>,
    expression: Option<Regex>,
}

impl Variables {
    fn of(config: &Config, node_type: &str) -> Self {
        let components = config.components(node_type).unwrap_or_default();
        let mut known = Vec::new();
        for component in components {
            if !component.list("bins").is_empty() {
                known.push(format!("{}bin", component.name));
            }
            known.extend(FILES.map(|(extension, _)| format!("{}{extension}", component.name)));
        }
        let expression =
            r"\$(\{?)([A-Za-z_][A-Za-z0-9_]*(?:bin|conf|svc|kubeconfig|cafile|datadir))\b";
        Variables { known, expression: Regex::new(expression).ok() }
    }

    fn look(&self, at: Node<'_>, audit: &str, problems: &mut Problems) {
        let Some(expression) = &self.expression else { return };
        for found in expression.captures_iter(audit) {
            let name = &found[2];
            let own = ["{}=", "for {} ", "read {}", "read -r {}"]
                .iter()
                .any(|set| audit.contains(&set.replace("{}", name)));
            // `${kubeletbin:-kubelet}` says what to take where nobody has replaced it.
            let end = found.get(2).map_or(audit.len(), |name| name.end());
            let has_default = audit[end..].starts_with([':', '-']) && !found[1].is_empty();
            let known = self.known.iter().any(|known| name == known);
            if own || has_default || (known && found[1].is_empty()) {
                continue;
            }
            let message = if known {
                format!("kube-bench does not replace ${{{name}}} in braces; write ${name}")
            } else {
                let prefix = self.known.iter().any(|known| name.starts_with(known.as_str()));
                if prefix {
                    continue;
                }
                format!(
                    "no component of config.yaml stands for ${name}, so it is left to the shell"
                )
            };
            problems.error(at, "unknown-substitution", message);
        }
    }
}
