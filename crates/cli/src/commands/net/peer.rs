//! Whom a name on the command line means.

use anyhow::bail;
use seawall_network::{Direction, Endpoint, Name, Network, Peer};

use crate::sources::instead;

/// The workloads of a name.
pub(super) fn workloads(network: &Network<'_>, wanted: &Name) -> Vec<usize> {
    let Name::Workload { namespace, kind, name } = wanted else { return Vec::new() };
    let is = |number: &usize| {
        let workload = &network.workloads()[*number];
        !workload.controller
            && workload.name == name
            && namespace.as_deref().is_none_or(|namespace| namespace == workload.namespace)
            && kind.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case(workload.kind))
    };
    (0..network.workloads().len()).filter(is).collect()
}

/// That nobody has a name, and who there is.
pub(super) fn nobody(network: &Network<'_>, name: &Name, noun: &str) -> String {
    let of_controllers = |workload: &&seawall_network::Workload<'_>| !workload.controller;
    let names: Vec<String> =
        network.workloads().iter().filter(of_controllers).map(ToString::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("there is no {noun} {}{}", written(name), instead(&names))
}

/// The name as it was written.
pub(super) fn written(name: &Name) -> String {
    match name {
        Name::Workload { namespace, kind, name } => {
            let parts = [namespace.as_deref(), kind.as_deref(), Some(name.as_str())];
            parts.into_iter().flatten().collect::<Vec<_>>().join("/")
        }
        Name::Controller => "{ingress-controller}".to_owned(),
        Name::Nodes => "{nodes}".to_owned(),
        Name::Outside => "external".to_owned(),
        Name::Address(range) => range.to_string(),
    }
}

/// An end that is asked about, with how it is shown.
pub(super) struct Asked {
    pub(super) endpoint: Endpoint,
    pub(super) label: String,
}

/// The ends that a name means: of a workload one pod of each class, of addresses each part.
pub(super) fn endpoints(
    network: &Network<'_>,
    name: &Name,
    receives: bool,
) -> anyhow::Result<Vec<Asked>> {
    let direction = if receives { Direction::Egress } else { Direction::Ingress };
    let parts = match direction {
        Direction::Ingress => network.sources(),
        Direction::Egress => network.destinations(),
    };
    let asked = |peer, label| vec![Asked { endpoint: Endpoint::Peer(peer), label }];
    match name {
        Name::Nodes => Ok(asked(Peer::Nodes, "{nodes}".to_owned())),
        Name::Controller => {
            let last = network.workloads().len() - 1;
            let class = network.classes_of(last)[0];
            Ok(asked(Peer::Class(class), "{ingress-controller}".to_owned()))
        }
        Name::Outside => Ok(parts
            .iter()
            .enumerate()
            .filter(|(_, range)| seawall_network::families(network).contains(&range.family()))
            .map(|(part, range)| Asked {
                endpoint: Endpoint::Peer(Peer::Outside(part)),
                label: format!("{range}[External]"),
            })
            .collect()),
        Name::Address(range) => {
            // The address of a pod is the pod.
            let of_pod = network.pods().iter().position(|pod| {
                range.first() == range.last() && pod.addresses.contains(&range.first())
            });
            if let Some(pod) = of_pod {
                return Ok(vec![one_pod(network, pod)]);
            }
            Ok(parts
                .iter()
                .enumerate()
                .filter(|(_, part)| part.meets(range))
                .map(|(part, whole)| Asked {
                    endpoint: Endpoint::Peer(Peer::Outside(part)),
                    label: if range.first() == range.last() {
                        range.first().to_string()
                    } else {
                        format!("{whole}[External]")
                    },
                })
                .collect())
        }
        Name::Workload { namespace, kind, name: wanted } => {
            let found = workloads(network, name);
            if found.len() > 1 {
                let names: Vec<String> =
                    found.iter().map(|&number| network.workloads()[number].to_string()).collect();
                bail!("{} may be any of {}", written(name), names.join(", "));
            }
            if let [workload] = found[..] {
                let mut classes = Vec::new();
                let mut ends = Vec::new();
                for &pod in &network.workloads()[workload].pods {
                    let class = network.class_of(pod);
                    if !classes.contains(&class) {
                        classes.push(class);
                        ends.push(pod);
                    }
                }
                let several = ends.len() > 1;
                return Ok(ends
                    .into_iter()
                    .map(|pod| {
                        let mut asked = one_pod(network, pod);
                        if !several {
                            asked.label = network.workloads()[workload].to_string();
                        }
                        // Of a workload any pod is meant, not always the same at both ends.
                        asked.endpoint = Endpoint::Peer(Peer::Class(network.class_of(pod)));
                        asked
                    })
                    .collect());
            }
            let pods: Vec<usize> = (0..network.pods().len())
                .filter(|&number| {
                    let pod = &network.pods()[number];
                    let space = network.namespaces()[pod.namespace].name;
                    pod.name == wanted
                        && namespace.as_deref().is_none_or(|namespace| namespace == space)
                        && kind.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("pod"))
                })
                .collect();
            match pods[..] {
                [] => bail!("{}", nobody(network, name, "workload or pod")),
                [pod] => Ok(vec![one_pod(network, pod)]),
                _ => bail!("{} is the name of several pods: name the namespace", written(name)),
            }
        }
    }
}

fn one_pod(network: &Network<'_>, number: usize) -> Asked {
    let pod = &network.pods()[number];
    let label = format!("{}/{}[Pod]", network.namespaces()[pod.namespace].name, pod.name);
    Asked { endpoint: Endpoint::Pod(number), label }
}
