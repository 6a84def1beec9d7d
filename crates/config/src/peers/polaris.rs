//! Polaris: `polaris.fairwinds.com/exempt: "true"` and `polaris.fairwinds.com/<check>-exempt: "true"`
//! in the annotations of an object (`pkg/validator/schema.go` of FairwindsOps/polaris), and the
//! exemptions and checks of its configuration (`pkg/config/exemptions.go`): names of objects and
//! containers there are beginnings of names.

use seawall_model::Peer;
use seawall_model::document::Node;

use super::file::{Draft, Rule};
use super::{Found, Reading, covered_rules, covering_any};
use crate::decision::Pattern;
use crate::exception::Field;
use crate::keys::Entry;

const PEER: Peer = Peer::Polaris;

pub(super) fn entry(entry: &Entry<'_>, reading: &mut Reading) {
    let Some(rest) = entry.after("polaris.fairwinds.com/") else { return };
    if entry.is_label || !entry.is_of_object() || !entry.value.text().eq_ignore_ascii_case("true") {
        return;
    }
    let found = || Found::of_entry(PEER, entry, "");
    if rest == "exempt" {
        reading.add(covering_any(PEER), found());
    } else if let Some(id) = rest.strip_suffix("-exempt") {
        let checks = reading.checks(PEER, id, &entry.key.location());
        reading.add(checks, found());
    }
}

pub(super) fn is_config(root: Node<'_>) -> bool {
    let rules = covered_rules(PEER);
    root.get("apiVersion").is_none()
        && (root.get("checks").is_some_and(|checks| {
            checks.entries().any(|(key, value)| {
                rules.contains(key.text())
                    && ["ignore", "warning", "danger", "error"].contains(&value.text())
            })
        }) || root.get("exemptions").is_some_and(|list| {
            list.items()
                .any(|item| item.get("controllerNames").is_some() || item.get("rules").is_some())
        }))
}

pub(super) fn config(root: Node<'_>, draft: &mut Draft) {
    let told = |key: &str| root.get(key).and_then(Node::as_bool) == Some(true);
    let disallowed = told("disallowExemptions") || told("disallowConfigExemptions");
    for (key, value) in root.entries() {
        match key.text() {
            "checks" => checks(value, draft),
            "exemptions" if disallowed => {
                draft.leave(key, "the exemptions do not hold: the file disallows them");
            }
            "exemptions" => value.items().for_each(|item| exemption(item, draft)),
            "disallowExemptions" | "disallowConfigExemptions" => {}
            "disallowAnnotationExemptions" if value.as_bool() != Some(true) => {}
            other => draft.leave(key, &format!("{other} has no counterpart")),
        }
    }
}

fn checks(node: Node<'_>, draft: &mut Draft) {
    draft.off_each(
        node.entries()
            .filter(|(_, value)| value.text() == "ignore")
            .map(|(key, _)| (key, key.text())),
    );
    if node.entries().any(|(_, value)| value.text() != "ignore") {
        draft.leave(node, "checks: severities stay Seawall's own; set them below `checks`");
    }
}

fn exemption(item: Node<'_>, draft: &mut Draft) {
    let texts = |key: &str| -> Vec<&str> {
        item.get(key).into_iter().flat_map(Node::items).map(Node::text).collect()
    };
    let mut bounds = Vec::new();
    for (field, key) in [(Field::Name, "controllerNames"), (Field::Container, "containerNames")] {
        let names = texts(key);
        if names.is_empty() {
            continue;
        }
        match Pattern::any_of(&names, true) {
            Ok(pattern) => bounds.push((field, pattern)),
            Err(error) => return draft.refuse(item, &format!("{key}: {error}")),
        }
    }
    if let Some(namespace) = item.get("namespace").map(Node::text).filter(|text| !text.is_empty()) {
        match Pattern::any_of(&[namespace], false) {
            Ok(pattern) => bounds.push((Field::Namespace, pattern)),
            Err(error) => return draft.refuse(item, &format!("namespace: {error}")),
        }
    }
    let rules = texts("rules");
    let location = item.location();
    let line = location.start().line;
    draft.rules.push(Rule {
        ids: (!rules.is_empty()).then(|| rules.iter().map(|id| (*id).to_owned()).collect()),
        bounds,
        labels: Vec::new(),
        reason: String::new(),
        expires: None,
        location,
        what: format!("the exemption of polaris on line {line}"),
    });
}
