//! `config.yaml`: components without a section, and benchmarks without files.

use std::path::Path;

use seawall_model::document::{Kind, Node};

use super::Problems;
use crate::kubebench::Error;
use crate::kubebench::config::read_text;
use crate::kubebench::value::first_document;

/// The keys of a component.
const COMPONENT: [&str; 15] = [
    "bins",
    "confs",
    "defaultconf",
    "svc",
    "defaultsvc",
    "kubeconfig",
    "defaultkubeconfig",
    "cafile",
    "defaultcafile",
    "datadirs",
    "defaultdatadir",
    "optional",
    // Written in kube-bench's own configurations, and not read.
    "client_cert_file",
    "client_key_file",
    "components",
];

const NODE_TYPES: [&str; 6] =
    ["master", "node", "etcd", "controlplane", "policies", "managedservices"];

/// Looks at the common configuration of a directory.
pub(super) fn common(
    folder: &Path,
    benchmarks: &[String],
    problems: &mut Problems,
) -> Result<(), Error> {
    let file = folder.join("config.yaml");
    let name = file.display().to_string();
    let text = match read_text(&file) {
        Ok(text) => text,
        Err(error) => return problems.unreadable(error),
    };
    let Some(text) = text else {
        problems.file(&name, 1, "no-config", "there is no config.yaml, without which nothing runs");
        return Ok(());
    };
    // What is no YAML has been said where the configuration was read.
    let Ok(Some(document)) = first_document(&name, text) else { return Ok(()) };
    let root = document.root();
    sections(root, true, problems);
    for key in ["version_mapping", "target_mapping"] {
        if root.get(key).is_none() {
            problems.file(&name, 1, "no-mapping", format!("config.yaml has no {key}"));
        }
    }
    for (version, benchmark) in root.get("version_mapping").into_iter().flat_map(Node::entries) {
        if !benchmarks.iter().any(|known| known == benchmark.text()) {
            let message = format!(
                "version {} is mapped to {}, of which there is no directory",
                version.text(),
                benchmark.text()
            );
            problems.error(benchmark, "unknown-benchmark", message);
        }
    }
    let mapping = root.get("target_mapping");
    for (benchmark, targets) in mapping.into_iter().flat_map(Node::entries) {
        if !benchmarks.iter().any(|known| known == benchmark.text()) {
            let message = format!("there is no directory {}", benchmark.text());
            problems.error(benchmark, "unknown-benchmark", message);
            continue;
        }
        for target in targets.items() {
            let controls = folder.join(benchmark.text()).join(format!("{}.yaml", target.text()));
            if !controls.is_file() {
                let message = format!("{} has no {}.yaml", benchmark.text(), target.text());
                problems.error(target, "unknown-target", message);
            }
        }
    }
    for benchmark in benchmarks {
        if mapping.and_then(|mapping| mapping.get(benchmark)).is_none() {
            let message = format!("target_mapping has no {benchmark}, so it can't be run");
            problems.file(&name, 1, "no-mapping", message);
        }
    }
    Ok(())
}

/// Looks at a benchmark's own configuration, which may leave out what the common one has.
pub(super) fn own(file: &Path, problems: &mut Problems) -> Result<(), Error> {
    let name = file.display().to_string();
    let text = match read_text(file) {
        Ok(Some(text)) => text,
        Ok(None) => return Ok(()),
        Err(error) => return problems.unreadable(error),
    };
    if let Ok(Some(document)) = first_document(&name, text) {
        sections(document.root(), false, problems);
    }
    Ok(())
}

fn sections(root: Node<'_>, complete: bool, problems: &mut Problems) {
    for (key, section) in root.entries() {
        let node_type = key.text();
        if !NODE_TYPES.contains(&node_type) {
            continue;
        }
        for (key, value) in section.entries().filter(|(key, _)| key.text() != "components") {
            if COMPONENT.contains(&key.text()) {
                let message =
                    format!("{} belongs to a component, not to {node_type} itself", key.text());
                problems.error(key, "wrong-level", message);
            } else if NODE_TYPES.contains(&key.text()) && value.get("components").is_some() {
                let message = format!("the section {} stands within {node_type}", key.text());
                problems.error(key, "wrong-level", message);
            } else if value.kind() == Kind::Map {
                component(key, value, problems);
            }
        }
        for name in section.get("components").into_iter().flat_map(Node::items) {
            let settings = section.entries().find(|(key, _)| key.text() == name.text());
            if complete && settings.is_none() {
                let message =
                    format!("{node_type} has no section for its component {}", name.text());
                problems.warn(name, "unknown-component", message);
            }
        }
    }
}

fn component(name: Node<'_>, settings: Node<'_>, problems: &mut Problems) {
    for (key, value) in settings.entries() {
        if !COMPONENT.contains(&key.text()) {
            let message =
                format!("{} is no key of a component such as {}", key.text(), name.text());
            problems.error(key, "unknown-key", message);
        }
        let list =
            matches!(key.text(), "bins" | "confs" | "svc" | "kubeconfig" | "cafile" | "datadirs");
        if list && value.kind() == Kind::Str {
            let message = format!("{} is a list; a string is cut at its blanks", key.text());
            problems.warn(value, "wrong-type", message);
        }
    }
}
