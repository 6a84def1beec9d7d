//! Keys: which stand where, and which stand twice.

use seawall_model::document::{Document, Kind, Node};

use super::Problems;

/// What a map in a controls file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Controls,
    Group,
    Check,
    Tests,
    Item,
    Compare,
}

use Part::{Check, Compare, Controls, Group, Item, Tests};

impl Part {
    const ALL: [Part; 6] = [Controls, Group, Check, Tests, Item, Compare];

    fn keys(self) -> &'static [&'static str] {
        match self {
            Controls => &["controls", "id", "version", "text", "type", "groups"],
            Group => &["id", "text", "type", "checks"],
            Check => &[
                "id",
                "text",
                "type",
                "audit",
                "audit_config",
                "audit_env",
                "tests",
                "use_multiple_values",
                "remediation",
                "scored",
                "testinfo",
                "disableenvtesting",
            ],
            Tests => &["bin_op", "test_items"],
            Item => &["flag", "env", "path", "set", "compare"],
            Compare => &["op", "value"],
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Controls => "the file's outermost map",
            Group => "a group",
            Check => "a check",
            Tests => "tests",
            Item => "a test item",
            Compare => "compare",
        }
    }

    /// The part below a key, and whether it is a list of them.
    fn below(self, key: &str) -> Option<(Part, bool)> {
        match (self, key) {
            (Controls, "groups") => Some((Group, true)),
            (Group, "checks") => Some((Check, true)),
            (Check, "tests") => Some((Tests, false)),
            (Tests, "test_items") => Some((Item, true)),
            (Item, "compare") => Some((Compare, false)),
            _ => None,
        }
    }
}

/// Looks at all keys of a controls file.
pub(super) fn look(document: &Document, problems: &mut Problems) {
    for duplicate in document.duplicates() {
        let source = document.source();
        let dropped = source.position(duplicate.dropped.start);
        let kept = source.position(duplicate.kept.start);
        let key = &source.text()[duplicate.dropped.start as usize..duplicate.dropped.end as usize];
        problems.file(
            source.name(),
            dropped.line,
            "duplicate-key",
            format!("the key {key} stands again in line {}, and only that counts", kept.line),
        );
    }
    map(document.root(), Controls, problems);
}

fn map(node: Node<'_>, part: Part, problems: &mut Problems) {
    if node.kind() != Kind::Map {
        if !node.is_null() {
            let found = node.kind().noun();
            problems.error(node, "wrong-type", format!("{} is a map, not {found}", part.noun()));
        }
        return;
    }
    for (key, value) in node.entries() {
        if !part.keys().contains(&key.text()) {
            unknown(key, part, problems);
        }
        match part.below(key.text()) {
            Some((below, false)) => map(value, below, problems),
            Some((below, true)) if value.kind() == Kind::Seq => {
                value.items().for_each(|item| map(item, below, problems));
            }
            Some((_, true)) if !value.is_null() => {
                let found = value.kind().noun();
                let message = format!("{} is a list, not {found}", key.text());
                problems.error(value, "wrong-type", message);
            }
            _ => {}
        }
    }
}

fn unknown(key: Node<'_>, part: Part, problems: &mut Problems) {
    let name = key.text();
    let home = Part::ALL.into_iter().find(|other| other.keys().contains(&name));
    if let Some(home) = home {
        let message = format!(
            "{name} belongs to {}, not to {}, where kube-bench leaves it out",
            home.noun(),
            part.noun()
        );
        problems.error(key, "wrong-level", message);
        return;
    }
    let near = part
        .keys()
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .filter(|(distance, _)| *distance <= 2)
        .min();
    let hint = near.map(|(_, known)| format!("; did you mean {known}?")).unwrap_or_default();
    let message = format!("{name} is no key of {}{hint}", part.noun());
    problems.error(key, "unknown-key", message);
}
