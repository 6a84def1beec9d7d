//! What profiles take: reading, resolving, deciding on a call, and the kernel's program.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use seawall_podsecurity::apparmor::{Need, Policy, generate};
use seawall_podsecurity::seccomp::{
    Arch, Filter, Profile, Return, Runtime, Target, explain, lint, program, runtime_default,
};

const TEXT: &str = include_str!("../data/runtime-default.json");

fn profiles(criterion: &mut Criterion) {
    let target = Target { runtime: Runtime::Docker, ..Target::default() };
    let profile = Profile::parse("default.json", TEXT).expect("it is a profile");
    let filter = Filter::new(&profile, &target).expect("the runtime takes it");
    let default = runtime_default(Arch::X86_64, None, &[]);
    let mut group = criterion.benchmark_group("seccomp");
    group.bench_function("parse RuntimeDefault", |bench| {
        bench.iter(|| Profile::parse("default.json", black_box(TEXT)));
    });
    group.bench_function("resolve RuntimeDefault", |bench| {
        bench.iter(|| Filter::new(black_box(&profile), &target));
    });
    group.bench_function("decide on one call", |bench| {
        bench.iter(|| filter.decide(Arch::X86_64, black_box("socket"), &[2, 1, 0, 0, 0, 0]));
    });
    group.bench_function("compile RuntimeDefault", |bench| {
        bench.iter(|| program(black_box(&filter), &Return::code));
    });
    group.bench_function("lint RuntimeDefault", |bench| {
        bench.iter(|| lint(black_box(&profile), &target));
    });
    group.bench_function("explain RuntimeDefault", |bench| {
        bench.iter(|| explain(black_box(&filter), &default, Arch::X86_64));
    });
    group.finish();
    let need = Need { name: "web".to_owned(), read_only_root: true, ..Need::default() };
    let text = generate(&need);
    criterion.bench_function("apparmor/parse a generated profile", |bench| {
        bench.iter(|| Policy::parse("web", black_box(&text)));
    });
}

criterion_group!(benches, profiles);
criterion_main!(benches);
