//! Who is open to the whole cluster, or to outside, and by which way in.

use seawall_model::Object;

use crate::connections::Connections;
use crate::list::Bounds;
use crate::network::{Network, Peer};
use crate::policy::Direction;
use crate::service::Services;
use crate::ways_in::{Through, WayIn};

/// How open a workload is.
#[derive(Clone, Debug)]
pub struct Exposure<'a> {
    /// The workload's number.
    pub workload: usize,
    /// Whether it has the network of its node, where policies may not protect it.
    pub host_network: bool,
    /// As a receiver.
    pub ingress: Openness,
    /// As a sender.
    pub egress: Openness,
    /// The ways in that lead to it, with what passes if policies permit it.
    pub ways: Vec<Way<'a>>,
}

/// How open one direction is. What could not be decided counts as open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Openness {
    /// Whether a policy selects any of the pods in this direction.
    pub selected: bool,
    /// What any pod may have, whatever its labels and namespace.
    pub cluster: Connections,
    /// What every address outside may have.
    pub everywhere: Connections,
    /// What some address outside may have.
    pub somewhere: Connections,
}

/// A way in to a workload.
#[derive(Clone, Debug)]
pub struct Way<'a> {
    /// How requests come in.
    pub through: Through,
    /// The object that opens it.
    pub object: Object<'a>,
    /// What passes.
    pub connections: Connections,
}

/// The labels and names by which controllers of Ingresses, Gateways and Routes are known.
const CONTROLLERS: &[&str] = &[
    "ingress-nginx",
    "nginx-ingress",
    "traefik",
    "haproxy-ingress",
    "kubernetes-ingress",
    "kong",
    "contour",
    "envoy",
    "envoy-gateway",
    "istio-ingressgateway",
    "router",
    "ambassador",
];

/// The workloads that serve Ingresses, Gateways or Routes, told from their labels.
pub fn controllers(network: &Network<'_>) -> Vec<usize> {
    let is = |pod: &crate::pods::Pod<'_>| {
        pod.labels.iter().any(|(key, value)| {
            matches!(
                *key,
                "app.kubernetes.io/name"
                    | "app"
                    | "istio"
                    | "ingresscontroller.operator.openshift.io/deployment-ingresscontroller"
            ) && (CONTROLLERS.contains(value)
                || *value == "ingressgateway"
                || key.starts_with("ingresscontroller."))
        })
    };
    (0..network.workloads().len() - 1)
        .filter(|&workload| {
            network.workloads()[workload].pods.iter().any(|&pod| is(&network.pods()[pod]))
        })
        .collect()
}

/// How open every workload is, in their order.
pub fn exposure<'a>(bounds: &mut Bounds<'_, 'a>, services: &Services<'a>) -> Vec<Exposure<'a>> {
    let network = bounds.network();
    let (ways, _) = crate::ways_in::ways_in(network, services);
    let mut by_workload: Vec<Vec<usize>> = vec![Vec::new(); network.workloads().len()];
    for (number, way) in ways.iter().enumerate() {
        for (pod, _) in &way.targets {
            let list = &mut by_workload[network.pods()[*pod].workload];
            if list.last() != Some(&number) {
                list.push(number);
            }
        }
    }
    let controllers = controllers(network);
    (0..network.workloads().len() - 1)
        .map(|workload| {
            let found = by_workload[workload]
                .iter()
                .filter_map(|&way| passing(bounds, &ways[way], workload, &controllers))
                .collect();
            Exposure {
                workload,
                host_network: network.workloads()[workload]
                    .pods
                    .iter()
                    .any(|&pod| network.pods()[pod].host_network),
                ingress: openness(bounds, workload, Direction::Ingress),
                egress: openness(bounds, workload, Direction::Egress),
                ways: found,
            }
        })
        .collect()
}

fn openness(bounds: &mut Bounds<'_, '_>, workload: usize, direction: Direction) -> Openness {
    let network = bounds.network();
    let selected = network
        .classes_of(workload)
        .iter()
        .any(|&class| !network.applying_numbers(direction, class).is_empty());
    let parts = match direction {
        Direction::Ingress => network.sources(),
        Direction::Egress => network.destinations(),
    };
    let (mut everywhere, mut somewhere) = (Connections::all(), Connections::NONE);
    let families = crate::list::families(network);
    for (part, range) in parts.iter().enumerate() {
        if !families.contains(&range.family()) {
            continue;
        }
        let (sure, unknown) = bounds.with_outside(workload, Peer::Outside(part), direction);
        let open = sure.union(&unknown);
        everywhere = everywhere.intersection(&open);
        somewhere = somewhere.union(&open);
    }
    Openness { selected, cluster: bounds.with_any_pod(workload, direction), everywhere, somewhere }
}

/// What passes on a way to a workload, if anything does.
fn passing<'a>(
    bounds: &mut Bounds<'_, 'a>,
    way: &WayIn<'a>,
    workload: usize,
    controllers: &[usize],
) -> Option<Way<'a>> {
    let network = bounds.network();
    let mut connections = Connections::NONE;
    for (pod, open) in &way.targets {
        if network.pods()[*pod].workload != workload {
            continue;
        }
        let target = Peer::Class(network.class_of(*pod));
        let mut senders = Vec::new();
        match way.through {
            Through::Controller => {
                let unread = network.workloads().len() - 1;
                for &controller in controllers.iter().chain(std::iter::once(&unread)) {
                    senders.extend(
                        network.classes_of(controller).iter().map(|&class| Peer::Class(class)),
                    );
                }
            }
            // The client's address is kept, or becomes that of a node.
            Through::LoadBalancer | Through::NodePort | Through::ExternalAddress => {
                senders.extend((0..network.sources().len()).map(Peer::Outside));
                senders.push(Peer::Nodes);
            }
        }
        for sender in senders {
            let (sure, unknown) = bounds.between(sender, target);
            connections = connections.union(&sure.union(&unknown).intersection(open));
        }
    }
    (!connections.is_empty()).then_some(Way {
        through: way.through,
        object: way.object,
        connections,
    })
}
