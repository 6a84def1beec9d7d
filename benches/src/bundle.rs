//! A bundle as `seawall collect` writes it, of the cluster that the corpus would make: each object
//! with what the API server adds, and what controllers make of it.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use seawall_collect::bundle::{FORMAT, Manifest, Member, Resource, Writer, object_path};
use seawall_model::Source;
use seawall_model::document::{Kind, Limits, Node, chunks, read};
use serde::Serialize as _;
use serde_json::{Map, Value, json};

use crate::corpus::Corpus;

/// What a bundle holds.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The least number of objects.
    pub objects: u64,
    /// How many pods each Deployment has, beside its ReplicaSet; they fold into it. With none,
    /// there are Deployments alone, and nothing folds.
    pub pods: u32,
}

/// Writes a bundle; says how many objects and bytes of JSON it holds.
///
/// # Errors
///
/// Where the file can't be written.
pub fn write(path: &Path, shape: Shape, seed: u64) -> Result<(u64, u64)> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut made = Made {
        bundle: Writer::new(BufWriter::new(file), 0)?,
        resources: std::collections::BTreeMap::new(),
        objects: 0,
        bytes: 0,
    };
    for manifest in Corpus::new(seed) {
        if made.objects >= shape.objects {
            break;
        }
        let is_deployment = manifest.file.ends_with("-deployment.yaml");
        if shape.pods == 0 && !is_deployment {
            continue;
        }
        let namespace = manifest.directory.rsplit('/').take(2).collect::<Vec<_>>().join("-");
        let mut object = object(&manifest.text)?;
        served(&mut object, &namespace, made.objects);
        if is_deployment && shape.pods > 0 {
            made.controlled(&object, shape.pods)?;
        }
        made.add(&object)?;
    }
    made.finish()
}

/// The bundle so far.
struct Made {
    bundle: Writer<BufWriter<File>>,
    resources: std::collections::BTreeMap<(String, String, String), u64>,
    objects: u64,
    bytes: u64,
}

impl Made {
    fn add(&mut self, object: &Value) -> Result<()> {
        let api = object["apiVersion"].as_str().context("no apiVersion")?;
        let (group, version) = api.split_once('/').unwrap_or(("", api));
        let resource = match object["kind"].as_str().context("no kind")?.to_lowercase() {
            kind if kind.ends_with('y') => format!("{}ies", kind.trim_end_matches('y')),
            kind if kind.ends_with("ss") => format!("{kind}es"),
            kind => format!("{kind}s"),
        };
        let metadata = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
        let path = object_path(group, version, &resource, metadata("namespace"), metadata("name"));
        let mut text = Vec::new();
        let format = serde_json::ser::PrettyFormatter::with_indent(b" ");
        object.serialize(&mut serde_json::Serializer::with_formatter(&mut text, format))?;
        text.push(b'\n');
        self.bytes += text.len() as u64;
        self.objects += 1;
        self.bundle.add(&Member { path, text: String::from_utf8(text)? })?;
        *self.resources.entry((group.into(), version.into(), resource)).or_default() += 1;
        Ok(())
    }

    /// The ReplicaSet of a Deployment, and its pods.
    fn controlled(&mut self, deployment: &Value, pods: u32) -> Result<()> {
        let set = child(deployment, "apps/v1", "ReplicaSet", "6d4b75cb6d", &deployment["spec"]);
        for pod in 0..pods {
            let spec = &set["spec"]["template"]["spec"];
            self.add(&child(&set, "v1", "Pod", &format!("{pod:05x}"), spec))?;
        }
        self.add(&set)
    }

    fn finish(self) -> Result<(u64, u64)> {
        let resources = self
            .resources
            .into_iter()
            .map(|((group, version, resource), objects)| Resource {
                group,
                version,
                resource,
                objects,
            })
            .collect();
        let server_version = "v1.37.1".to_owned();
        let manifest =
            Manifest { format: FORMAT, server_version, resources, ..Manifest::default() };
        self.bundle.finish(&manifest)?;
        Ok((self.objects, self.bytes))
    }
}

/// What a controller makes of an object.
fn child(owner: &Value, api_version: &str, kind: &str, suffix: &str, spec: &Value) -> Value {
    let of = &owner["metadata"];
    let text = |key: &str| of[key].as_str().unwrap_or_default();
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {
            "creationTimestamp": of["creationTimestamp"],
            "labels": of["labels"],
            "name": format!("{}-{suffix}", text("name")),
            "namespace": of["namespace"],
            "ownerReferences": [{
                "apiVersion": owner["apiVersion"], "blockOwnerDeletion": true, "controller": true,
                "kind": owner["kind"], "name": of["name"], "uid": of["uid"]}],
            "resourceVersion": of["resourceVersion"],
            "uid": format!("{}-{suffix}", text("uid")),
        },
        "spec": spec,
    })
}

/// What the API server adds to an object.
fn served(object: &mut Value, namespace: &str, number: u64) {
    let is_namespace = object["kind"] == "Namespace";
    let metadata = &mut object["metadata"];
    metadata["creationTimestamp"] = "2026-01-01T00:00:00Z".into();
    metadata["generation"] = 1.into();
    metadata["resourceVersion"] = (1000 + number).to_string().into();
    metadata["uid"] = format!("6f1c7a52-8d11-4c4e-9b0a-{number:012}").into();
    if !is_namespace && metadata.get("namespace").is_none() {
        metadata["namespace"] = namespace.into();
    }
    for path in ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"] {
        let Some(pod) = object.pointer_mut(path) else { continue };
        default(pod, "dnsPolicy", "ClusterFirst".into());
        default(pod, "restartPolicy", "Always".into());
        default(pod, "schedulerName", "default-scheduler".into());
        default(pod, "securityContext", json!({}));
        default(pod, "terminationGracePeriodSeconds", 30.into());
        for list in ["containers", "initContainers"] {
            for container in pod.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                default(container, "imagePullPolicy", "IfNotPresent".into());
                default(container, "resources", json!({}));
                default(container, "terminationMessagePath", "/dev/termination-log".into());
                default(container, "terminationMessagePolicy", "File".into());
            }
        }
    }
}

fn default(map: &mut Value, key: &str, value: Value) {
    if map.get(key).is_none() {
        map[key] = value;
    }
}

/// A manifest as the API server understands it.
fn object(text: &str) -> Result<Value> {
    let source = Arc::new(Source::new("", text.to_owned()));
    let chunk = chunks(&source).into_iter().next().context("an empty manifest")?;
    let reading = read(&source, chunk, &Limits::default());
    let document = reading.documents.into_iter().next().context("the corpus is well-formed")?;
    Ok(value(document.root()))
}

fn value(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Map => {
            let entries = node.entries().map(|(key, item)| (key.text().to_owned(), value(item)));
            Value::Object(entries.collect::<Map<String, Value>>())
        }
        Kind::Seq => node.items().map(value).collect(),
        Kind::Str => node.text().into(),
        Kind::Bool => node.as_bool().into(),
        Kind::Int => node.as_i64().into(),
        Kind::Float => node.text().parse::<f64>().ok().into(),
        Kind::Null => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_fold_into_their_deployments() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let scanned = |pods| {
            let path = folder.path().join("b.tar.zst");
            let shape = Shape { objects: 2000, pods };
            let (objects, _) = write(&path, shape, 1).expect("it can be written");
            let targets = [path.to_string_lossy().into_owned()];
            let collected = seawall_collect::collect(&targets, &Default::default());
            let collected = collected.expect("it can be read");
            assert!(!collected.target_failed);
            assert_eq!(collected.inventory.coverage().unread().count(), 0);
            (objects, collected.inventory.len() as u64)
        };
        let (objects, kept) = scanned(20);
        assert!(kept * 4 < objects, "{kept} of {objects}");
        let (objects, kept) = scanned(0);
        assert_eq!(kept, objects);
    }
}
