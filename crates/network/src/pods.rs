//! Which pods there are or will be, and to which workload each belongs.
//!
//! Manifests declare workloads; a live cluster also has the ReplicaSets and pods that came of them.
//! Where pods of a workload were read they stand for it, and its template does not count twice.
//! Pods go by the name of the workload that one would edit: the last owner in the chain that was
//! read, else the direct owner.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::net::IpAddr;

use seawall_model::document::Node;
use seawall_model::{Inventory, Labels, Object, ObjectKind, Undecided};

use crate::ports::Protocol;
use crate::problem::Problem;

/// The namespace of objects that name none.
pub const DEFAULT_NAMESPACE: &str = "default";
/// The label that the API server gives every namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";
/// How many owners a pod may have above each other.
const MOST_OWNERS: usize = 8;

/// A namespace.
#[derive(Clone, Debug)]
pub struct Namespace<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its labels, with the one that holds its name.
    pub labels: Vec<(&'a str, &'a str)>,
    /// The object; `None` where only things in it were read, so that its labels are not known.
    pub object: Option<Object<'a>>,
}

impl<'a> Namespace<'a> {
    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&'a str> {
        self.labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }
}

/// A port that a container gives a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamedPort<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub port: u16,
}

/// A pod, or the pods that a template will make.
#[derive(Clone, Debug)]
pub struct Pod<'a> {
    /// The object that declares it; `None` for an ingress controller that was not read.
    pub object: Option<Object<'a>>,
    /// Its name; of a template the workload's.
    pub name: &'a str,
    /// Its namespace's number.
    pub namespace: usize,
    /// Its labels.
    pub labels: Vec<(&'a str, &'a str)>,
    /// The name of its service account.
    pub account: &'a str,
    /// Whether it has the network of its node.
    pub host_network: bool,
    /// Whether it stands for ingress controllers that were not read.
    pub controller: bool,
    /// Its addresses, where they are known.
    pub addresses: Vec<IpAddr>,
    /// Its ports that have names.
    pub named_ports: Vec<NamedPort<'a>>,
    /// All ports that its containers declare.
    pub declared_ports: Vec<(Protocol, u16)>,
    /// Its workload's number.
    pub workload: usize,
}

/// What people know pods by: a Deployment, a StatefulSet, a lone pod.
#[derive(Clone, Debug)]
pub struct Workload<'a> {
    /// Its namespace's name.
    pub namespace: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The numbers of its pods.
    pub pods: Vec<usize>,
    /// Whether it stands for ingress controllers that were not read.
    pub controller: bool,
}

/// What outside traffic passes through when the controller's own pods were not read.
pub const INGRESS_CONTROLLER: &str = "{ingress-controller}";

impl fmt::Display for Workload<'_> {
    /// `shop/web[Deployment]`, or `{ingress-controller}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.controller {
            return f.write_str(INGRESS_CONTROLLER);
        }
        write!(f, "{}/{}[{}]", self.namespace, self.name, self.kind)
    }
}

/// Namespaces, pods and workloads, in the order of their names.
#[derive(Debug, Default)]
pub(crate) struct Population<'a> {
    pub(crate) namespaces: Vec<Namespace<'a>>,
    pub(crate) pods: Vec<Pod<'a>>,
    pub(crate) workloads: Vec<Workload<'a>>,
    pub(crate) problems: Vec<Problem<'a>>,
}

/// Who an object is, for looking owners up.
type Key<'a> = (&'a str, &'a str, &'a str);

impl<'a> Population<'a> {
    /// Finds all pods of an inventory.
    pub(crate) fn of(inventory: &'a Inventory) -> Self {
        let mut population = Population::default();
        let mut spaces: BTreeMap<&'a str, Namespace<'a>> = BTreeMap::new();
        for object in inventory.of_kind(ObjectKind::Namespace) {
            let mut labels: Vec<_> = match Labels::of_metadata(object.metadata()) {
                Ok(labels) => labels.iter().filter(|(key, _)| *key != NAME_LABEL).collect(),
                Err(undecided) => {
                    population.problems.push(Problem::of(object, &undecided));
                    Vec::new()
                }
            };
            labels.push((NAME_LABEL, object.name()));
            let name = object.name();
            spaces.insert(name, Namespace { name, labels, object: Some(object) });
        }
        let owners = Owners::of(inventory);
        let mut found: Vec<(Found<'a>, Key<'a>)> = Vec::new();
        let mut represented: HashSet<Key<'a>> = HashSet::new();
        for template in templates(inventory) {
            let object = template.object;
            let namespace = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
            spaces.entry(namespace).or_insert_with(|| Namespace {
                name: namespace,
                labels: vec![(NAME_LABEL, namespace)],
                object: None,
            });
            if is_over(object) {
                continue;
            }
            let key = owners.top(object, namespace);
            if object.kind() == ObjectKind::Pod {
                represented.insert(key);
            }
            found.push((template, key));
        }
        // Everything in a namespace that a policy names belongs to it, even where no pod was read.
        for object in inventory.objects() {
            if let Some(namespace) = object.namespace()
                && !spaces.contains_key(namespace)
            {
                let labels = vec![(NAME_LABEL, namespace)];
                spaces.insert(namespace, Namespace { name: namespace, labels, object: None });
            }
        }
        found.retain(|(template, key)| {
            template.object.kind() == ObjectKind::Pod
                || !(represented.contains(key) || owners.is_owned(template.object))
        });
        population.namespaces = spaces.into_values().collect();
        let numbers: HashMap<&str, usize> =
            population.namespaces.iter().enumerate().map(|(n, space)| (space.name, n)).collect();
        found.sort_by(|(a, x), (b, y)| {
            (x.0, x.2, x.1, a.object.name(), a.object.index()).cmp(&(
                y.0,
                y.2,
                y.1,
                b.object.name(),
                b.object.index(),
            ))
        });
        for (template, key) in found {
            let namespace = numbers[key.0];
            match template.pod(namespace) {
                Ok(pod) => population.add(pod, key),
                Err(undecided) => {
                    population.problems.push(Problem::of(template.object, &undecided));
                }
            }
        }
        population
    }

    fn add(&mut self, mut pod: Pod<'a>, (namespace, kind, name): Key<'a>) {
        let number = self.pods.len();
        let same = self
            .workloads
            .last()
            .is_some_and(|last| (last.namespace, last.kind, last.name) == (namespace, kind, name));
        if !same {
            let pods = Vec::new();
            self.workloads.push(Workload { namespace, kind, name, pods, controller: false });
        }
        pod.workload = self.workloads.len() - 1;
        self.workloads[pod.workload].pods.push(number);
        self.pods.push(pod);
    }

    /// Adds a pod without labels in a namespace of its own, for the ingress controllers that were
    /// not read.
    pub(crate) fn add_controller(&mut self) {
        const NAMESPACE: &str = "{outside}";
        let labels = vec![(NAME_LABEL, NAMESPACE)];
        self.namespaces.push(Namespace { name: NAMESPACE, labels, object: None });
        self.workloads.push(Workload {
            namespace: NAMESPACE,
            kind: "Pod",
            name: INGRESS_CONTROLLER,
            pods: vec![self.pods.len()],
            controller: true,
        });
        self.pods.push(Pod {
            object: None,
            name: INGRESS_CONTROLLER,
            namespace: self.namespaces.len() - 1,
            labels: Vec::new(),
            account: "",
            host_network: false,
            controller: true,
            addresses: Vec::new(),
            named_ports: Vec::new(),
            declared_ports: Vec::new(),
            workload: self.workloads.len() - 1,
        });
    }
}

/// A pod or template with its object.
struct Found<'a> {
    object: Object<'a>,
    metadata: Option<Node<'a>>,
    spec: Node<'a>,
}

/// All pods and templates that run, or will.
fn templates(inventory: &Inventory) -> impl Iterator<Item = Found<'_>> {
    let pods = inventory
        .pods()
        .filter(|template| template.object.kind() != ObjectKind::PodTemplate)
        .map(|template| Found {
            object: template.object,
            metadata: template.metadata,
            spec: template.spec,
        });
    // KubeVirt runs a machine in a pod that has the labels of its template.
    let machines = inventory.of_kind(ObjectKind::Custom).filter_map(|object| {
        if object.group() != "kubevirt.io" {
            return None;
        }
        let (metadata, spec) = match object.id().kind.as_str() {
            "VirtualMachine" => {
                let template = object.spec()?.get("template")?;
                (template.get("metadata"), template.get("spec")?)
            }
            "VirtualMachineInstance" => (object.metadata(), object.spec()?),
            _ => return None,
        };
        Some(Found { object, metadata, spec })
    });
    pods.chain(machines)
}

/// Whether a pod has come to its end, so that it has no network.
fn is_over(object: Object<'_>) -> bool {
    object.kind() == ObjectKind::Pod
        && object
            .root()
            .at_path(&["status", "phase"])
            .and_then(Node::as_str)
            .is_some_and(|phase| matches!(phase, "Succeeded" | "Failed"))
}

impl<'a> Found<'a> {
    fn pod(&self, namespace: usize) -> Result<Pod<'a>, Undecided<'a>> {
        let labels = Labels::of_metadata(self.metadata)?.iter().collect();
        let mut pod = Pod {
            object: Some(self.object),
            name: self.object.name(),
            namespace,
            labels,
            account: "default",
            host_network: false,
            controller: false,
            addresses: Vec::new(),
            named_ports: Vec::new(),
            declared_ports: Vec::new(),
            workload: 0,
        };
        for (key, value) in self.spec.map()?.filter(|(_, value)| !value.is_null()) {
            match key.text() {
                "serviceAccountName" => pod.account = value.string()?.value,
                "hostNetwork" => pod.host_network = value.boolean()?.value,
                "containers" => {
                    for container in value.list()? {
                        add_ports(&mut pod, container)?;
                    }
                }
                // A sidecar serves as long as the pod runs.
                "initContainers" => {
                    for container in value.list()? {
                        let policy = container.get("restartPolicy").and_then(Node::as_str);
                        if policy == Some("Always") {
                            add_ports(&mut pod, container)?;
                        }
                    }
                }
                _ => {}
            }
        }
        if self.object.kind() == ObjectKind::Pod
            && let Some(status) = self.object.root().get("status")
        {
            let listed = status.get("podIPs").into_iter().flat_map(Node::items);
            let texts = listed.filter_map(|ip| ip.get("ip")).chain(status.get("podIP"));
            for text in texts.filter_map(Node::as_str) {
                if let Ok(address) = text.parse()
                    && !pod.addresses.contains(&address)
                {
                    pod.addresses.push(address);
                }
            }
        }
        Ok(pod)
    }
}

fn add_ports<'a>(pod: &mut Pod<'a>, container: Node<'a>) -> Result<(), Undecided<'a>> {
    let Some(ports) = container.field("ports")? else { return Ok(()) };
    for port in ports.list()? {
        let Some(number) = port.field("containerPort")? else { continue };
        let Ok(number) = u16::try_from(number.integer()?.value) else {
            return Err(Undecided { node: number, why: "containerPort is no port".into() });
        };
        let protocol = match port.field("protocol")? {
            None => Protocol::Tcp,
            Some(name) => Protocol::of(name.string()?.value).ok_or_else(|| Undecided {
                node: name,
                why: format!("{} is no protocol of Kubernetes", name.text()).into(),
            })?,
        };
        pod.declared_ports.push((protocol, number));
        if let Some(name) = port.field("name")? {
            let name = name.string()?.value;
            pod.named_ports.push(NamedPort { name, protocol, port: number });
        }
    }
    Ok(())
}

/// Who owns whom among the objects that were read.
struct Owners<'a> {
    by_key: HashMap<Key<'a>, Object<'a>>,
}

/// Whether objects of a kind run pods, so that people know the pods by them.
fn runs_pods(kind: &str) -> bool {
    matches!(
        kind,
        "Deployment"
            | "ReplicaSet"
            | "ReplicationController"
            | "StatefulSet"
            | "DaemonSet"
            | "Job"
            | "CronJob"
            | "VirtualMachine"
            | "VirtualMachineInstance"
    )
}

impl<'a> Owners<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let by_key = inventory
            .objects()
            .filter(|object| runs_pods(&object.id().kind))
            .map(|object| {
                let namespace = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
                ((namespace, object.id().kind.as_str(), object.name()), object)
            })
            .collect();
        Owners { by_key }
    }

    /// Whether an object that was read made this one, so that this one is no workload of its own.
    fn is_owned(&self, object: Object<'a>) -> bool {
        let namespace = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
        owner(object).is_some_and(|(kind, name)| self.by_key.contains_key(&(namespace, kind, name)))
    }

    /// The workload that an object belongs to.
    fn top(&self, object: Object<'a>, namespace: &'a str) -> Key<'a> {
        let mut key = (namespace, object.id().kind.as_str(), object.name());
        if object.kind() == ObjectKind::Pod {
            match owner(object) {
                Some((kind, name)) => key = (namespace, kind, name),
                None => return key,
            }
        }
        for _ in 0..MOST_OWNERS {
            let above = self.by_key.get(&key).and_then(|object| owner(*object));
            let Some((kind, name)) = above else { break };
            let above = (namespace, kind, name);
            if !self.by_key.contains_key(&above) {
                break;
            }
            key = above;
        }
        key
    }
}

/// The kind and name of the owner that controls an object. Static pods are owned by their node,
/// which is no workload.
fn owner(object: Object<'_>) -> Option<(&str, &str)> {
    let references = object.metadata()?.get("ownerReferences")?;
    let controller = references
        .items()
        .find(|reference| reference.get("controller").and_then(Node::as_bool) == Some(true))?;
    let name = controller.get("name").and_then(Node::as_str)?;
    let kind = controller.get("kind").and_then(Node::as_str).unwrap_or("Pod");
    (kind != "Node").then_some((kind, name))
}
