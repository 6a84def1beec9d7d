//! Checkov: `checkov.io/skip1: CKV_K8S_20=reason` in the annotations of an object
//! (`checkov/kubernetes/kubernetes_utils.py`), and `#checkov:skip=CKV_K8S_20:reason` in a comment
//! (`checkov/common/comment/enum.py`), which holds for the object that it stands in, as in
//! Checkov's other languages: Checkov itself reads no comments of Kubernetes manifests. What
//! `.checkov.yaml` skips (`checkov/common/util/ext_argument_parser.py`).

use std::sync::Arc;

use regex::Regex;
use seawall_model::document::{Kind, Node};
use seawall_model::{Origin, Peer};

use super::file::{Draft, Rule};
use super::{Found, ObjectsAt, Reading};
use crate::decision::{Pattern, Scope};
use crate::exception::Field;
use crate::keys::Entry;
use crate::marks::Comment;

const PEER: Peer = Peer::Checkov;

/// Rules about PodSecurityPolicies, which Kubernetes 1.25 removed: they tell nothing of workloads, so
/// that a check may be off while one of them is not.
pub(super) const OF_POD_SECURITY_POLICIES: [&str; 10] = [
    "CKV_K8S_1",
    "CKV_K8S_2",
    "CKV_K8S_3",
    "CKV_K8S_4",
    "CKV_K8S_5",
    "CKV_K8S_6",
    "CKV_K8S_7",
    "CKV_K8S_24",
    "CKV_K8S_32",
    "CKV_K8S_36",
];

/// The tool has had three names.
const PREFIXES: [&str; 3] = ["checkov.io/skip", "bridgecrew.io/skip", "cortex.io/skip"];

pub(super) fn entry(entry: &Entry<'_>, reading: &mut Reading) {
    let key = entry.key.text();
    if entry.is_label || !entry.is_of_object() || !PREFIXES.iter().any(|name| key.contains(name)) {
        return;
    }
    let (id, reason) = match entry.value.text().split_once('=') {
        Some((id, reason)) => (id, reason),
        None => (entry.value.text(), ""),
    };
    let checks = reading.checks(PEER, id.trim(), &entry.key.location());
    reading.add(checks, Found::of_entry(PEER, entry, reason));
}

pub(super) fn comment(comment: &Comment, objects: &ObjectsAt, reading: &mut Reading) {
    let Some((_, rest)) = comment.words().split_once('=') else { return };
    let (ids, reason) = match rest.split_once(':') {
        Some((ids, reason)) => (ids.trim(), reason),
        // Behind the ids nothing else counts.
        None => (rest.split_whitespace().next().unwrap_or(""), ""),
    };
    let Some(object) = objects.of(comment) else {
        let why = format!("{}'s comment stands in no object, and so holds for none", PEER.name());
        reading.tell(comment.location(), why);
        return;
    };
    for id in ids.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        let checks = reading.checks(PEER, id, &comment.location());
        reading.add(
            checks,
            Found {
                origin: Origin::Peer(PEER),
                scope: Scope::Object(Arc::clone(object), None),
                bounds: Vec::new(),
                reason: reason.to_owned(),
                expires: None,
                location: comment.location(),
                what: format!("`checkov:skip={id}`"),
            },
        );
    }
}

pub(super) fn is_config(root: Node<'_>) -> bool {
    ["skip-check", "soft-fail", "hard-fail-on", "soft-fail-on", "skip-path", "skip-framework"]
        .iter()
        .any(|key| root.get(key).is_some())
        && root.get("apiVersion").is_none()
}

pub(super) fn config(root: Node<'_>, draft: &mut Draft) {
    for (key, value) in root.entries() {
        match key.text() {
            "skip-check" => {
                for (node, id) in each(value) {
                    if is_severity(id) {
                        let why =
                            format!("skip-check: {id}: severities are Seawall's own; see checks");
                        draft.leave(node, &why);
                    } else if id.contains('*') {
                        draft.off_matching(node, id);
                    } else if is_of_kubernetes(id) {
                        draft.off_each(std::iter::once((node, id)));
                    } else {
                        draft.leave(node, &format!("skip-check: {id} is not about Kubernetes"));
                    }
                }
            }
            "skip-path" => {
                for (node, pattern) in each(value) {
                    match Regex::new(pattern) {
                        Ok(regex) => draft.rules.push(Rule {
                            ids: None,
                            bounds: vec![(Field::File, Pattern::Regex(regex))],
                            labels: Vec::new(),
                            reason: String::new(),
                            expires: None,
                            location: node.location(),
                            what: format!("skip-path {pattern} of checkov"),
                        }),
                        Err(_) => {
                            draft.refuse(node, &format!("skip-path: {pattern} is no pattern"));
                        }
                    }
                }
            }
            "check" => draft
                .leave(key, "check: all checks run unless they are off; name the few with --check"),
            "soft-fail" if value.as_bool() == Some(false) => {}
            "soft-fail" => draft.leave(key, "soft-fail: there is no never; see fail-on"),
            // What it reads and how it shows it.
            "compact"
            | "directory"
            | "file"
            | "framework"
            | "output"
            | "quiet"
            | "output-file-path"
            | "download-external-modules"
            | "evaluate-variables"
            | "branch"
            | "summary-position"
            | "block-list-secret-scan" => {
                draft.leave(key, &format!("{} is an option of the command line", key.text()));
            }
            other => draft.leave(key, &format!("{other} has no counterpart")),
        }
    }
}

/// The items of a list, or of a text with commas.
fn each(value: Node<'_>) -> Vec<(Node<'_>, &str)> {
    let nodes: Vec<Node<'_>> =
        if value.kind() == Kind::Seq { value.items().collect() } else { vec![value] };
    nodes
        .into_iter()
        .flat_map(|node| node.text().split(',').map(move |id| (node, id.trim())))
        .filter(|(_, id)| !id.is_empty())
        .collect()
}

fn is_severity(id: &str) -> bool {
    ["LOW", "MEDIUM", "HIGH", "CRITICAL", "NONE", "INFO"].contains(&id.to_uppercase().as_str())
}

fn is_of_kubernetes(id: &str) -> bool {
    ["CKV_K8S", "CKV2_K8S", "BC_K8S"].iter().any(|prefix| id.to_uppercase().starts_with(prefix))
}
