//! KubeLinter: `ignore-check.kube-linter.io/<check>: reason` and `kube-linter.io/ignore-all: reason`
//! in the annotations of an object (`pkg/ignore/ignore.go` of stackrox/kube-linter); the checks that
//! `.kube-linter.yaml` leaves out (`pkg/config/config.go`).

use seawall_model::Peer;
use seawall_model::document::Node;

use super::file::Draft;
use super::{Found, Reading, covering_any};
use crate::keys::Entry;

const PEER: Peer = Peer::KubeLinter;

pub(super) fn entry(entry: &Entry<'_>, reading: &mut Reading) {
    if entry.is_label || !entry.is_of_object() {
        return;
    }
    let found = || Found::of_entry(PEER, entry, entry.value.text());
    if entry.key.text() == "kube-linter.io/ignore-all" {
        reading.add(covering_any(PEER), found());
    } else if let Some(id) = entry.after("ignore-check.kube-linter.io/") {
        let checks = reading.checks(PEER, id, &entry.key.location());
        reading.add(checks, found());
    }
}

pub(super) fn is_config(root: Node<'_>) -> bool {
    root.get("checks").is_some_and(|checks| {
        ["addAllBuiltIn", "doNotAutoAddDefaults", "exclude", "include"]
            .iter()
            .any(|key| checks.get(key).is_some())
    }) && root.get("apiVersion").is_none()
}

pub(super) fn config(root: Node<'_>, draft: &mut Draft) {
    for (key, value) in root.entries() {
        match key.text() {
            "checks" => {
                for (key, value) in value.entries() {
                    match key.text() {
                        "exclude" => draft.off_each(value.items().map(|id| (id, id.text()))),
                        "include" if value.items().next().is_some() => draft.leave(
                            key,
                            "checks.include: all checks run unless they are off; \
                             name the few with --check",
                        ),
                        "doNotAutoAddDefaults" if value.as_bool() == Some(true) => draft.leave(
                            key,
                            "checks.doNotAutoAddDefaults: all checks run unless they are off",
                        ),
                        // What is off by default there runs here anyway.
                        "addAllBuiltIn" | "include" | "doNotAutoAddDefaults" => {}
                        other => draft.leave(key, &format!("checks.{other} has no counterpart")),
                    }
                }
            }
            "customChecks" => {
                for check in value.items() {
                    let name = check.get("name").map_or("", Node::text);
                    draft.leave(
                        check,
                        &format!("the custom check {name:?} is a template of KubeLinter's"),
                    );
                }
            }
            other => draft.leave(key, &format!("{other} has no counterpart")),
        }
    }
}
