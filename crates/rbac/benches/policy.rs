//! How long questions take, on a cluster of the size of a real one and on ten times that.
//!
//! ```text
//! cargo bench -p seawall-rbac
//! ```

mod generated;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use seawall_rbac::{Caller, Policy, Reach, Request};

fn questions(criterion: &mut Criterion) {
    for (name, times) in [("real", 1), ("ten-times", 10)] {
        let inventory = generated::inventory(generated::manifests(times));
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10);
        group.bench_function("index", |b| b.iter(|| Policy::read(black_box(&inventory))));
        let policy = Policy::read(&inventory);
        assert!(policy.gaps().is_empty());
        let exec = Request::resource("create", "", "pods/exec", "", "n7");
        let secrets = Request::resource("get", "", "secrets", "", "n7");
        group.bench_function("who-can, one namespace", |b| {
            b.iter(|| policy.who(black_box(&exec), Reach::Namespace("n7")));
        });
        group.bench_function("who-can, all namespaces", |b| {
            b.iter(|| policy.who(black_box(&secrets), Reach::Anywhere));
        });
        let caller = Caller::new("system:serviceaccount:n7:a0", vec!["team-7".to_owned()]);
        group.bench_function("can-i", |b| b.iter(|| policy.may(black_box(&caller), &exec)));
        group.bench_function("risks", |b| b.iter(|| black_box(&policy).risks()));
        group.finish();
    }
}

criterion_group!(benches, questions);
criterion_main!(benches);
