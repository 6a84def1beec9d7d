//! A second answer to the same question, by the plainest means: pod by pod, policy by policy, rule
//! by rule, port by port, on a cluster made of choices. It shares no code with the engine but the
//! text of the manifests, which it writes. `calico` and `cilium` are the same for the policies of
//! these plugins, from their documentation and source.

mod calico;
mod cilium;
mod manifests;

use calico::Calico;
use cilium::Cilium;
use std::net::{IpAddr, Ipv4Addr};

/// Numbers made of bytes; zero when there are no more.
pub struct Choices<'b> {
    bytes: std::slice::Iter<'b, u8>,
}

impl<'b> Choices<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Choices { bytes: bytes.iter() }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::from(*self.bytes.next().unwrap_or(&0)) % bound
    }

    fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn list<T>(&mut self, most: usize, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| one(self)).collect()
    }

    fn maybe<T>(&mut self, one: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 1).then(|| one(self))
    }
}

type Labels = Vec<(&'static str, &'static str)>;

pub struct Pod {
    pub name: String,
    namespace: usize,
    labels: Labels,
    ports: Vec<(&'static str, &'static str, u16)>,
    host_network: bool,
    address: Ipv4Addr,
}

#[derive(Clone)]
enum Requirement {
    Is(&'static str, &'static str),
    In(&'static str, Vec<&'static str>),
    NotIn(&'static str, Vec<&'static str>),
    Exists(&'static str),
    DoesNotExist(&'static str),
}

type Selector = Vec<Requirement>;

#[derive(Clone)]
struct Block {
    cidr: (Ipv4Addr, u8),
    except: Vec<(Ipv4Addr, u8)>,
}

#[derive(Clone)]
enum Peer {
    /// Of a NetworkPolicy.
    Selected {
        namespaces: Option<Selector>,
        pods: Option<Selector>,
    },
    Block(Block),
    /// Of the administrators' policies.
    Namespaces(Selector),
    Pods(Selector, Selector),
    Networks(Vec<(Ipv4Addr, u8)>),
    /// A kind of peer that nobody knows.
    Unknown,
}

#[derive(Clone, Copy)]
enum Port {
    All(&'static str),
    One(&'static str, u16),
    Range(&'static str, u16, u16),
    Named(Option<&'static str>, &'static str),
}

struct Rule {
    action: &'static str,
    peers: Vec<Peer>,
    ports: Option<Vec<Port>>,
}

struct NetworkPolicy {
    namespace: usize,
    pods: Selector,
    types: Option<Vec<&'static str>>,
    ingress: Vec<Rule>,
    egress: Vec<Rule>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    Admin,
    Baseline,
    ClusterAdmin,
    ClusterBaseline,
}

struct AdminPolicy {
    api: Api,
    priority: usize,
    subject: Peer,
    ingress: Vec<Rule>,
    egress: Vec<Rule>,
}

/// A cluster.
pub struct Cluster {
    namespaces: Vec<Labels>,
    pub pods: Vec<Pod>,
    network_policies: Vec<NetworkPolicy>,
    admin_policies: Vec<AdminPolicy>,
    calico: Option<Calico>,
    cilium: Option<Cilium>,
}

/// One end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Pod(usize),
    Outside(Ipv4Addr),
}

pub const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
/// Ports at and beside all borders that policies draw.
pub const PROBES: [u16; 12] = [1, 52, 53, 54, 79, 80, 81, 443, 8079, 8080, 8090, 65535];

const KEYS: [&str; 3] = ["app", "tier", "team"];
const VALUES: [&str; 3] = ["a", "b", "c"];
const PORTS: [u16; 4] = [53, 80, 443, 8080];
const NAMES: [&str; 2] = ["web", "dns"];
const BLOCKS: [(Ipv4Addr, u8); 7] = [
    (Ipv4Addr::new(0, 0, 0, 0), 0),
    (Ipv4Addr::new(8, 8, 8, 8), 32),
    (Ipv4Addr::new(8, 8, 8, 0), 24),
    (Ipv4Addr::new(8, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 30),
    (Ipv4Addr::new(255, 255, 255, 255), 32),
];
/// Addresses in and beside the blocks.
pub const ADDRESSES: [Ipv4Addr; 7] = [
    Ipv4Addr::new(0, 0, 0, 0),
    Ipv4Addr::new(8, 8, 8, 8),
    Ipv4Addr::new(8, 8, 8, 9),
    Ipv4Addr::new(8, 9, 0, 0),
    Ipv4Addr::new(9, 0, 0, 0),
    Ipv4Addr::new(10, 200, 0, 0),
    Ipv4Addr::new(255, 255, 255, 255),
];

fn labels(choices: &mut Choices<'_>) -> Labels {
    KEYS.into_iter().filter_map(|key| choices.maybe(|c| (key, c.of(&VALUES)))).collect()
}

fn selector(choices: &mut Choices<'_>) -> Selector {
    choices.list(2, |c| {
        let key = c.of(&KEYS);
        let values = |c: &mut Choices<'_>| {
            let mut values = vec![c.of(&VALUES)];
            values.extend(c.maybe(|c| c.of(&VALUES)));
            values
        };
        match c.below(5) {
            0 => Requirement::Is(key, c.of(&VALUES)),
            1 => Requirement::In(key, values(c)),
            2 => Requirement::NotIn(key, values(c)),
            3 => Requirement::Exists(key),
            _ => Requirement::DoesNotExist(key),
        }
    })
}

fn port(choices: &mut Choices<'_>, admin: bool) -> Port {
    let protocol = choices.of(&PROTOCOLS);
    match choices.below(if admin { 3 } else { 4 }) {
        0 => Port::One(protocol, choices.of(&PORTS)),
        1 => {
            let first = choices.of(&PORTS);
            Port::Range(protocol, first, first + 10)
        }
        2 => Port::Named((!admin).then_some(protocol), choices.of(&NAMES)),
        _ => Port::All(protocol),
    }
}

fn network_rule(c: &mut Choices<'_>) -> Rule {
    let peers = c.list(2, |c| match c.below(3) {
        0 => Peer::Block(Block { cidr: c.of(&BLOCKS), except: c.list(2, |c| c.of(&BLOCKS)) }),
        1 => Peer::Selected { namespaces: Some(selector(c)), pods: c.maybe(selector) },
        _ => Peer::Selected { namespaces: c.maybe(selector), pods: Some(selector(c)) },
    });
    Rule { action: "Allow", peers, ports: c.maybe(|c| c.list(2, |c| port(c, false))) }
}

fn admin_rule(c: &mut Choices<'_>, api: Api, egress: bool) -> Rule {
    let action = match api {
        Api::Admin => c.of(&["Allow", "Deny", "Pass"]),
        Api::Baseline => c.of(&["Allow", "Deny"]),
        Api::ClusterAdmin | Api::ClusterBaseline => c.of(&["Accept", "Deny", "Pass"]),
    };
    let mut peers = Vec::new();
    for _ in 0..=c.below(2) {
        peers.push(match c.below(8) {
            0..3 => Peer::Namespaces(selector(c)),
            3..5 => Peer::Pods(selector(c), selector(c)),
            5..7 if egress => Peer::Networks(vec![c.of(&BLOCKS), c.of(&BLOCKS)]),
            7 => Peer::Unknown,
            _ => Peer::Namespaces(Vec::new()),
        });
    }
    let ports = c.maybe(|c| {
        let mut ports = vec![port(c, true)];
        ports.extend(c.maybe(|c| port(c, true)));
        ports
    });
    Rule { action, peers, ports }
}

impl Cluster {
    /// Namespaces and pods made of choices.
    fn populated(c: &mut Choices<'_>) -> Self {
        let mut namespaces = vec![labels(c)];
        namespaces.extend(c.list(2, labels));
        let mut pods = Vec::new();
        for number in 0..=c.below(5) {
            pods.push(Pod {
                name: format!("p{number}"),
                namespace: c.below(namespaces.len()),
                labels: labels(c),
                ports: NAMES
                    .into_iter()
                    .filter_map(|name| c.maybe(|c| (name, c.of(&PROTOCOLS), c.of(&PORTS))))
                    .collect(),
                host_network: c.below(8) == 7,
                address: Ipv4Addr::new(10, 0, 0, number as u8 + 1),
            });
        }
        Cluster {
            namespaces,
            pods,
            network_policies: Vec::new(),
            admin_policies: Vec::new(),
            calico: None,
            cilium: None,
        }
    }

    /// Adds up to so many NetworkPolicies.
    fn add_network_policies(&mut self, c: &mut Choices<'_>, most: usize) {
        self.network_policies = c.list(most, |c| NetworkPolicy {
            namespace: c.below(self.namespaces.len()),
            pods: selector(c),
            types: c.maybe(|c| match c.below(3) {
                0 => vec!["Ingress"],
                1 => vec!["Egress"],
                _ => vec!["Ingress", "Egress"],
            }),
            ingress: c.list(2, network_rule),
            egress: c.list(2, network_rule),
        });
    }

    /// A cluster with Calico made of choices. It has NetworkPolicies where no pod is on the network
    /// of its node, for which they are undefined and Calico's own are not.
    #[allow(dead_code, reason = "each test uses its own part")]
    pub fn with_calico(c: &mut Choices<'_>) -> Self {
        let mut cluster = Self::populated(c);
        if cluster.pods.iter().all(|pod| !pod.host_network) {
            cluster.add_network_policies(c, 2);
        }
        for pod in cluster.pods.iter_mut().filter(|pod| pod.host_network) {
            // Calico resolves names of ports among its own endpoints.
            pod.ports.clear();
        }
        cluster.calico = Some(Calico::of(c, cluster.namespaces.len()));
        cluster
    }

    /// A cluster with Cilium made of choices. No pod is on the network of its node, where which
    /// node it is counts.
    #[allow(dead_code, reason = "each test uses its own part")]
    pub fn with_cilium(c: &mut Choices<'_>) -> Self {
        let mut cluster = Self::populated(c);
        cluster.pods.iter_mut().for_each(|pod| pod.host_network = false);
        cluster.add_network_policies(c, 2);
        cluster.cilium = Some(Cilium::of(c, cluster.namespaces.len()));
        cluster
    }

    /// A cluster made of choices.
    #[allow(dead_code, reason = "each test uses its own part")]
    pub fn of(c: &mut Choices<'_>) -> Self {
        let mut cluster = Self::populated(c);
        cluster.add_network_policies(c, 4);
        let mut baseline = false;
        let mut priority = 0;
        cluster.admin_policies = c.list(4, |c| {
            let mut api =
                c.of(&[Api::Admin, Api::Baseline, Api::ClusterAdmin, Api::ClusterBaseline]);
            if api == Api::Baseline {
                if baseline {
                    api = Api::Admin;
                }
                baseline = true;
            }
            // Equal priorities are undefined, so there are none; a baseline of the old kind, which
            // has no priority, comes first.
            priority += 1 + c.below(3);
            AdminPolicy {
                api,
                priority: if api == Api::Baseline { 0 } else { priority },
                subject: match c.below(2) {
                    0 => Peer::Namespaces(selector(c)),
                    _ => Peer::Pods(selector(c), selector(c)),
                },
                ingress: c.list(2, |c| admin_rule(c, api, false)),
                egress: c.list(2, |c| admin_rule(c, api, true)),
            }
        });
        cluster
    }
}

impl Cluster {
    /// Takes a rule out of a policy, which keeps the directions that it had.
    #[allow(dead_code, reason = "each test uses its own part")]
    pub fn remove_rule(&mut self, kind: &str, name: &str, ingress: bool, index: usize) {
        let number = |prefix: &str| {
            name.strip_prefix(prefix).and_then(|n| n.parse::<usize>().ok()).expect("a number")
        };
        let rules = if kind == "NetworkPolicy" {
            let policy = &mut self.network_policies[number("np")];
            if policy.types.is_none() {
                let mut types = vec!["Ingress"];
                types.extend((!policy.egress.is_empty()).then_some("Egress"));
                policy.types = Some(types);
            }
            if ingress { &mut policy.ingress } else { &mut policy.egress }
        } else {
            let policy = match kind {
                "BaselineAdminNetworkPolicy" => {
                    self.admin_policies.iter_mut().find(|policy| policy.api == Api::Baseline)
                }
                _ => self.admin_policies.get_mut(number("ap")),
            };
            let policy = policy.expect("the policy is there");
            if ingress { &mut policy.ingress } else { &mut policy.egress }
        };
        rules.remove(index);
    }
}

fn selects(selector: &Selector, labels: &Labels) -> bool {
    let value = |key: &str| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    selector.iter().all(|requirement| match requirement {
        Requirement::Is(key, wanted) => value(key) == Some(wanted),
        Requirement::In(key, wanted) => value(key).is_some_and(|value| wanted.contains(&value)),
        Requirement::NotIn(key, refused) => {
            !value(key).is_some_and(|value| refused.contains(&value))
        }
        Requirement::Exists(key) => value(key).is_some(),
        Requirement::DoesNotExist(key) => value(key).is_none(),
    })
}

fn in_block((base, length): (Ipv4Addr, u8), address: Ipv4Addr) -> bool {
    let mask = if length == 0 { 0 } else { u32::MAX << (32 - u32::from(length)) };
    u32::from(base) & mask == u32::from(address) & mask
}

impl Cluster {
    fn peer_matches(&self, peer: &Peer, own: usize, api: Option<Api>, end: End) -> bool {
        match (peer, end) {
            (Peer::Selected { namespaces, pods }, End::Pod(pod)) => {
                let pod = &self.pods[pod];
                let here = match namespaces {
                    Some(selector) => selects(selector, &self.namespaces[pod.namespace]),
                    None => pod.namespace == own,
                };
                here && pods.as_ref().is_none_or(|selector| selects(selector, &pod.labels))
            }
            (Peer::Block(block), End::Outside(address)) => {
                in_block(block.cidr, address)
                    && !block.except.iter().any(|except| in_block(*except, address))
            }
            (Peer::Namespaces(selector), End::Pod(pod)) => {
                let pod = &self.pods[pod];
                !pod.host_network && selects(selector, &self.namespaces[pod.namespace])
            }
            (Peer::Pods(namespaces, pods), End::Pod(pod)) => {
                let pod = &self.pods[pod];
                !pod.host_network
                    && selects(namespaces, &self.namespaces[pod.namespace])
                    && selects(pods, &pod.labels)
            }
            (Peer::Networks(networks), End::Outside(address)) => {
                networks.iter().any(|network| in_block(*network, address))
            }
            (Peer::Networks(networks), End::Pod(pod)) => {
                matches!(api, Some(Api::ClusterAdmin | Api::ClusterBaseline))
                    && networks.iter().any(|network| in_block(*network, self.pods[pod].address))
            }
            _ => false,
        }
    }

    fn ports_match(&self, ports: Option<&Vec<Port>>, to: End, protocol: &str, port: u16) -> bool {
        let Some(ports) = ports else { return true };
        ports.iter().any(|wanted| match wanted {
            Port::All(wanted) => *wanted == protocol,
            Port::One(wanted, number) => *wanted == protocol && *number == port,
            Port::Range(wanted, first, last) => {
                *wanted == protocol && *first <= port && port <= *last
            }
            Port::Named(wanted, name) => match to {
                End::Pod(pod) => self.pods[pod].ports.iter().any(|(have, of, number)| {
                    have == name
                        && *of == protocol
                        && *number == port
                        && wanted.is_none_or(|wanted| wanted == protocol)
                }),
                End::Outside(_) => false,
            },
        })
    }

    /// Whether NetworkPolicies isolate a pod, and whether they permit a connection.
    fn network_policies_say(
        &self,
        pod: usize,
        other: End,
        ingress: bool,
        protocol: &str,
        port: u16,
    ) -> (bool, bool) {
        let to = if ingress { End::Pod(pod) } else { other };
        let own = &self.pods[pod];
        let (mut isolated, mut permitted) = (false, false);
        for policy in &self.network_policies {
            let word = if ingress { "Ingress" } else { "Egress" };
            let has = match &policy.types {
                Some(types) => types.contains(&word),
                None => ingress || !policy.egress.is_empty(),
            };
            if !has || policy.namespace != own.namespace || !selects(&policy.pods, &own.labels) {
                continue;
            }
            isolated = true;
            for rule in if ingress { &policy.ingress } else { &policy.egress } {
                let matches = |peer| self.peer_matches(peer, policy.namespace, None, other);
                let matched = rule.peers.is_empty() || rule.peers.iter().any(matches);
                // An empty list of ports is as good as none.
                let ports = rule.ports.as_ref().filter(|ports| !ports.is_empty());
                permitted |= matched && self.ports_match(ports, to, protocol, port);
            }
        }
        (isolated, permitted)
    }

    /// Whether the policies on one pod permit a connection with the other end.
    fn side(&self, pod: usize, other: End, ingress: bool, protocol: &str, port: u16) -> bool {
        if let Some(calico) = &self.calico {
            return calico.permits(self, pod, other, ingress, protocol, port);
        }
        if let Some(cilium) = &self.cilium {
            return cilium.permits(self, pod, other, ingress, protocol, port);
        }
        let to = if ingress { End::Pod(pod) } else { other };
        for admin in [true, false] {
            if !admin {
                // Between the administrators' tiers stand the NetworkPolicies.
                let (isolated, permitted) =
                    self.network_policies_say(pod, other, ingress, protocol, port);
                if isolated {
                    return permitted;
                }
            }
            let mut policies: Vec<&AdminPolicy> = self
                .admin_policies
                .iter()
                .filter(|policy| matches!(policy.api, Api::Admin | Api::ClusterAdmin) == admin)
                .collect();
            policies.sort_by_key(|policy| policy.priority);
            'tier: for policy in policies {
                if !self.peer_matches(&policy.subject, 0, None, End::Pod(pod)) {
                    continue;
                }
                for rule in if ingress { &policy.ingress } else { &policy.egress } {
                    let unknown = rule.peers.iter().any(|peer| matches!(peer, Peer::Unknown));
                    let allows = matches!(rule.action, "Allow" | "Accept");
                    if unknown && allows {
                        continue;
                    }
                    let matched = unknown
                        || rule
                            .peers
                            .iter()
                            .any(|peer| self.peer_matches(peer, 0, Some(policy.api), other));
                    if !matched || !self.ports_match(rule.ports.as_ref(), to, protocol, port) {
                        continue;
                    }
                    if unknown {
                        return false;
                    }
                    match rule.action {
                        "Deny" => return false,
                        "Pass" => break 'tier,
                        _ => return true,
                    }
                }
            }
        }
        true
    }

    /// All ends that are asked about.
    pub fn ends(&self) -> Vec<End> {
        let pods = (0..self.pods.len()).map(End::Pod);
        pods.chain(ADDRESSES.into_iter().map(End::Outside)).collect()
    }

    /// Whether a connection is permitted.
    pub fn permits(&self, from: End, to: End, protocol: &str, port: u16) -> bool {
        let egress = match from {
            End::Pod(pod) => self.side(pod, to, false, protocol, port),
            End::Outside(_) => true,
        };
        let ingress = match to {
            End::Pod(pod) => self.side(pod, from, true, protocol, port),
            End::Outside(_) => true,
        };
        egress && ingress
    }
}

/// Compares the engine's answers for a cluster with this one's; panics where they differ.
pub fn compare(cluster: &Cluster, inventory: &seawall_model::Inventory) {
    use seawall_network::{Answer, Bounds, Endpoint, Network, Peer, Protocol, explain};
    let network = Network::of(inventory);
    let problems: Vec<&str> =
        network.problems().iter().map(|problem| problem.why.as_str()).collect();
    assert!(problems.is_empty(), "{problems:?}\n{}", cluster.manifests());
    let mut bounds = Bounds::of(&network);
    let pod_number = |pod: usize| {
        let name = &cluster.pods[pod].name;
        network.pods().iter().position(|known| known.name == name).expect("the pod was read")
    };
    let part = |ranges: &[seawall_network::address::Range], address: Ipv4Addr| {
        ranges.iter().position(|range| range.contains(IpAddr::V4(address))).expect("all are there")
    };
    for from in cluster.ends() {
        for to in cluster.ends() {
            if from == to || matches!((from, to), (End::Outside(_), End::Outside(_))) {
                continue;
            }
            let endpoint = |end: End, ranges: &[seawall_network::address::Range]| match end {
                End::Pod(pod) => Endpoint::Pod(pod_number(pod)),
                End::Outside(address) => Endpoint::Peer(Peer::Outside(part(ranges, address))),
            };
            let source = endpoint(from, network.sources());
            let target = endpoint(to, network.destinations());
            let (sure, unknown) = bounds.between(source.peer(&network), target.peer(&network));
            assert!(unknown.is_empty(), "nothing is in doubt here\n{}", cluster.manifests());
            for (name, protocol) in PROTOCOLS.into_iter().zip(Protocol::ALL) {
                assert_eq!(name, ["TCP", "UDP", "SCTP"][protocol as usize]);
                for port in PROBES {
                    let expected = cluster.permits(from, to, name, port);
                    assert_eq!(
                        sure.contains(protocol, port),
                        expected,
                        "{from:?} => {to:?} : {name} {port}\n{}",
                        cluster.manifests()
                    );
                    let answer = explain(&network, source, target, protocol, port).answer;
                    let wanted = if expected { Answer::Yes } else { Answer::No };
                    assert_eq!(
                        answer,
                        wanted,
                        "explained: {from:?} => {to:?} : {name} {port}\n{}",
                        cluster.manifests()
                    );
                }
            }
        }
    }
}
