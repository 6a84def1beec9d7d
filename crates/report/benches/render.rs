//! How long it takes to say 75,000 findings, on one core and on all.

#[path = "../tests/support/scan.rs"]
mod scan;

use std::time::SystemTime;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::ThreadPoolBuilder;
use scan::Scan;
use seawall_report::{Format, Options};

/// 5,000 workloads with 14 privileged containers each, and no user.
fn workloads() -> Scan {
    Scan::of((0..5_000).map(|n| {
        let mut text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{n}\n  namespace: shop\n\
             spec:\n  template:\n    spec:\n      containers:\n"
        );
        for container in 0..14 {
            text.push_str(&format!(
                "        - name: c{container}\n          image: registry.example.com/web:1.0\n\
                 \x20         securityContext:\n            privileged: true\n"
            ));
        }
        (format!("shop/team-{}/web-{n}.yaml", n % 20), text)
    }))
}

fn render(criterion: &mut Criterion) {
    let scan = workloads();
    let report = scan.report();
    let count = report.findings.len();
    assert_eq!(count, 75_000);
    let times = (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH);
    let options = Options { colour: false, verbose: false, times };
    let mut group = criterion.benchmark_group("render");
    group.throughput(Throughput::Elements(count as u64)).sample_size(10);
    for threads in [1, 2] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        for format in Format::ALL {
            group.bench_function(format!("{format}/{threads}"), |bencher| {
                bencher.iter(|| {
                    pool.install(|| {
                        format.render(&report, &options, &mut std::io::sink()).expect("a sink");
                    });
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);
