//! What validation costs on objects that are fine, which nearly all are: no allocation, and a
//! fraction of what reading the object costs.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seawall_model::Source;
use seawall_model::document::{Document, Limits, Node, chunks, read};
use seawall_schema::{Schema, Version};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      serviceAccountName: web
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: web
        image: registry.example.org/shop/web:1.2.3
        imagePullPolicy: IfNotPresent
        ports: [{name: http, containerPort: 8080}]
        env: [{name: PORT, value: '8080'}, {name: KEY, valueFrom: {secretKeyRef: {name: web, key: key}}}]
        resources:
          requests: {cpu: 100m, memory: 64Mi}
          limits: {cpu: 500m, memory: 128Mi}
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {drop: [ALL]}
        livenessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 10}
        volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
";

fn documents(text: &str) -> Vec<Document> {
    let source = Arc::new(Source::new("objects.yaml", text.to_owned()));
    chunks(&source)
        .into_iter()
        .flat_map(|chunk| read(&source, chunk, &Limits::default()).documents)
        .collect()
}

fn validate(documents: &[Document]) -> usize {
    let schema = Schema::of(Version::LATEST);
    let mut problems = 0;
    for document in documents {
        let root = document.root();
        let text = |key| root.get(key).and_then(Node::as_str).unwrap_or_default();
        schema.validate(text("apiVersion"), text("kind"), root, &mut |_| problems += 1);
    }
    problems
}

fn benchmark(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("validate");
    for (name, text) in
        [("deployment", DEPLOYMENT), ("every kind", include_str!("../tests/oracle/objects.yaml"))]
    {
        let documents = documents(text);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| validate(black_box(&documents))));
        group.bench_function(format!("{name}, reading it"), |bencher| {
            bencher.iter(|| self::documents(black_box(text)));
        });
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
