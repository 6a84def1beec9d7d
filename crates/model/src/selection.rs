//! Who selects whom, without comparing every selector with every pod.
//!
//! Pods are listed by each of their labels, and selectors by the rarest label that they require.
//! So a question costs what its answer is long, and a cluster of any size stays linear as long as
//! labels tell its workloads apart. Lists are kept by a hash: whoever shares one is dropped when
//! the selector is matched in earnest.

use std::collections::HashMap;
use std::sync::OnceLock;

use xxhash_rust::xxh3::Xxh3;

use crate::document::Node;
use crate::inventory::Inventory;
use crate::object::{Object, ObjectKind};
use crate::read::Undecided;
use crate::selector::{Labels, Selector};
use crate::workload::{Pod, pods_of};

/// A pod or pod template of the inventory, before its containers are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// The object that declares it.
    pub object: Object<'a>,
    /// The pod's own metadata.
    pub metadata: Option<Node<'a>>,
    /// The pod's spec.
    pub spec: Node<'a>,
}

impl<'a> Template<'a> {
    /// The pod's labels.
    pub fn labels(&self) -> Result<Labels<'a>, Undecided<'a>> {
        Labels::of_metadata(self.metadata)
    }

    /// The pod with its containers.
    pub fn pod(&self) -> Pod<'a> {
        Pod::new(self.object, self.metadata, self.spec)
    }
}

/// Numbers of pods or objects, by the hash of what they are found by.
type ByHash = HashMap<u64, Vec<u32>>;

/// The index; made when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    index: OnceLock<Index>,
}

impl Selection {
    fn of(&self, inventory: &Inventory) -> &Index {
        self.index.get_or_init(|| Index::new(inventory))
    }
}

#[derive(Debug, Default)]
struct Index {
    entries: Vec<PodEntry>,
    /// Numbers of entries, by the labels of the pods.
    pods: Table,
    /// Numbers of objects, by the Services' own labels.
    services: Table,
    /// Objects that select, by kind, namespace and a label that they require.
    selecting: ByHash,
    /// Objects that select and require no label, or can't be read, by kind and namespace.
    selecting_any: ByHash,
}

/// Numbers by the labels of what they stand for.
#[derive(Debug, Default)]
struct Table {
    /// By namespace and label.
    by_label: ByHash,
    /// By namespace.
    by_namespace: ByHash,
}

impl Table {
    fn add(&mut self, namespace: &str, labels: Labels<'_>, number: u32) {
        self.by_namespace.entry(hash(&[namespace])).or_default().push(number);
        for (key, value) in labels.iter() {
            self.by_label.entry(hash(&[namespace, key, value])).or_default().push(number);
        }
    }

    /// The required label that is rarest here.
    fn rarest<'s, 'a>(
        &self,
        namespace: &str,
        selector: &'s Selector<'a>,
    ) -> Option<(&'a str, &'s [&'a str])> {
        selector.required().min_by_key(|(key, values)| {
            values
                .iter()
                .map(|value| self.by_label.get(&hash(&[namespace, key, value])).map_or(0, Vec::len))
                .sum::<usize>()
        })
    }

    /// The numbers among which a selector's are, each once, in reading order.
    fn candidates(&self, namespace: &str, selector: &Selector<'_>) -> Vec<u32> {
        let Some((key, values)) = self.rarest(namespace, selector) else {
            return self.by_namespace.get(&hash(&[namespace])).cloned().unwrap_or_default();
        };
        let mut numbers: Vec<u32> = values
            .iter()
            .filter_map(|value| self.by_label.get(&hash(&[namespace, key, value])))
            .flatten()
            .copied()
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

#[derive(Debug)]
struct PodEntry {
    object: u32,
    metadata: Option<u32>,
    spec: u32,
}

/// The kinds that [`Selector::of_object`] knows.
const SELECTING: &[ObjectKind] =
    &[ObjectKind::Service, ObjectKind::NetworkPolicy, ObjectKind::PodDisruptionBudget];

/// A hash of words, by which lists are kept.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let mut hash = Xxh3::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    hash.digest()
}

impl Index {
    fn new(inventory: &Inventory) -> Self {
        let mut index = Index::default();
        for object in inventory.objects() {
            for pod in pods_of(object) {
                index.add_pod(&pod);
            }
        }
        for service in inventory.of_kind(ObjectKind::Service) {
            let labels = Labels::of_metadata(service.metadata()).unwrap_or(Labels::NONE);
            index.services.add(service.namespace().unwrap_or_default(), labels, service.index());
        }
        for &kind in SELECTING {
            for object in inventory.of_kind(kind) {
                index.add_selecting(object);
            }
        }
        index
    }

    fn add_pod(&mut self, pod: &Pod<'_>) {
        let number = self.entries.len() as u32;
        self.entries.push(PodEntry {
            object: pod.object.index(),
            metadata: pod.metadata.map(Node::index),
            spec: pod.spec.index(),
        });
        // Labels that can't be read match nothing; the API server refuses such an object.
        let labels = Labels::of_metadata(pod.metadata).unwrap_or(Labels::NONE);
        self.pods.add(pod.object.namespace().unwrap_or_default(), labels, number);
    }

    fn add_selecting(&mut self, object: Object<'_>) {
        let kind = object.kind().name();
        let namespace = object.namespace().unwrap_or_default();
        let selector = match Selector::of_object(object) {
            Ok(None) => return,
            Ok(Some(selector)) => Some(selector),
            Err(_) => None,
        };
        let rarest = selector.as_ref().and_then(|selector| self.pods.rarest(namespace, selector));
        match rarest {
            Some((key, values)) => {
                for value in values {
                    let list = self.selecting.entry(hash(&[kind, namespace, key, value]));
                    list.or_default().push(object.index());
                }
            }
            None => {
                let list = self.selecting_any.entry(hash(&[kind, namespace]));
                list.or_default().push(object.index());
            }
        }
    }

    fn template<'a>(&self, inventory: &'a Inventory, number: u32) -> Template<'a> {
        let entry = &self.entries[number as usize];
        let object = inventory.object(entry.object as usize);
        let node = |index| object.root().document().node(index);
        Template { object, metadata: entry.metadata.map(node), spec: node(entry.spec) }
    }
}

impl Inventory {
    /// All pods and pod templates, in reading order.
    pub fn pods(&self) -> impl Iterator<Item = Template<'_>> {
        let index = self.selection.of(self);
        (0..index.entries.len() as u32).map(|number| index.template(self, number))
    }

    /// The pods and pod templates of a namespace (as written; `None` is an unnamed namespace), in
    /// reading order.
    pub fn pods_in(&self, namespace: Option<&str>) -> impl Iterator<Item = Template<'_>> {
        let index = self.selection.of(self);
        let namespace = namespace.unwrap_or_default().to_owned();
        index
            .pods
            .by_namespace
            .get(&hash(&[&namespace]))
            .into_iter()
            .flatten()
            .map(|&number| index.template(self, number))
            .filter(move |pod| pod.object.namespace().unwrap_or_default() == namespace)
    }

    /// The pods and pod templates of a namespace (as written) that a selector selects, in reading
    /// order. Pods whose labels can't be read are not among them.
    pub fn pods_selected<'a>(
        &'a self,
        namespace: Option<&str>,
        selector: &Selector<'_>,
    ) -> impl Iterator<Item = Template<'a>> {
        let index = self.selection.of(self);
        let namespace = namespace.unwrap_or_default();
        index
            .pods
            .candidates(namespace, selector)
            .into_iter()
            .map(|number| index.template(self, number))
            .filter(move |pod| {
                pod.object.namespace().unwrap_or_default() == namespace
                    && pod.labels().is_ok_and(|labels| selector.matches(labels))
            })
    }

    /// The Services of a namespace (as written) whose own labels a selector selects, as that of a
    /// ServiceMonitor does, in reading order. Those whose labels can't be read are not among them.
    pub fn services_selected<'a>(
        &'a self,
        namespace: Option<&str>,
        selector: &Selector<'_>,
    ) -> impl Iterator<Item = Object<'a>> {
        let index = self.selection.of(self);
        let namespace = namespace.unwrap_or_default();
        index
            .services
            .candidates(namespace, selector)
            .into_iter()
            .map(|number| self.object(number as usize))
            .filter(move |service| {
                service.namespace().unwrap_or_default() == namespace
                    && Labels::of_metadata(service.metadata())
                        .is_ok_and(|labels| selector.matches(labels))
            })
    }

    /// The Services, NetworkPolicies or PodDisruptionBudgets of a namespace (as written) that
    /// select a pod of these labels, in reading order. One whose selector can't be read is
    /// undecided.
    pub fn selecting<'a>(
        &'a self,
        kind: ObjectKind,
        namespace: Option<&str>,
        labels: Labels<'_>,
    ) -> impl Iterator<Item = Result<Object<'a>, Undecided<'a>>> {
        let index = self.selection.of(self);
        let namespace = namespace.unwrap_or_default();
        let mut objects: Vec<u32> = labels
            .iter()
            .filter_map(|(key, value)| {
                index.selecting.get(&hash(&[kind.name(), namespace, key, value]))
            })
            .chain(index.selecting_any.get(&hash(&[kind.name(), namespace])))
            .flatten()
            .copied()
            .collect();
        objects.sort_unstable();
        objects.dedup();
        objects
            .into_iter()
            .map(|index| self.object(index as usize))
            .filter(move |object| {
                object.kind() == kind && object.namespace().unwrap_or_default() == namespace
            })
            .filter_map(move |object| match Selector::of_object(object) {
                Ok(selector) => selector?.matches(labels).then_some(Ok(object)),
                Err(why) => Some(Err(why)),
            })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::document::{Limits, chunks, read};
    use crate::inventory::Entry;
    use crate::source::Source;

    const OBJECTS: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: other}}
spec: {template: {metadata: {labels: {app: web, tier: front}}, spec: {containers: []}}}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api, tier: back}}
spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: test, labels: {app: web}}
spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata: {name: odd, namespace: shop, labels: {app: web, version: 1}}
spec: {containers: []}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}}
---
apiVersion: v1
kind: Service
metadata: {name: none, namespace: shop}
spec: {selector: {}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: back, namespace: shop}
spec: {podSelector: {matchExpressions: [{key: tier, operator: In, values: [back, data]}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: broken, namespace: test}
spec: {podSelector: {matchLabels: {app: 5}}}
";

    fn inventory() -> Inventory {
        inventory_of(OBJECTS)
    }

    fn inventory_of(text: &str) -> Inventory {
        let source = Arc::new(Source::new("test.yaml", text.to_owned()));
        let mut inventory = Inventory::new();
        for chunk in chunks(&source) {
            for document in read(&source, chunk, &Limits::default()).documents {
                inventory.add(Entry::new(document, chunk.ordinal));
            }
        }
        inventory
    }

    fn names<'a>(objects: impl Iterator<Item = Object<'a>>) -> Vec<&'a str> {
        objects.map(Object::name).collect()
    }

    #[test]
    fn selectors_find_pods_of_their_namespace_alone() {
        let inventory = inventory();
        let selected = |namespace, name| {
            let service = inventory.of_kind(ObjectKind::Service).find(|s| s.name() == name);
            let service = service.expect("the service is there");
            let selector = Selector::of_object(service).expect("the selector can be read");
            selector.map(|selector| {
                names(inventory.pods_selected(namespace, &selector).map(|pod| pod.object))
            })
        };
        assert_eq!(selected(Some("shop"), "web"), Some(vec!["web"]));
        assert_eq!(selected(None, "web"), Some(vec![]));
        assert_eq!(selected(Some("shop"), "none"), None);
    }

    #[test]
    fn pods_find_what_selects_them() {
        let inventory = inventory();
        let policies = |namespace: Option<&str>, name| {
            let pod = inventory.pods_in(namespace).find(|pod| pod.object.name() == name);
            let labels = pod.expect("the pod is there").labels().expect("labels can be read");
            let mut found = Vec::new();
            for object in inventory.selecting(ObjectKind::NetworkPolicy, namespace, labels) {
                found.push(object.map_or("undecided", Object::name));
            }
            found
        };
        assert_eq!(policies(Some("shop"), "web"), ["all"]);
        assert_eq!(policies(Some("shop"), "api"), ["all", "back"]);
        assert_eq!(policies(Some("test"), "web"), ["undecided"]);
    }

    #[test]
    fn services_are_found_by_their_own_labels() {
        let text = "
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {selector: {app: other}}
---
apiVersion: v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop, labels: {app: web}}
";
        let inventory = inventory_of(text);
        let selected = |labels: &str, namespace| {
            let document = inventory_of(labels);
            let labels = document.object(0).root().get("labels").expect("labels are there");
            let selector = Selector::of_labels(labels).expect("the labels are strings");
            names(inventory.services_selected(namespace, &selector)).join(" ")
        };
        let of = |labels: &str| format!("{{apiVersion: v1, kind: Any, labels: {labels}}}");
        assert_eq!(selected(&of("{app: web}"), Some("shop")), "web");
        assert_eq!(selected(&of("{}"), Some("shop")), "web");
        assert_eq!(selected(&of("{app: other}"), Some("shop")), "");
        assert_eq!(selected(&of("{app: web}"), None), "");
    }

    #[test]
    fn all_pods_are_listed_in_reading_order() {
        let inventory = inventory();
        assert_eq!(names(inventory.pods().map(|pod| pod.object)), ["web", "api", "web", "odd"]);
        let shop = inventory.pods_in(Some("shop")).map(|pod| pod.object);
        assert_eq!(names(shop), ["web", "api", "odd"]);
    }

    #[test]
    fn what_is_added_later_is_found() {
        let mut inventory = inventory();
        assert_eq!(inventory.pods().count(), 4);
        let text = "{apiVersion: v1, kind: Pod, metadata: {name: new}, spec: {containers: []}}";
        let source = Arc::new(Source::new("new.yaml", text.to_owned()));
        for chunk in chunks(&source) {
            for document in read(&source, chunk, &Limits::default()).documents {
                inventory.add(Entry::new(document, chunk.ordinal));
            }
        }
        assert_eq!(names(inventory.pods_in(None).map(|pod| pod.object)), ["new"]);
    }
}
