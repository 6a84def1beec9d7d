//! The engine against the oracle, on clusters made of choices.

mod oracle;
mod support;

use proptest::prelude::*;
use seawall_network::generate::{Link, Links, Options, Party, generate, verify};
use seawall_network::lint::lint;
use seawall_network::{Network, Protocol};

use oracle::{Choices, Cluster, PROBES, PROTOCOLS, compare};

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 60..400)
}

/// All answers of a cluster in one list.
fn answers(cluster: &Cluster) -> Vec<bool> {
    let mut answers = Vec::new();
    for from in cluster.ends() {
        for to in cluster.ends() {
            for protocol in PROTOCOLS {
                let ask = |port| cluster.permits(from, to, protocol, port);
                answers.extend(PROBES.into_iter().map(ask));
            }
        }
    }
    answers
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn bitsets_agree_with_pod_by_pod(bytes in bytes()) {
        let cluster = Cluster::of(&mut Choices::new(&bytes));
        compare(&cluster, &support::inventory(&cluster.manifests()));
    }

    #[test]
    fn calico_agrees_with_pod_by_pod(bytes in bytes()) {
        let cluster = Cluster::with_calico(&mut Choices::new(&bytes));
        compare(&cluster, &support::inventory(&cluster.manifests()));
    }

    #[test]
    fn cilium_agrees_with_pod_by_pod(bytes in bytes()) {
        let cluster = Cluster::with_cilium(&mut Choices::new(&bytes));
        compare(&cluster, &support::inventory(&cluster.manifests()));
    }

    #[test]
    fn rules_that_change_nothing_can_all_be_removed(bytes in bytes()) {
        let mut cluster = Cluster::of(&mut Choices::new(&bytes));
        let text = cluster.manifests();
        let inventory = support::inventory(&text);
        let before = answers(&cluster);
        let mut dead: Vec<(String, String, bool, usize)> = lint(&Network::of(&inventory))
            .into_iter()
            .filter(|found| matches!(found.rule, "rule-redundant" | "rule-shadowed"))
            .map(|found| {
                let (direction, rest) = found.message.split_once('[').expect("a rule");
                let index = rest.split(']').next().and_then(|n| n.parse().ok()).expect("a number");
                let id = &found.object;
                (id.kind.clone(), id.name.clone(), direction == "ingress", index)
            })
            .collect();
        // Later rules first, so that the numbers of earlier ones hold.
        dead.sort_by_key(|(_, _, _, index)| std::cmp::Reverse(*index));
        for (kind, name, ingress, index) in &dead {
            cluster.remove_rule(kind, name, *ingress, *index);
        }
        prop_assert_eq!(answers(&cluster), before, "{:?}\n{}", dead, text);
    }

    #[test]
    fn what_is_generated_permits_what_was_given(
        bytes in bytes(),
        chosen in prop::collection::vec((0usize..8, 0usize..8, 0usize..3, 1u16..9000), 0..8),
        cilium in any::<bool>(),
    ) {
        let cluster = Cluster::of(&mut Choices::new(&bytes));
        let inventory = support::inventory(&cluster.manifests());
        let network = Network::of(&inventory);
        let workloads = network.workloads().len() - 1;
        let outside = |number: usize| {
            let address = oracle::ADDRESSES[number % oracle::ADDRESSES.len()].to_string();
            let range = seawall_network::address::Range::parse(&address).expect("an address");
            Party::Outside(range)
        };
        let links: Links = chosen
            .into_iter()
            .map(|(from, to, protocol, port)| Link {
                from: if from < workloads { Party::Workload(from) } else { outside(from) },
                to: if to < workloads { Party::Workload(to) } else { outside(to) },
                protocol: Protocol::ALL[protocol],
                port,
            })
            .filter(|link| link.from != link.to)
            .collect();
        // On the network of a node Cilium sees no pods, and no policy can let them in.
        let hosts = network.pods().iter().any(|pod| pod.host_network);
        let options = Options { cilium: cilium && !hosts, ..Options::default() };
        let (yaml, _) = generate(&network, &links, &options);
        let blocked = verify(&inventory, &yaml, &links);
        prop_assert_eq!(blocked.map(|list| list.len()), Ok(0), "{}\n{}", cluster.manifests(), yaml);
    }
}
