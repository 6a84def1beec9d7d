//! The files of a migration.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use seawall_model::{Edit, Source};
use seawall_report::list::{self, ListFormat};
use serde_json::Value;

use super::super::world::World;
use super::manifests::{applied, namespace};
use super::plan::Plan;
use crate::fixing::diff;

/// Writes all files.
pub(super) fn all(folder: &Path, plan: &Plan, world: &World<'_>) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let namespaces: Vec<Value> = plan.report.namespaces.iter().map(namespace).collect();
    let policies: Vec<Value> =
        plan.policies.iter().flat_map(super::manifests::AdmissionPolicy::objects).collect();
    let workloads: Vec<Value> = world
        .workloads
        .iter()
        .zip(&plan.explicit)
        .filter_map(|(workload, explicit)| applied(&workload.view, explicit))
        .collect();
    put(folder, "namespaces.yaml", &yaml(&namespaces)?)?;
    put(folder, "validating-admission-policies.yaml", &yaml(&policies)?)?;
    put(folder, "workloads.yaml", &yaml(&workloads)?)?;
    put(folder, "workloads.patch", &patches(plan, world)?)?;
    let mut report = Vec::new();
    list::record(ListFormat::Json, &plan.report, &mut report)?;
    put(folder, "report.json", &report)
}

fn put(folder: &Path, name: &str, content: &[u8]) -> anyhow::Result<()> {
    let path = folder.join(name);
    fs::write(&path, content).with_context(|| format!("can't write {}", path.display()))
}

fn yaml(objects: &[Value]) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    for object in objects {
        text.extend_from_slice(b"---\n");
        list::record(ListFormat::Yaml, object, &mut text)?;
    }
    Ok(text)
}

/// The changes of the files that the workloads stand in; what was rendered or bundled is no file,
/// and files in which a change can't be made without another are left to `workloads.yaml`.
fn patches(plan: &Plan, world: &World<'_>) -> anyhow::Result<Vec<u8>> {
    let mut files: BTreeMap<&str, (&Arc<Source>, Vec<Edit<'_>>)> = BTreeMap::new();
    for (workload, explicit) in world.workloads.iter().zip(&plan.explicit) {
        let source = workload.view.object.root().document().source();
        if source.origin(0).is_some() || !Path::new(source.name().as_ref()).is_file() {
            continue;
        }
        let edits = explicit.iter().filter_map(|change| change.edit(&workload.view));
        files.entry(source.name()).or_insert((source, Vec::new())).1.extend(edits);
    }
    let mut out = Vec::new();
    for (name, (source, edits)) in files {
        if edits.is_empty() {
            continue;
        }
        match seawall_patch::patch(source, &edits) {
            Ok(text) => diff::write(&mut out, name, source.text(), &text)?,
            Err(why) => tracing::warn!("{name} is not in workloads.patch: {why}"),
        }
    }
    Ok(out)
}
