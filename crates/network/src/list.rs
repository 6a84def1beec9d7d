//! All permitted connections, by workload.
//!
//! Lines are handed out one by one: a large cluster has millions, and whoever writes them need not
//! hold them.

use std::collections::BTreeMap;
use std::fmt;

use crate::address::{Family, Range};
use crate::connections::{Connections, ConnectionsId};
use crate::network::{Network, Peer};
use crate::pods::Workload;
use crate::ports::Protocol;
use crate::reach::{Bound, Reach};
use crate::service::Services;
use crate::ways_in::{Through, ways_in};

/// One end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<'n, 'a> {
    /// A workload, or the ingress controllers that were not read.
    Workload(&'n Workload<'a>),
    /// The cluster's nodes.
    Nodes,
    /// Addresses outside.
    Outside(Range),
}

impl PartialEq for Workload<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.namespace, self.kind, self.name) == (other.namespace, other.kind, other.name)
    }
}

impl Eq for Workload<'_> {}

impl fmt::Display for End<'_, '_> {
    /// `shop/web[Deployment]`, `10.0.0.0-10.255.255.255[External]`, `{nodes}` or
    /// `{ingress-controller}`, as np-guard's analyzer writes peers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Workload(workload) => workload.fmt(f),
            End::Nodes => f.write_str("{nodes}"),
            End::Outside(range) => write!(f, "{range}[External]"),
        }
    }
}

impl End<'_, '_> {
    /// The namespace, where it is a workload's.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            End::Workload(workload) if !workload.controller => Some(workload.namespace),
            _ => None,
        }
    }

    fn is(&self, name: &Name) -> bool {
        match (self, name) {
            (End::Workload(workload), Name::Workload { namespace, kind, name }) => {
                !workload.controller
                    && workload.name == name
                    && namespace.as_deref().is_none_or(|namespace| namespace == workload.namespace)
                    && kind.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case(workload.kind))
            }
            (End::Workload(workload), Name::Controller) => workload.controller,
            (End::Outside(_), Name::Outside) => true,
            (End::Outside(range), Name::Address(wanted)) => range.meets(wanted),
            (End::Nodes, Name::Nodes) => true,
            _ => false,
        }
    }
}

/// How people name an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// `web`, `shop/web` or `shop/deployment/web`.
    Workload {
        /// The namespace, if it is given.
        namespace: Option<String>,
        /// The kind, if it is given.
        kind: Option<String>,
        /// The name.
        name: String,
    },
    /// `ingress-controller`.
    Controller,
    /// `nodes`.
    Nodes,
    /// `external`.
    Outside,
    /// An address or a CIDR block.
    Address(Range),
}

impl std::str::FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim_matches(['{', '}']) {
            "ingress-controller" => return Ok(Name::Controller),
            "nodes" => return Ok(Name::Nodes),
            "external" | "internet" => return Ok(Name::Outside),
            _ => {}
        }
        if let Some(range) = Range::parse(text) {
            return Ok(Name::Address(range));
        }
        let parts: Vec<&str> = text.split('/').collect();
        let (namespace, kind, name) = match parts.as_slice() {
            [name] => (None, None, *name),
            [namespace, name] => (Some(*namespace), None, *name),
            [namespace, kind, name] => (Some(*namespace), Some(*kind), *name),
            _ => (None, None, ""),
        };
        if name.is_empty() || namespace.is_some_and(str::is_empty) {
            return Err(format!(
                "{text:?} names nobody: write NAME, NAMESPACE/NAME, NAMESPACE/KIND/NAME, an \
                 address or CIDR block, external, nodes or ingress-controller"
            ));
        }
        Ok(Name::Workload {
            namespace: namespace.map(str::to_owned),
            kind: kind.map(str::to_owned),
            name: name.to_owned(),
        })
    }
}

/// Which lines are wanted.
#[derive(Clone, Debug)]
pub struct Focus {
    /// Only lines with one of these at either end; all where empty.
    pub on: Vec<Name>,
    /// Only lines with one of these at the end that `on` is not at; all where empty.
    pub with: Vec<Name>,
    /// Only lines that go to (`Ingress`) or come from (`Egress`) the focus.
    pub direction: Option<crate::policy::Direction>,
    /// Only lines with a workload of one of these namespaces; all where empty.
    pub namespaces: Vec<String>,
    /// Only this part of the connections.
    pub connections: Option<Connections>,
    /// The families of addresses outside.
    pub families: Vec<Family>,
    /// Whether the nodes are listed as peers.
    pub nodes: bool,
    /// Whether a workload's connections with itself are listed.
    pub itself: bool,
}

impl Default for Focus {
    fn default() -> Self {
        Focus {
            on: Vec::new(),
            with: Vec::new(),
            direction: None,
            namespaces: Vec::new(),
            connections: None,
            families: vec![Family::V4],
            nodes: false,
            itself: false,
        }
    }
}

impl Focus {
    fn wants(&self, from: &End<'_, '_>, to: &End<'_, '_>) -> bool {
        use crate::policy::Direction;
        let any = |names: &[Name], end: &End<'_, '_>| names.iter().any(|name| end.is(name));
        let here = |end: &End<'_, '_>| {
            end.namespace().is_some_and(|space| self.namespaces.iter().any(|name| name == space))
        };
        let focused = |end: &End<'_, '_>, other: &End<'_, '_>| {
            (self.on.is_empty() || any(&self.on, end))
                && (self.namespaces.is_empty() || here(end))
                && (self.with.is_empty() || any(&self.with, other))
        };
        match self.direction {
            Some(Direction::Ingress) => focused(to, from),
            Some(Direction::Egress) => focused(from, to),
            None => focused(from, to) || focused(to, from),
        }
    }

    fn part(&self, connections: &Connections) -> Connections {
        match &self.connections {
            Some(wanted) => connections.intersection(wanted),
            None => connections.clone(),
        }
    }
}

/// A permitted connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'n, 'a> {
    /// Who sends.
    pub from: End<'n, 'a>,
    /// Who receives.
    pub to: End<'n, 'a>,
    /// What is surely permitted.
    pub connections: Connections,
    /// What is permitted beyond that if what could not be decided turns out so.
    pub unknown: Connections,
}

impl fmt::Display for Line<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} => {} : {}", self.from, self.to, self.connections)?;
        if !self.unknown.is_empty() {
            write!(f, " (unknown: {})", self.unknown)?;
        }
        Ok(())
    }
}

/// Both bounds of what is permitted; one where nothing is in doubt.
#[derive(Debug)]
pub struct Bounds<'n, 'a> {
    network: &'n Network<'a>,
    least: Reach<'n, 'a>,
    most: Option<Reach<'n, 'a>>,
}

impl<'n, 'a> Bounds<'n, 'a> {
    /// Computes them.
    pub fn of(network: &'n Network<'a>) -> Self {
        let most = network.has_doubt().then(|| Reach::of(network, Bound::Most));
        Bounds { network, least: Reach::of(network, Bound::Least), most }
    }

    /// The network.
    pub fn network(&self) -> &'n Network<'a> {
        self.network
    }

    /// What is surely permitted between peers, and what may be beyond.
    pub fn between(&mut self, from: Peer, to: Peer) -> (Connections, Connections) {
        let least = self.least.between(from, to);
        let sure = self.least.connections(least).clone();
        let unknown = match &mut self.most {
            None => Connections::NONE,
            Some(most) => {
                let id = most.between(from, to);
                most.connections(id).difference(&sure)
            }
        };
        (sure, unknown)
    }

    /// What a workload's pods are surely permitted with another's, and what may be beyond.
    pub fn between_workloads(&mut self, from: usize, to: usize) -> (Connections, Connections) {
        let mut all = (Connections::NONE, Connections::NONE);
        for &source in self.network.classes_of(from) {
            for &target in self.network.classes_of(to) {
                let one = self.between(Peer::Class(source), Peer::Class(target));
                all = (all.0.union(&one.0), all.1.union(&one.1));
            }
        }
        all.1 = all.1.difference(&all.0);
        all
    }

    /// What a workload's pods are surely permitted with a peer outside in a direction, and what may
    /// be beyond.
    pub fn with_outside(
        &mut self,
        workload: usize,
        peer: Peer,
        direction: crate::policy::Direction,
    ) -> (Connections, Connections) {
        use crate::policy::Direction;
        let mut all = (Connections::NONE, Connections::NONE);
        for &class in self.network.classes_of(workload) {
            let one = match direction {
                Direction::Ingress => self.between(peer, Peer::Class(class)),
                Direction::Egress => self.between(Peer::Class(class), peer),
            };
            all = (all.0.union(&one.0), all.1.union(&one.1));
        }
        all.1 = all.1.difference(&all.0);
        all
    }

    /// What a workload may surely or possibly have with any pod at all in a direction: with the pod
    /// of which nothing is known, and with each that is.
    pub fn with_any_pod(
        &mut self,
        workload: usize,
        direction: crate::policy::Direction,
    ) -> Connections {
        let reach = self.most.as_mut().unwrap_or(&mut self.least);
        let mut all = Connections::NONE;
        for &class in self.network.classes_of(workload) {
            let open = reach.with_all_classes(direction, class);
            all = all.union(reach.connections(open));
        }
        all
    }

    /// Hands out every line that a focus wants, sources in the order addresses, nodes, workloads,
    /// ingress controllers.
    pub fn lines<E>(
        &mut self,
        services: &Services<'a>,
        focus: &Focus,
        mut give: impl FnMut(&Line<'n, 'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        use crate::policy::Direction;
        let network = self.network;
        let workloads = network.workloads();
        let ordinary = workloads.len() - 1;
        let mut send = |from, to, (connections, unknown): (Connections, Connections)| {
            let connections = focus.part(&connections);
            let unknown = focus.part(&unknown);
            if connections.is_empty() && unknown.is_empty() {
                return Ok(());
            }
            give(&Line { from, to, connections, unknown })
        };
        let outside = |direction: Direction| -> Vec<(Peer, End<'n, 'a>)> {
            let parts = match direction {
                Direction::Ingress => network.sources(),
                Direction::Egress => network.destinations(),
            };
            let wanted = parts
                .iter()
                .enumerate()
                .filter(|(_, range)| focus.families.contains(&range.family()))
                .map(|(part, range)| (Peer::Outside(part), End::Outside(*range)));
            wanted.chain(focus.nodes.then_some((Peer::Nodes, End::Nodes))).collect()
        };
        for (peer, from) in outside(Direction::Ingress) {
            for (number, workload) in workloads[..ordinary].iter().enumerate() {
                let to = End::Workload(workload);
                if focus.wants(&from, &to) {
                    send(from, to, self.with_outside(number, peer, Direction::Ingress))?;
                }
            }
        }
        let receivers = outside(Direction::Egress);
        let mut buffers = Buffers::default();
        for (number, workload) in workloads[..ordinary].iter().enumerate() {
            let from = End::Workload(workload);
            for (peer, to) in &receivers {
                if focus.wants(&from, to) {
                    send(from, *to, self.with_outside(number, *peer, Direction::Egress))?;
                }
            }
            self.fill(number, &mut buffers);
            for (other, target) in workloads[..ordinary].iter().enumerate() {
                let to = End::Workload(target);
                if (other != number || focus.itself) && focus.wants(&from, &to) {
                    let found = self.sum(&buffers, other);
                    if let Some(found) = found {
                        send(from, to, found)?;
                    }
                }
            }
        }
        let (ways, _) = ways_in(network, services);
        let controller = End::Workload(&workloads[ordinary]);
        let class = Peer::Class(network.classes_of(ordinary)[0]);
        let mut found: BTreeMap<usize, (Connections, Connections)> = BTreeMap::new();
        for way in ways.iter().filter(|way| way.through == Through::Controller) {
            for (pod, open) in &way.targets {
                let all = found.entry(network.pods()[*pod].workload).or_default();
                let (sure, unknown) = self.between(class, Peer::Class(network.class_of(*pod)));
                all.0 = all.0.union(&sure.intersection(open));
                all.1 = all.1.union(&unknown.intersection(open));
            }
        }
        for (other, (sure, unknown)) in found {
            let to = End::Workload(&workloads[other]);
            if focus.wants(&controller, &to) {
                let unknown = unknown.difference(&sure);
                send(controller, to, (sure, unknown))?;
            }
        }
        Ok(())
    }

    fn fill(&mut self, workload: usize, buffers: &mut Buffers) {
        let classes = self.network.classes_of(workload);
        buffers.least.resize(classes.len(), Vec::new());
        buffers.most.resize(classes.len(), Vec::new());
        for (number, &class) in classes.iter().enumerate() {
            self.least.to_classes(Peer::Class(class), &mut buffers.least[number]);
            if let Some(most) = &mut self.most {
                most.to_classes(Peer::Class(class), &mut buffers.most[number]);
            }
        }
    }

    fn sum(&mut self, buffers: &Buffers, workload: usize) -> Option<(Connections, Connections)> {
        let classes = self.network.classes_of(workload);
        let sum = |reach: &mut Reach<'_, '_>, found: &[Vec<ConnectionsId>]| {
            let mut all = ConnectionsId::NONE;
            for source in found {
                for &class in classes {
                    all = reach.union(all, source[class]);
                }
            }
            all
        };
        let least = sum(&mut self.least, &buffers.least);
        let most = self.most.as_mut().map(|most| sum(most, &buffers.most));
        if least == ConnectionsId::NONE && most.is_none_or(|most| most == ConnectionsId::NONE) {
            return None;
        }
        let sure = self.least.connections(least).clone();
        let unknown = match (&self.most, most) {
            (Some(reach), Some(most)) => reach.connections(most).difference(&sure),
            _ => Connections::NONE,
        };
        Some((sure, unknown))
    }
}

#[derive(Default)]
struct Buffers {
    least: Vec<Vec<ConnectionsId>>,
    most: Vec<Vec<ConnectionsId>>,
}

/// The families of addresses that the cluster is known to use: those of its pods, nodes and
/// Services; IPv4 where nothing is known.
pub fn families(network: &Network<'_>) -> Vec<Family> {
    use seawall_model::ObjectKind;
    use seawall_model::document::Node;
    let mut v6 =
        network.pods().iter().flat_map(|pod| &pod.addresses).any(std::net::IpAddr::is_ipv6);
    let mut v4 =
        network.pods().iter().flat_map(|pod| &pod.addresses).any(std::net::IpAddr::is_ipv4);
    for service in network.inventory().of_kind(ObjectKind::Service) {
        let families = service.spec().and_then(|spec| spec.get("ipFamilies"));
        for family in families.into_iter().flat_map(Node::items) {
            v4 |= family.text() == "IPv4";
            v6 |= family.text() == "IPv6";
        }
    }
    match (v4, v6) {
        (true, true) => Family::ALL.to_vec(),
        (false, true) => vec![Family::V6],
        (_, false) => vec![Family::V4],
    }
}

/// Reads `80`, `tcp/80`, `udp/53`, `sctp/9000-9010` or `tcp`.
pub fn parse_connections(text: &str) -> Result<Connections, String> {
    use crate::ports::PortSet;
    let wrong = || format!("{text:?} is no port: write 80, udp/53, tcp/8000-8080 or tcp");
    let (protocol, ports) = match text.split_once(['/', '-']) {
        Some((name, ports)) if Protocol::of(name).is_some() => (Protocol::of(name), Some(ports)),
        _ => match Protocol::of(text) {
            Some(protocol) => (Some(protocol), None),
            None => (Some(Protocol::Tcp), Some(text)),
        },
    };
    let protocol = protocol.ok_or_else(wrong)?;
    let Some(ports) = ports else { return Ok(Connections::of(protocol, PortSet::all())) };
    let number = |text: &str| match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(wrong()),
    };
    let (first, last) = match ports.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(ports)?, number(ports)?),
    };
    if first > last {
        return Err(wrong());
    }
    Ok(Connections::of(protocol, PortSet::range(first, last)))
}
