//! Who the ends of flows are in the cluster.

use std::collections::HashMap;
use std::net::IpAddr;

use seawall_model::document::Node;

use super::{Link, Links, Party};
use crate::address::Range;
use crate::flows::{Flow, FlowEnd};
use crate::network::Network;
use crate::ports::Protocol;
use crate::service::Services;

/// A flow of which an end could not be found in the cluster.
#[derive(Clone, Debug)]
pub struct Unresolved {
    /// The line in its file.
    pub line: usize,
    /// Why.
    pub why: String,
}

/// Finds the workloads and addresses of flows.
pub fn resolve(
    network: &Network<'_>,
    services: &Services<'_>,
    flows: &[Flow],
) -> (Links, Vec<Unresolved>) {
    let finder = Finder::of(network, services);
    let mut links = Links::new();
    let mut unresolved = Vec::new();
    for flow in flows {
        let from = finder.party(&flow.from);
        let to = finder.destinations(&flow.to, flow.protocol, flow.port);
        match (from, to) {
            (Ok(from), Ok(to)) => {
                for (to, port) in to {
                    if from != to && !matches!((from, to), (Party::Outside(_), Party::Outside(_))) {
                        links.insert(Link { from, to, protocol: flow.protocol, port });
                    }
                }
            }
            (Err(why), _) | (_, Err(why)) => unresolved.push(Unresolved { line: flow.line, why }),
        }
    }
    (links, unresolved)
}

struct Finder<'n, 'a> {
    network: &'n Network<'a>,
    services: &'n Services<'a>,
    by_address: HashMap<IpAddr, usize>,
    by_pod: HashMap<(&'a str, &'a str), usize>,
    /// Workloads by namespace and name.
    by_name: HashMap<(&'a str, &'a str), usize>,
    by_service_address: HashMap<IpAddr, usize>,
}

impl<'n, 'a> Finder<'n, 'a> {
    fn of(network: &'n Network<'a>, services: &'n Services<'a>) -> Self {
        let mut finder = Finder {
            network,
            services,
            by_address: HashMap::new(),
            by_pod: HashMap::new(),
            by_name: HashMap::new(),
            by_service_address: HashMap::new(),
        };
        for pod in network.pods().iter().filter(|pod| !pod.controller) {
            let space = network.namespaces()[pod.namespace].name;
            finder.by_pod.insert((space, pod.name), pod.workload);
            // Pods on the network of their node share its address.
            for address in pod.addresses.iter().filter(|_| !pod.host_network) {
                finder.by_address.insert(*address, pod.workload);
            }
        }
        for (number, workload) in network.workloads().iter().enumerate() {
            if !workload.controller {
                finder.by_name.insert((workload.namespace, workload.name), number);
            }
        }
        for (number, service) in services.all().iter().enumerate() {
            let Some(spec) = service.object.spec() else { continue };
            let listed = ["clusterIPs", "externalIPs"]
                .into_iter()
                .flat_map(|field| spec.get(field).into_iter().flat_map(Node::items))
                .chain(spec.get("clusterIP"));
            for address in listed.filter_map(|node| node.text().parse().ok()) {
                finder.by_service_address.insert(address, number);
            }
        }
        finder
    }

    fn workload(&self, end: &FlowEnd) -> Option<usize> {
        let namespace = end.namespace.as_deref()?;
        let by_name = |name: &str| self.by_name.get(&(namespace, name)).copied();
        if let Some(found) = end.workload.as_deref().and_then(by_name) {
            return Some(found);
        }
        let name = end.pod.as_deref().or(end.workload.as_deref())?;
        if let Some(found) = self.by_pod.get(&(namespace, name)) {
            return Some(*found);
        }
        // The pods of a workload begin with its name, and those that a log adds up with theirs.
        let name = name.trim_end_matches('*').trim_end_matches('-');
        (0..name.len() + 1)
            .rev()
            .filter(|&end| name.is_char_boundary(end))
            .filter(|&end| end == name.len() || name[end..].starts_with('-'))
            .find_map(|end| by_name(&name[..end]))
    }

    fn party(&self, end: &FlowEnd) -> Result<Party, String> {
        if let Some(workload) = self.workload(end) {
            return Ok(Party::Workload(workload));
        }
        if let Some(address) = end.address {
            if let Some(&workload) = self.by_address.get(&address) {
                return Ok(Party::Workload(workload));
            }
            if end.pod.is_none() && end.workload.is_none() {
                return Range::parse(&address.to_string())
                    .map(Party::Outside)
                    .ok_or_else(|| format!("{address} is no address"));
            }
        }
        Err(format!("no workload {end} was read"))
    }

    /// Who takes a connection: behind the address or name of a Service its pods, on their port.
    fn destinations(
        &self,
        end: &FlowEnd,
        protocol: Protocol,
        port: u16,
    ) -> Result<Vec<(Party, u16)>, String> {
        let service = end
            .address
            .filter(|address| !self.by_address.contains_key(address))
            .and_then(|address| self.by_service_address.get(&address))
            .map(|&number| &self.services.all()[number]);
        let Some(service) = service.filter(|_| self.workload(end).is_none()) else {
            return Ok(vec![(self.party(end)?, port)]);
        };
        let mut found = Vec::new();
        for service_port in
            service.ports.iter().filter(|p| p.port == port && p.protocol == protocol)
        {
            for &pod in &service.pods {
                let pod = &self.network.pods()[pod];
                for (_, ports) in service_port.at(pod).iter() {
                    for (first, _) in ports.ranges() {
                        found.push((Party::Workload(pod.workload), *first));
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        if found.is_empty() {
            return Err(format!(
                "{} has no pods behind port {protocol} {port}",
                service.object.id()
            ));
        }
        Ok(found)
    }
}
