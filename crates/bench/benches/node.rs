//! How long a full run over a control plane node takes: `cargo bench -p seawall-bench`.

#[path = "../tests/support/mod.rs"]
mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use seawall_bench::BENCHMARKS;

fn node(c: &mut Criterion) {
    let node = support::kubeadm();
    // What else runs on a busy node.
    for pid in 1000..1300 {
        node.process(pid, &["/usr/bin/sleep", "infinity"]);
    }
    let host = node.host();
    for benchmark in
        BENCHMARKS.iter().filter(|one| matches!(one.id, "cis-2.0" | "nsa-cisa" | "node"))
    {
        c.bench_function(benchmark.id, |b| {
            b.iter(|| support::report(Some(&host), None, benchmark.id, &[]));
        });
    }
}

criterion_group!(benches, node);
criterion_main!(benches);
