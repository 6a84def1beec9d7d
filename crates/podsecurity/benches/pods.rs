//! How long a decision on a pod takes, once it is parsed.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seawall_model::document::{Limits, chunks, read};
use seawall_model::workload::{Pod, pods_of};
use seawall_model::{Entry, Inventory, Level, Source};
use seawall_podsecurity::psp::{self, Policy, Token};
use seawall_podsecurity::standards::{Standard, Version};

fn inventory(text: String) -> Inventory {
    let source = Arc::new(Source::new("pods.yaml", text));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    inventory
}

/// A pod of two containers; every fourth one is not as restricted as the others.
fn pod(number: usize) -> String {
    let (escalation, volume) = match number % 4 {
        0 => ("true", "hostPath: {path: /var/log}"),
        _ => ("false", "emptyDir: {}"),
    };
    format!(
        "---
apiVersion: v1
kind: Pod
metadata:
  name: pod-{number}
  namespace: shop
  labels: {{app: web, tier: front}}
spec:
  serviceAccountName: web
  securityContext:
    runAsNonRoot: true
    seccompProfile: {{type: RuntimeDefault}}
  containers:
    - name: app
      image: registry.example.com/web:1.{number}
      ports: [{{containerPort: 8080}}]
      env: [{{name: MODE, value: production}}]
      resources: {{limits: {{cpu: 500m, memory: 64Mi}}, requests: {{cpu: 100m, memory: 64Mi}}}}
      securityContext:
        allowPrivilegeEscalation: {escalation}
        capabilities: {{drop: [ALL]}}
        readOnlyRootFilesystem: true
      volumeMounts: [{{name: tmp, mountPath: /tmp}}]
    - name: side
      image: registry.example.com/side:2.0
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {{drop: [ALL], add: [NET_BIND_SERVICE]}}
  volumes:
    - name: tmp
      {volume}
"
    )
}

fn policies() -> Vec<Policy> {
    let text: String = (0..10)
        .map(|number| {
            format!(
                "---
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {{name: policy-{number}}}
spec:
  allowPrivilegeEscalation: false
  requiredDropCapabilities: [ALL]
  allowedCapabilities: [NET_BIND_SERVICE]
  volumes: [emptyDir, projected, secret]
  runAsUser: {{rule: MustRunAsNonRoot}}
  seLinux: {{rule: RunAsAny}}
  supplementalGroups: {{rule: MustRunAs, ranges: [{{min: {number}, max: 65535}}]}}
  fsGroup: {{rule: MustRunAs, ranges: [{{min: 1, max: 65535}}]}}
"
            )
        })
        .collect();
    let inventory = inventory(text);
    inventory.objects().map(|object| Policy::read(object).expect("it is well-formed")).collect()
}

fn standards(c: &mut Criterion) {
    let one = inventory(pod(1));
    let view = pods_of(one.object(0)).remove(0);
    let restricted = Standard::new(Level::Restricted, Version::LATEST);
    let evaluation = restricted.evaluate(&view);
    assert!(evaluation.is_allowed(), "{evaluation:?}");
    let mut group = c.benchmark_group("standards");
    group.bench_function("restricted, an allowed pod", |b| {
        b.iter(|| restricted.evaluate(black_box(&view)));
    });
    let other = inventory(pod(0));
    let refused = pods_of(other.object(0)).remove(0);
    assert_eq!(restricted.evaluate(&refused).violations.len(), 2);
    group.bench_function("restricted, a refused pod", |b| {
        b.iter(|| restricted.evaluate(black_box(&refused)));
    });
    group.finish();
}

/// All pods by every version of restricted, on one core.
fn every_version(c: &mut Criterion) {
    const PODS: usize = 100_000;
    let all = inventory((0..PODS).map(pod).collect());
    let pods: Vec<Pod<'_>> = all.objects().flat_map(pods_of).collect();
    assert_eq!(pods.len(), PODS);
    let versions: Vec<Standard> =
        (0..=37).map(|minor| Standard::new(Level::Restricted, Version::v1(minor))).collect();
    let mut group = c.benchmark_group("every version");
    group.sample_size(10).throughput(Throughput::Elements((PODS * versions.len()) as u64));
    group.bench_function("100,000 pods, 38 versions", |b| {
        b.iter(|| {
            let allowed = |pod: &Pod<'_>| {
                versions.iter().filter(|standard| standard.evaluate(pod).is_allowed()).count()
            };
            pods.iter().map(allowed).sum::<usize>()
        });
    });
    group.finish();
}

fn policy(c: &mut Criterion) {
    let policies = policies();
    let inventory = inventory(pod(1));
    let view = pods_of(inventory.object(0)).remove(0);
    let mut pod = psp::Pod::read(&view).expect("it is well-formed");
    Token::default().mount(&mut pod);
    c.bench_function("PodSecurityPolicy, one of ten policies", |b| {
        b.iter(|| psp::admit(black_box(&policies), &pod, &|_| true));
    });
}

criterion_group!(benches, standards, every_version, policy);
criterion_main!(benches);
