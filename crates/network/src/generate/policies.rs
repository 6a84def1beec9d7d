//! The policies of a set of links.

use std::collections::{BTreeMap, BTreeSet};

use super::selector::select;
use super::yaml::{Writer, scalar};
use super::{Links, Party};
use crate::address::Range;
use crate::network::Network;
use crate::policy::Direction;
use crate::ports::Protocol;

/// What is written.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether each namespace gets a policy that denies what no other permits.
    pub default_deny: bool,
    /// Whether each namespace gets a policy that permits DNS.
    pub dns: bool,
    /// Only for workloads of these namespaces; all where empty.
    pub namespaces: Vec<String>,
    /// Whether they are written for Cilium, as CiliumNetworkPolicies.
    pub cilium: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { default_deny: true, dns: true, namespaces: Vec::new(), cilium: false }
    }
}

/// Labels, and a namespace where it is another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Pods {
        namespace: Option<String>,
        labels: Vec<(String, String)>,
    },
    /// Any pod in any namespace.
    AnyPod,
    Block(Range),
}

/// Ports by number.
type Ports = BTreeSet<(Protocol, u16)>;

/// Writes the policies; and notes on what could not be told apart.
pub fn generate(network: &Network<'_>, links: &Links, options: &Options) -> (String, Vec<String>) {
    let mut writer = Writer::default();
    let mut notes = BTreeSet::new();
    // A policy too few in a system namespace stops the cluster, so those must be named.
    let wanted = |namespace: &str| match options.namespaces.as_slice() {
        [] => !is_system(namespace),
        names => names.iter().any(|name| name == namespace),
    };
    let guarded: Vec<usize> = network
        .workloads()
        .iter()
        .enumerate()
        .filter(|(_, workload)| !workload.controller && wanted(workload.namespace))
        .map(|(number, _)| number)
        .collect();
    let spaces: BTreeSet<&str> =
        guarded.iter().map(|&number| network.workloads()[number].namespace).collect();
    for space in spaces {
        if options.default_deny {
            default_deny(&mut writer, space, options.cilium);
        }
        if options.dns {
            dns(&mut writer, network, space, options.cilium);
        }
        if options.dns && space == dns_target(network).0 {
            serve_dns(&mut writer, network, options.cilium);
        }
        let mut names: BTreeSet<String> =
            ["default-deny", "allow-dns", "serve-dns"].map(str::to_owned).into();
        for &number in guarded.iter().filter(|&&n| network.workloads()[n].namespace == space) {
            let mut sides: [BTreeMap<Target, Ports>; 2] = [BTreeMap::new(), BTreeMap::new()];
            for link in links {
                let (own, other, direction) = if link.to == Party::Workload(number) {
                    (link.to, link.from, Direction::Ingress)
                } else {
                    (link.from, link.to, Direction::Egress)
                };
                if own != Party::Workload(number) {
                    continue;
                }
                let target = target(network, other, space, &mut notes);
                sides[direction as usize]
                    .entry(target)
                    .or_default()
                    .insert((link.protocol, link.port));
            }
            if sides.iter().all(BTreeMap::is_empty) {
                continue;
            }
            let workload = &network.workloads()[number];
            if workload.pods.iter().any(|&pod| network.pods()[pod].host_network) {
                notes.insert(format!(
                    "{workload} is on the network of its node, where it is undefined whether \
                     policies select it"
                ));
            }
            let selected = select(network, number);
            if selected.labels.is_empty() {
                notes.insert(format!("{workload} has no label to select it by: its policy selects all pods of {space}"));
            }
            for &other in &selected.shared {
                notes.insert(format!(
                    "no label tells {workload} from {}: the policy of one selects both",
                    network.workloads()[other]
                ));
            }
            let mut name = workload.name.to_owned();
            if !names.insert(name.clone()) {
                name = format!("{name}-{}", workload.kind.to_ascii_lowercase());
                names.insert(name.clone());
            }
            let labels: Vec<(String, String)> = owned(&selected.labels);
            if options.cilium {
                cilium(&mut writer, space, &name, &labels, &sides);
            } else {
                kubernetes(&mut writer, space, &name, &labels, &sides);
            }
        }
    }
    (writer.text, notes.into_iter().collect())
}

/// Whether a namespace holds the cluster's own components.
fn is_system(namespace: &str) -> bool {
    namespace.starts_with("kube-") || namespace.starts_with("openshift-")
}

fn owned(labels: &[(&str, &str)]) -> Vec<(String, String)> {
    labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn target(
    network: &Network<'_>,
    party: Party,
    space: &str,
    notes: &mut BTreeSet<String>,
) -> Target {
    match party {
        Party::Outside(range) => Target::Block(range),
        Party::Workload(number) => {
            let workload = &network.workloads()[number];
            if workload.controller {
                notes.insert(
                    "the ingress controller was not read: any pod may do what it may; name it with \
                     its manifests to narrow that down"
                        .to_owned(),
                );
                return Target::AnyPod;
            }
            let namespace = (workload.namespace != space).then(|| workload.namespace.to_owned());
            Target::Pods { namespace, labels: owned(&select(network, number).labels) }
        }
    }
}

fn head(writer: &mut Writer, space: &str, name: &str, cilium: bool) {
    writer.line(0, "---");
    if cilium {
        writer.line(0, "apiVersion: cilium.io/v2");
        writer.line(0, "kind: CiliumNetworkPolicy");
    } else {
        writer.line(0, "apiVersion: networking.k8s.io/v1");
        writer.line(0, "kind: NetworkPolicy");
    }
    writer.line(0, "metadata:");
    writer.line(1, &format!("name: {}", scalar(name)));
    writer.line(1, &format!("namespace: {}", scalar(space)));
    writer.line(0, "spec:");
}

fn default_deny(writer: &mut Writer, space: &str, cilium: bool) {
    head(writer, space, "default-deny", cilium);
    if cilium {
        writer.line(1, "endpointSelector: {}");
        writer.line(1, "ingress:");
        writer.line(2, "- {}");
        writer.line(1, "egress:");
        writer.line(2, "- {}");
    } else {
        writer.line(1, "podSelector: {}");
        writer.line(1, "policyTypes:");
        writer.line(2, "- Ingress");
        writer.line(2, "- Egress");
    }
}

/// Where the cluster's DNS is, and on which port its pods take requests.
fn dns_target(network: &Network<'_>) -> (&'static str, (&'static str, &'static str), u16) {
    let openshift = network.namespaces().iter().any(|space| space.name == "openshift-dns");
    if openshift {
        ("openshift-dns", ("dns.operator.openshift.io/daemonset-dns", "default"), 5353)
    } else {
        ("kube-system", ("k8s-app", "kube-dns"), 53)
    }
}

fn dns(writer: &mut Writer, network: &Network<'_>, space: &str, cilium: bool) {
    let (namespace, (key, value), port) = dns_target(network);
    head(writer, space, "allow-dns", cilium);
    let target = Target::Pods {
        namespace: Some(namespace.to_owned()),
        labels: vec![(key.to_owned(), value.to_owned())],
    };
    let ports: Ports = [(Protocol::Tcp, port), (Protocol::Udp, port)].into();
    let sides = [BTreeMap::new(), BTreeMap::from([(target, ports)])];
    if cilium {
        writer.line(1, "endpointSelector: {}");
        cilium_sides(writer, &sides);
    } else {
        writer.line(1, "podSelector: {}");
        writer.line(1, "policyTypes:");
        writer.line(2, "- Egress");
        kubernetes_sides(writer, &sides);
    }
}

/// What permits everyone to ask the cluster's DNS.
fn serve_dns(writer: &mut Writer, network: &Network<'_>, cilium: bool) {
    let (namespace, (key, value), port) = dns_target(network);
    head(writer, namespace, "serve-dns", cilium);
    let labels = [(key.to_owned(), value.to_owned())];
    let ports: Ports = [(Protocol::Tcp, port), (Protocol::Udp, port)].into();
    let sides = [BTreeMap::from([(Target::AnyPod, ports)]), BTreeMap::new()];
    if cilium {
        writer.labels(1, "endpointSelector", &labels);
        cilium_sides(writer, &sides);
    } else {
        writer.labels(1, "podSelector", &labels);
        writer.line(1, "policyTypes:");
        writer.line(2, "- Ingress");
        kubernetes_sides(writer, &sides);
    }
}

fn kubernetes(
    writer: &mut Writer,
    space: &str,
    name: &str,
    labels: &[(String, String)],
    sides: &[BTreeMap<Target, Ports>; 2],
) {
    head(writer, space, name, false);
    writer.labels(1, "podSelector", labels);
    writer.line(1, "policyTypes:");
    for direction in Direction::ALL {
        if !sides[direction as usize].is_empty() {
            writer.line(2, &format!("- {}", direction.name()));
        }
    }
    kubernetes_sides(writer, sides);
}

/// Targets that may have the same ports are one rule.
fn rules(side: &BTreeMap<Target, Ports>) -> BTreeMap<&Ports, Vec<&Target>> {
    let mut rules: BTreeMap<&Ports, Vec<&Target>> = BTreeMap::new();
    for (target, ports) in side {
        rules.entry(ports).or_default().push(target);
    }
    rules
}

fn kubernetes_sides(writer: &mut Writer, sides: &[BTreeMap<Target, Ports>; 2]) {
    for direction in Direction::ALL {
        let side = &sides[direction as usize];
        if side.is_empty() {
            continue;
        }
        writer.line(1, &format!("{}:", direction.field()));
        for (ports, targets) in rules(side) {
            writer.line(2, &format!("- {}:", direction.peers()));
            for target in targets {
                match target {
                    Target::AnyPod => writer.line(4, "- namespaceSelector: {}"),
                    Target::Block(range) => {
                        for block in range.blocks() {
                            writer.line(4, "- ipBlock:");
                            writer.line(6, &format!("cidr: {}", scalar(&block)));
                        }
                    }
                    Target::Pods { namespace: None, labels } => {
                        writer.labels(4, "- podSelector", labels);
                    }
                    Target::Pods { namespace: Some(namespace), labels } => {
                        let name = [("kubernetes.io/metadata.name".to_owned(), namespace.clone())];
                        writer.labels(4, "- namespaceSelector", &name);
                        writer.labels(5, "podSelector", labels);
                    }
                }
            }
            writer.line(3, "ports:");
            for (protocol, port) in ports {
                writer.line(4, &format!("- protocol: {protocol}"));
                writer.line(5, &format!("port: {port}"));
            }
        }
    }
}

fn cilium(
    writer: &mut Writer,
    space: &str,
    name: &str,
    labels: &[(String, String)],
    sides: &[BTreeMap<Target, Ports>; 2],
) {
    head(writer, space, name, true);
    writer.labels(1, "endpointSelector", labels);
    cilium_sides(writer, sides);
}

fn cilium_sides(writer: &mut Writer, sides: &[BTreeMap<Target, Ports>; 2]) {
    for direction in Direction::ALL {
        let side = &sides[direction as usize];
        if side.is_empty() {
            continue;
        }
        let word = direction.peers();
        writer.line(1, &format!("{}:", direction.field()));
        for (ports, targets) in rules(side) {
            // Kinds of peers in one rule are all asked for, so each kind is a rule of its own.
            let kind = |target: &Target| match target {
                Target::Pods { .. } => 0,
                Target::AnyPod => 1,
                Target::Block(_) => 2,
            };
            for wanted in 0..3 {
                let of_kind: Vec<&&Target> =
                    targets.iter().filter(|target| kind(target) == wanted).collect();
                if of_kind.is_empty() {
                    continue;
                }
                match wanted {
                    0 => writer.line(2, &format!("- {word}Endpoints:")),
                    1 => {
                        writer.line(2, &format!("- {word}Entities:"));
                        writer.line(4, "- cluster");
                    }
                    _ => writer.line(2, &format!("- {word}CIDR:")),
                }
                for target in of_kind {
                    match target {
                        Target::AnyPod => {}
                        Target::Block(range) => {
                            for block in range.blocks() {
                                writer.line(4, &format!("- {}", scalar(&block)));
                            }
                        }
                        Target::Pods { namespace, labels } => {
                            let mut all = labels.clone();
                            if let Some(namespace) = namespace {
                                let key = "k8s:io.kubernetes.pod.namespace".to_owned();
                                all.insert(0, (key, namespace.clone()));
                            }
                            if all.is_empty() {
                                writer.line(4, "- {}");
                            } else {
                                writer.line(4, "- matchLabels:");
                                for (key, value) in &all {
                                    writer.line(6, &format!("{}: {}", scalar(key), scalar(value)));
                                }
                            }
                        }
                    }
                }
                writer.line(3, "toPorts:");
                writer.line(4, "- ports:");
                for (protocol, port) in ports {
                    writer.line(6, &format!("- port: \"{port}\""));
                    writer.line(7, &format!("protocol: {protocol}"));
                }
            }
        }
    }
}
