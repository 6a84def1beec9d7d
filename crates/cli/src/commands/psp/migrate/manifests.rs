//! The objects that take the place of policies, as JSON.

use std::sync::Arc;

use seawall_model::document::{Kind, Limits, Node, chunks, read};
use seawall_model::workload::Pod as View;
use seawall_model::{Entry, Inventory, ObjectKind, Source};
use seawall_podsecurity::admission::PodLevel;
use seawall_podsecurity::psp::{CONTAINERS, CelRule, Changed, Policy, Step};
use serde_json::{Map, Value, json};

use super::super::diff;
use super::plan::Namespace;

/// What the standards do not say of what some policies demand in some namespaces.
pub(super) struct AdmissionPolicy {
    pub(super) name: String,
    /// The policies whose place it takes.
    pub(super) policies: Vec<String>,
    pub(super) namespaces: Vec<String>,
    /// The rules of each policy that the level does not imply.
    rules: Vec<Vec<CelRule>>,
}

impl AdmissionPolicy {
    /// `None` where the level says it all, or one of the policies demands nothing more: a pod had
    /// to fit one of them.
    pub(super) fn new(
        policies: &[&Policy],
        level: PodLevel,
        namespaces: Vec<String>,
    ) -> Option<Self> {
        let implied = |rule: &CelRule| rule.implied_by.is_some_and(|by| by <= level);
        let rules: Vec<Vec<CelRule>> = policies
            .iter()
            .map(|policy| policy.rules().into_iter().filter(|rule| !implied(rule)).collect())
            .collect();
        if rules.iter().any(Vec::is_empty) {
            return None;
        }
        let names: Vec<String> = policies.iter().map(|policy| policy.name.clone()).collect();
        let name = format!("psp-{}-beyond-{level}", names.join("-or-"));
        Some(AdmissionPolicy { name, policies: names, namespaces, rules })
    }

    /// The policies' fields that it takes the place of.
    pub(super) fn fields(&self) -> Vec<&'static str> {
        let mut fields: Vec<&'static str> = Vec::new();
        for rule in self.rules.iter().flatten() {
            if !fields.contains(&rule.field) {
                fields.push(rule.field);
            }
        }
        fields
    }

    /// The ValidatingAdmissionPolicy and its binding.
    pub(super) fn objects(&self) -> [Value; 2] {
        let (name, expression) = CONTAINERS;
        let mut variables = vec![json!({"name": name, "expression": expression})];
        let validations: Vec<Value> = match self.rules.as_slice() {
            [rules] => rules
                .iter()
                .map(|rule| {
                    json!({"expression": rule.expression, "reason": "Forbidden",
                           "message": format!("{}: {}", rule.field, rule.message)})
                })
                .collect(),
            several => {
                let mut fits = Vec::new();
                for (number, rules) in several.iter().enumerate() {
                    let all: Vec<String> =
                        rules.iter().map(|rule| format!("({})", rule.expression)).collect();
                    let name = format!("fits{number}");
                    fits.push(format!("variables.{name}"));
                    variables.push(json!({"name": name, "expression": all.join(" && ")}));
                }
                let message = format!(
                    "the pod fits none of the former policies {}",
                    self.policies.join(", ")
                );
                vec![json!({"expression": fits.join(" || "), "reason": "Forbidden",
                            "message": message})]
            }
        };
        let policy = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": self.name},
            "spec": {
                "failurePolicy": "Fail",
                // What is looked at can't be changed in a pod that exists.
                "matchConstraints": {"resourceRules": [{
                    "apiGroups": [""], "apiVersions": ["v1"],
                    "operations": ["CREATE"], "resources": ["pods"],
                }]},
                "variables": variables,
                "validations": validations,
            },
        });
        let binding = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": self.name},
            "spec": {
                "policyName": self.name,
                "validationActions": ["Deny"],
                "matchResources": {"namespaceSelector": {"matchExpressions": [{
                    "key": "kubernetes.io/metadata.name", "operator": "In",
                    "values": self.namespaces,
                }]}},
            },
        });
        [policy, binding]
    }
}

/// A namespace with its labels; audit and warn ask for the strictest.
pub(super) fn namespace(row: &Namespace) -> Value {
    let version = row.level.version.to_string();
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": row.namespace, "labels": {
            "pod-security.kubernetes.io/enforce": row.level.level.name(),
            "pod-security.kubernetes.io/enforce-version": version,
            "pod-security.kubernetes.io/audit": "restricted",
            "pod-security.kubernetes.io/audit-version": version,
            "pod-security.kubernetes.io/warn": "restricted",
            "pod-security.kubernetes.io/warn-version": version,
        }},
    })
}

/// What a workload says itself from now on, to be applied on the server's side: nothing but the
/// fields. `None` where there are none, or the kind's lists may not be merged by name.
pub(super) fn applied(view: &View<'_>, explicit: &[Changed]) -> Option<Value> {
    let object = view.object;
    if explicit.is_empty() || matches!(object.kind(), ObjectKind::Custom | ObjectKind::Pod) {
        return None;
    }
    let mut pod = json!({});
    for change in explicit {
        set_by_name(&mut pod, view, change);
    }
    let around: &[&str] = match object.kind() {
        ObjectKind::PodTemplate => &["template"],
        ObjectKind::CronJob => &["spec", "jobTemplate", "spec", "template"],
        _ => &["spec", "template"],
    };
    let mut tree = pod;
    for key in around.iter().rev() {
        tree = json!({*key: tree});
    }
    let id = object.id();
    tree["apiVersion"] = json!(id.api_version);
    tree["kind"] = json!(id.kind);
    tree["metadata"]["name"] = json!(id.name);
    if let Some(namespace) = &id.namespace {
        tree["metadata"]["namespace"] = json!(namespace);
    }
    Some(tree)
}

/// Sets a field; containers are found by their names.
fn set_by_name(pod: &mut Value, view: &View<'_>, change: &Changed) {
    let mut at = pod;
    let mut original = Some(view.spec);
    for (number, step) in change.place.steps().iter().enumerate() {
        match step {
            Step::Key(key) => {
                if number > 0 {
                    original = original.and_then(|node| node.get(key));
                }
                at = &mut at[key.as_ref()];
            }
            Step::Item(index) => {
                original = original.and_then(|node| node.items().nth(*index));
                let name = original.and_then(|node| node.get("name")).map_or("", Node::text);
                if at.is_null() {
                    *at = json!([]);
                }
                let Some(items) = at.as_array_mut() else { return };
                let known = items.iter().position(|item| item["name"] == name);
                let place = known.unwrap_or_else(|| {
                    items.push(json!({"name": name}));
                    items.len() - 1
                });
                at = &mut items[place];
            }
        }
    }
    *at = diff::json(&change.value);
}

/// A workload alone, with fields set.
pub(super) fn explicit(view: &View<'_>, changes: &[Changed]) -> Inventory {
    let mut object = tree(view.object.root());
    let around = view.spec.path_from(view.object.root());
    for change in changes {
        let mut at = &mut object;
        let (first, steps) = match change.place.steps().split_first() {
            Some((Step::Key(key), rest)) => (key.as_ref(), rest),
            _ => continue,
        };
        // The pod's metadata and spec stand side by side.
        for segment in around.segments().iter().take(around.segments().len().saturating_sub(1)) {
            at = match segment {
                seawall_model::document::Segment::Key(key) => &mut at[*key],
                seawall_model::document::Segment::Item { index, .. } => &mut at[*index as usize],
            };
        }
        at = &mut at[first];
        for step in steps {
            at = match step {
                Step::Key(key) => &mut at[key.as_ref()],
                Step::Item(index) => &mut at[*index],
            };
        }
        *at = diff::json(&change.value);
    }
    let source = Arc::new(Source::new("migrated", object.to_string()));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    inventory
}

/// A value as JSON, as the API server would understand it.
fn tree(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Bool => node.as_bool().into(),
        Kind::Int => match node.as_i64() {
            Some(number) => number.into(),
            None => node.as_f64().into(),
        },
        Kind::Float => node.as_f64().into(),
        Kind::Str => node.text().into(),
        Kind::Seq => node.items().map(tree).collect(),
        Kind::Map => {
            let entries = node.entries().map(|(key, value)| (key.text().to_owned(), tree(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}
