//! What a pod asks for and nobody made.

use std::collections::{HashMap, HashSet};

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Inventory, Mapping, NoFix, ObjectKind, Scope, Severity};

use super::external_secrets::made_secret;

/// A Secret, ConfigMap or PersistentVolumeClaim that a pod needs and that is not among what was
/// read. Absence is knowledge only where another object of the kind is known in the namespace; what
/// is `optional`, and what a controller or Kustomize makes, is not asked for.
pub const CHECK: Check = Check {
    id: "referenced-object-missing",
    title: "Secret, ConfigMap or volume claim is not there",
    severity: Severity::Low,
    rationale: "The pod waits for the object and does not start, often first when its node is \
                lost at night. A name that nobody owns is also taken by whoever may create the \
                object: they choose the program's settings or its password.",
    remedy: "Create the object in the pod's namespace, mend the name, or write `optional: true` \
             where the program does without.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:env-value-from"],
    links: &[
        "https://kubernetes.io/docs/concepts/configuration/configmap/#using-configmaps-as-files-from-a-pod",
    ],
    scope: Scope::Inventory(run),
    fix: Err(NoFix::Intent),
    cases: include_str!("referenced_object_missing.yaml"),
};

/// What is known to be there without being read.
#[derive(Default)]
struct Made<'a> {
    /// Secrets that a controller makes, by namespace.
    secrets: HashMap<&'a str, HashSet<&'a str>>,
    /// Names that Kustomize makes, in whatever namespace.
    generated: HashSet<&'a str>,
}

impl<'a> Made<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        let mut made = Made::default();
        for object in inventory.of_kind(ObjectKind::Custom) {
            if let Some((name, _)) = made_secret(object) {
                made.secrets
                    .entry(object.namespace().unwrap_or_default())
                    .or_default()
                    .insert(name);
            }
            for list in ["configMapGenerator", "secretGenerator"] {
                let generators = object.root().get(list).into_iter().flat_map(Node::items);
                made.generated.extend(generators.filter_map(|g| g.get("name")).map(Node::text));
            }
        }
        made
    }

    fn holds(&self, kind: ObjectKind, namespace: &str, name: &str) -> bool {
        self.generated.contains(name)
            || (kind, name) == (ObjectKind::ConfigMap, "kube-root-ca.crt")
            || (kind == ObjectKind::Secret
                && self.secrets.get(namespace).is_some_and(|names| names.contains(name)))
    }
}

/// An object that a pod names.
struct Reference<'a> {
    kind: ObjectKind,
    /// The field that names it.
    name: Node<'a>,
    /// The container that asks; empty where the pod does.
    container: &'a str,
}

fn run(cx: &mut Cx<'_>) {
    let inventory = cx.inventory();
    let made = Made::new(inventory);
    for template in inventory.pods() {
        let pod = template.pod();
        for reference in references(&pod) {
            let Reference { kind, name, container } = reference;
            let namespace = pod.object.namespace();
            if inventory.named(kind, namespace, name.text()).next().is_some()
                || made.holds(kind, namespace.unwrap_or_default(), name.text())
                || inventory.in_namespace(kind, namespace).next().is_none()
            {
                continue;
            }
            let place = namespace.map_or_else(String::new, |name| format!(" of namespace {name}"));
            cx.about(pod.object).in_container(container).fail(
                name,
                format!(
                    "{} {} is not among the objects{place} that were read; create it or mend the \
                     name",
                    kind.name(),
                    name.text()
                ),
            );
        }
    }
}

fn references<'a>(pod: &Pod<'a>) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    let mut ask = |kind, source: Option<Node<'a>>, field, container| {
        let Some(source) = source else { return };
        let optional = source.get("optional").and_then(Node::as_bool) == Some(true);
        if let Some(name) = source.get(field).filter(|_| !optional) {
            found.push(Reference { kind, name, container });
        }
    };
    for container in pod.containers() {
        for variable in container.env.into_iter().flat_map(Node::items) {
            let Some(from) = variable.get("valueFrom") else { continue };
            ask(ObjectKind::Secret, from.get("secretKeyRef"), "name", container.name);
            ask(ObjectKind::ConfigMap, from.get("configMapKeyRef"), "name", container.name);
        }
        for source in container.env_from.into_iter().flat_map(Node::items) {
            ask(ObjectKind::Secret, source.get("secretRef"), "name", container.name);
            ask(ObjectKind::ConfigMap, source.get("configMapRef"), "name", container.name);
        }
    }
    for volume in pod.volumes() {
        ask(ObjectKind::Secret, volume.get("secret"), "secretName", "");
        ask(ObjectKind::ConfigMap, volume.get("configMap"), "name", "");
        let claim = volume.get("persistentVolumeClaim");
        ask(ObjectKind::PersistentVolumeClaim, claim, "claimName", "");
        let sources = volume.at_path(&["projected", "sources"]);
        for source in sources.into_iter().flat_map(Node::items) {
            ask(ObjectKind::Secret, source.get("secret"), "name", "");
            ask(ObjectKind::ConfigMap, source.get("configMap"), "name", "");
        }
    }
    found
}
