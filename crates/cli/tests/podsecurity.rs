//! `seawall podsecurity check` and `namespaces`, as a user runs them.

mod common;

use common::{folder, seawall_in};

const APP: &str = "apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: baseline
    pod-security.kubernetes.io/enforce-version: v1.20
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      runtimeClassName: gvisor
      containers:
        - name: app
          image: registry.example.com/web:1.0
          securityContext:
            allowPrivilegeEscalation: false
            runAsNonRoot: true
            seccompProfile: {type: RuntimeDefault}
---
apiVersion: v1
kind: Pod
metadata: {name: tool, namespace: ops}
spec:
  hostNetwork: true
  containers:
    - {name: tool, image: registry.example.com/tool:1.0, securityContext: {privileged: \"yes\"}}
";

#[test]
fn check_names_field_place_and_remedy() {
    let files = folder(&[("app.yaml", APP)]);
    let arguments = ["podsecurity", "check", "app.yaml", "--level", "restricted", "--version"];
    let run = seawall_in(files.path(), &[&arguments[..], &["v1.30"]].concat());
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains(
        "app.yaml:19:11: container app keeps the capabilities that the runtime gives by default; \
         write `capabilities: {drop: [ALL]}` in its securityContext\n      \
         spec.template.spec.containers[app].securityContext.capabilities.drop\n"
    ));
    assert!(run.stdout.contains("app.yaml:28:16: the pod shares the node's network namespace"));
    assert!(run.stdout.contains("restricted:v1.30 refuses 2 of 2 workloads."), "{}", run.stdout);
    // Capabilities are no matter of the standards before 1.22.
    let run = seawall_in(files.path(), &[&arguments[..], &["v1.21", "-o", "json"]].concat());
    let report = run.json();
    let checks: Vec<&str> = report["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|item| item["object"] == "Deployment shop/web")
        .map(|item| item["check"].as_str().expect("a check"))
        .collect();
    assert_eq!(checks, [""; 0]);
}

#[test]
fn check_passes_what_the_level_allows_and_never_what_it_cannot_read() {
    let files = folder(&[("app.yaml", APP), ("bad.yaml", "apiVersion: v1\nkind: [")]);
    let run =
        seawall_in(files.path(), &["podsecurity", "check", "app.yaml", "--level", "privileged"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = seawall_in(
        files.path(),
        &["podsecurity", "check", "app.yaml", "--level", "baseline", "-o", "json"],
    );
    let report = run.json();
    let undecided = report["items"].as_array().expect("a list").iter().find(|item| {
        item["check"].is_null()
            && item["field"] == "spec.containers[tool].securityContext.privileged"
    });
    assert!(undecided.is_some(), "{report}");
    let strict = ["podsecurity", "check", "bad.yaml", "--strict"];
    assert_eq!(seawall_in(files.path(), &strict).code, 2);
    let wrong = ["podsecurity", "check", "app.yaml", "--level", "strict"];
    let run = seawall_in(files.path(), &wrong);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("privileged, baseline and restricted"), "{}", run.stderr);
}

#[test]
fn exemptions_hold_for_namespaces_runtime_classes_and_the_users_who_make_pods() {
    let files = folder(&[
        ("app.yaml", APP),
        (
            "admission.yaml",
            "apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: PodSecurity
    configuration:
      apiVersion: pod-security.admission.config.k8s.io/v1
      kind: PodSecurityConfiguration
      defaults: {enforce: restricted, enforce-version: latest}
      exemptions:
        usernames: [\"system:serviceaccount:kube-system:replicaset-controller\"]
        namespaces: [ops]
        runtimeClasses: []
",
        ),
        (
            "wrong.yaml",
            "kind: PodSecurityConfiguration\napiVersion: pod-security.admission.config.k8s.io/v1\ndefaults: {enforce: strict}\n",
        ),
    ]);
    let check = |more: &[&str]| {
        let run = seawall_in(files.path(), &[&["podsecurity", "check", "app.yaml"], more].concat());
        (run.code, run.stdout.lines().last().unwrap_or_default().to_owned(), run.stderr)
    };
    let (code, last, _) = check(&["--admission-config", "admission.yaml"]);
    assert_eq!((code, last.as_str()), (0, "No workload to check; 2 more exempt."));
    let (code, last, _) = check(&["--exempt-runtime-class", "gvisor", "--exempt-namespace", "ops"]);
    assert_eq!((code, last.as_str()), (0, "No workload to check; 2 more exempt."));
    // Whoever wrote the Deployment does not make its pods.
    let (code, last, _) = check(&["--exempt-user", "jane"]);
    assert_eq!((code, last.as_str()), (1, "restricted:latest refuses 2 of 2 workloads."));
    let (code, _, stderr) = check(&["--admission-config", "wrong.yaml"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("wrong.yaml:3:21: \"strict\" is no level"), "{stderr}");
}

#[test]
fn namespaces_tell_how_far_they_are_and_what_a_label_would_reject() {
    let files = folder(&[("app.yaml", APP)]);
    let run =
        seawall_in(files.path(), &["podsecurity", "namespaces", "-f", "app.yaml", "-o", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let report = run.json();
    let row = |name: &str| {
        let rows = report["items"].as_array().expect("a list");
        rows.iter().find(|row| row["namespace"] == name).expect("it is there").clone()
    };
    let shop = row("shop");
    assert_eq!(shop["meets"], "baseline");
    assert_eq!(shop["next"], "restricted");
    assert_eq!(shop["enforce"], "baseline:v1.20");
    assert_eq!(shop["warn"], "baseline:v1.20");
    assert_eq!(shop["obstacles"][0]["check"], "capabilities_restricted");
    assert_eq!(row("ops")["meets"], "privileged");
    // The label keeps the version that the namespace has.
    let dry_run =
        ["podsecurity", "namespaces", "-f", "app.yaml", "-n", "shop", "--enforce", "restricted"];
    let run = seawall_in(files.path(), &dry_run);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("shop: enforcing restricted:v1.20 would reject nothing."));
    let run = seawall_in(files.path(), &[&dry_run[..], &["--version", "latest"]].concat());
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains(
            "shop: enforcing restricted:latest would reject the pods of 1 of 1 workloads\n"
        )
    );
}
