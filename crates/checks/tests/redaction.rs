//! No message, path or reason of any check shows a credential that stands in a manifest.

use std::sync::Arc;

use seawall_checks::{Selection, mark_confidential, run};
use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Finding, Inventory, Settings, Source};

/// Credentials, each in several places of [`MANIFEST`]. The registry's login is `robot:…` in
/// base64.
const SECRETS: &[&str] = &[
    "Tulip-Harbour-42",
    "cart-cache-2019",
    "9c41b7e2d65f0a83",
    "31415926535",
    "VHVsaXAtSGFyYm91ci00Mg==",
    "cm9ib3Q6aDRyYjB1ci10MHdu",
    "Q3EGRTLKZ7P2WX4M",
    "k3J9xQ2mV7bN4cL8pR5tW1yZ6aD0fG2hS4uE",
    "MIIEpAIBAAKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePz",
];

const MANIFEST: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, annotations: {note: "Tulip-Harbour-42"}}
spec:
  containers:
    - name: app
      image: registry.example.com/web:1
      command: [sh, -c, "PGPASSWORD=Tulip-Harbour-42 psql"]
      args: [--password=Tulip-Harbour-42, --api-key, 9c41b7e2d65f0a83, "redis://:cart-cache-2019@redis"]
      env:
        - {name: DB_PASSWORD, value: Tulip-Harbour-42}
        - {name: PIN_PASSWORD, value: 31415926535}
        - {name: CACHE, value: "redis://:cart-cache-2019@redis:6379/0"}
        - {name: AWS, value: AKIAQ3EGRTLKZ7P2WX4M}
        - {name: GIT, value: ghp_k3J9xQ2mV7bN4cL8pR5tW1yZ6aD0fG2hS4uE}
        - {name: LIST_PASSWORD, value: [Tulip-Harbour-42]}
      livenessProbe:
        exec: {command: [redis-cli, -a, "--pass=cart-cache-2019"]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data:
  API_KEY: 9c41b7e2d65f0a83
  PIN_PASSWORD: 31415926535
  application.properties: |
    spring.datasource.password=Tulip-Harbour-42
    cache=redis://:cart-cache-2019@redis
  docker.json: '{"auths": {"registry.example.com": {"auth": "cm9ib3Q6aDRyYjB1ci10MHdu"}}}'
  key.pem: |
    -----BEGIN RSA PRIVATE KEY-----
    MIIEpAIBAAKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePz
    MIIEpAIBAAKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePz
    -----END RSA PRIVATE KEY-----
  kubeconfig: |
    kind: Config
    clusters: []
    users: [{name: ci, user: {token: 9c41b7e2d65f0a83}}]
---
apiVersion: v1
kind: Secret
metadata: {name: web, namespace: shop}
data: {password: VHVsaXAtSGFyYm91ci00Mg==, broken: "Tulip-Harbour-42!"}
stringData: {token: 9c41b7e2d65f0a83, pin-password: 31415926535, password: Tulip-Harbour-42}
---
apiVersion: v1
kind: Config
users: [{name: ci, user: {token: 9c41b7e2d65f0a83}}]
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: web, namespace: shop}
spec:
  provider:
    webhook: {url: "https://robot:Tulip-Harbour-42@store", headers: {X-Api-Key: 9c41b7e2d65f0a83}}
    fake: {data: [{key: a, value: Tulip-Harbour-42}]}
"#;

/// Most characters of a credential that may show in a row.
const MOST: usize = 4;

#[test]
fn no_check_shows_a_credential() {
    let source = Arc::new(Source::new("case.yaml", MANIFEST.to_owned()));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    let results = run(&inventory, &Selection::everything(), &Settings::default());
    let found = |id| results.findings.iter().filter(|finding| finding.check.id == id).count();
    assert_eq!(found("credential-in-environment"), 5);
    assert_eq!(found("credential-in-command"), 5);
    assert_eq!(found("credential-in-config-map"), 6);
    assert_eq!(found("credential-in-secret-manifest"), 4);
    assert_eq!(found("kubeconfig-with-credential"), 2);
    assert_eq!(found("secret-store-with-credential"), 3);

    let texts = results
        .findings
        .iter()
        .flat_map(|finding| {
            let id = finding.check.id;
            [(id, finding.message.clone().into_owned()), (id, finding.path().into_owned())]
        })
        .chain(results.unknown.iter().map(|unknown| (unknown.check.id, unknown.reason.clone())));
    let mut shown = Vec::new();
    for (check, text) in texts {
        for secret in SECRETS {
            let parts = secret.as_bytes().windows(MOST + 1);
            let part = parts.map(|part| std::str::from_utf8(part).expect("secrets are ASCII"));
            if part.into_iter().any(|part| text.contains(part)) {
                shown.push(format!("{check}: {text}"));
            }
        }
    }
    assert!(shown.is_empty(), "\n{}", shown.join("\n"));
}

/// Or else a scan that leaves it out would quote the line.
#[test]
fn every_check_whose_findings_are_secret_is_asked_unselected() {
    let mut inventory = Inventory::new();
    let source = Arc::new(Source::new("web.yaml", MANIFEST.to_owned()));
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    let everything = run(&inventory, &Selection::everything(), &Settings::default()).findings;
    let secret: Vec<_> = everything.iter().filter(|finding| finding.secret).collect();
    assert!(secret.len() > 10, "{} findings are secret", secret.len());
    let line = |finding: &Finding| finding.site.location.first_line().1;
    // Findings that nobody has marked.
    let mut findings = everything.clone();
    findings.iter_mut().for_each(|finding| finding.secret = false);
    let nothing = Selection::new([]);
    mark_confidential(&mut findings, &inventory, &nothing, &Settings::default());
    for (marked, known) in findings.iter().zip(&everything) {
        let expected = secret.iter().any(|secret| line(secret) == line(known));
        assert_eq!(marked.secret, expected, "{} at {}", known.check.id, known.path());
    }
}
