//! From an inventory to full reachability, for clusters of several sizes, and one question asked of
//! a cluster that is loaded.
//!
//! `cargo bench -p seawall-network`. After the first cluster the peak memory of the process, the
//! manifests included, is written.

#![allow(clippy::print_stdout, reason = "tells the peak memory")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use seawall_model::Inventory;
use seawall_network::lint::lint;
use seawall_network::nft::{Placement, compile};
use seawall_network::{Bound, ConnectionsId, Endpoint, Network, Peer, Protocol, Reach, explain};

/// How large a cluster is.
struct Size {
    namespaces: usize,
    workloads: usize,
    pods: usize,
    policies: usize,
}

/// Pods of many workloads, policies that isolate them and let a few others in, by label, by
/// namespace, by address and by named port. The same every time.
fn cluster(size: &Size) -> Inventory {
    let mut text = String::new();
    for space in 0..size.namespaces {
        writeln!(
            text,
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: n{space}, labels: {{team: t{}}}}}\n---",
            space % 20
        )
        .expect("a string can be written to");
    }
    let each = size.pods / size.workloads;
    for workload in 0..size.workloads {
        let space = workload % size.namespaces;
        for pod in 0..each {
            writeln!(
                text,
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: w{workload}-{pod}\n  namespace: n{space}\n  \
                 labels: {{app: w{workload}, tier: x{}, apps.kubernetes.io/pod-index: '{pod}'}}\n  \
                 ownerReferences: [{{apiVersion: apps/v1, kind: StatefulSet, name: w{workload}, controller: true}}]\n\
                 spec: {{containers: [{{name: c, image: i, ports: [{{name: web, containerPort: {}}}]}}]}}\n\
                 status: {{podIP: 10.{}.{}.{}, hostIP: 192.168.0.1}}\n---",
                workload % 5,
                8000 + workload % 10,
                workload / 250,
                workload % 250,
                pod + 1,
            )
            .expect("a string can be written to");
        }
    }
    for policy in 0..size.policies {
        let space = policy % size.namespaces;
        let own = policy % size.workloads;
        let other = (policy * 7 + 3) % size.workloads;
        writeln!(
            text,
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
             metadata: {{name: p{policy}, namespace: n{space}}}\nspec:\n  \
             podSelector: {{matchLabels: {{app: w{own}}}}}\n  policyTypes: [Ingress, Egress]\n  \
             ingress:\n  - from:\n    - podSelector: {{matchLabels: {{tier: x{}}}}}\n    \
             - namespaceSelector: {{matchLabels: {{team: t{}}}}}\n      \
             podSelector: {{matchLabels: {{app: w{other}}}}}\n    ports: [{{port: web}}]\n  egress:\n  \
             - to: [{{ipBlock: {{cidr: {}.0.0.0/8, except: [{}.1.0.0/16]}}}}]\n    \
             ports: [{{port: 443}}]\n  - to: [{{namespaceSelector: {{matchLabels: {{team: t{}}}}}}}]\n    \
             ports: [{{port: {}, endPort: {}}}]\n---",
            policy % 5,
            policy % 20,
            20 + policy % 50,
            20 + policy % 50,
            (policy + 1) % 20,
            8000,
            8005 + policy % 5,
        )
        .expect("a string can be written to");
    }
    support::inventory(&text)
}

/// Computes what every pair of classes may have; the number of pairs that may have something.
fn all_pairs(inventory: &Inventory) -> usize {
    let network = Network::of(inventory);
    let mut reach = Reach::of(&network, Bound::Least);
    let mut found = Vec::new();
    let mut pairs = 0;
    for class in 0..network.classes().len() {
        reach.to_classes(Peer::Class(class), &mut found);
        pairs += found.iter().filter(|id| **id != ConnectionsId::NONE).count();
        pairs += reach.to_outside(class).len();
    }
    pairs
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.map_or_else(|| "not known".to_owned(), |line| line.replace("VmHWM:", "").trim().to_owned())
}

fn reach(c: &mut Criterion) {
    let mut group = c.benchmark_group("network");
    group.sample_size(10);
    let ten = Size { namespaces: 200, workloads: 2_000, pods: 10_000, policies: 1_000 };
    let inventory = cluster(&ten);
    group.bench_function("10,000 pods, 200 namespaces, 1,000 policies", |b| {
        b.iter(|| black_box(all_pairs(&inventory)));
    });
    println!("peak memory with the manifests: {}", peak_memory());
    let network = Network::of(&inventory);
    group.bench_function("one question of a loaded cluster", |b| {
        let mut pod = 0;
        b.iter(|| {
            pod = (pod + 7) % network.pods().len();
            let (from, to) = (Endpoint::Pod(pod), Endpoint::Pod(network.pods().len() - 1 - pod));
            black_box(explain(&network, from, to, Protocol::Tcp, 8001).answer)
        });
    });
    group.bench_function("lint of 10,000 pods and 1,000 policies", |b| {
        b.iter(|| black_box(lint(&network).len()));
    });
    group.bench_function("10,000 pods as nftables rules", |b| {
        b.iter(|| {
            let placement = Placement::of_status(&network, None).expect("addresses differ");
            black_box(compile(&network, &placement).text.len())
        });
    });
    drop(inventory);
    let hundred = Size { namespaces: 500, workloads: 5_000, pods: 100_000, policies: 5_000 };
    let inventory = cluster(&hundred);
    group.bench_function("100,000 pods, 5,000 workloads, 5,000 policies", |b| {
        b.iter(|| black_box(all_pairs(&inventory)));
    });
    println!("peak memory with the manifests: {}", peak_memory());
    group.finish();
}

criterion_group!(benches, reach);
criterion_main!(benches);
