//! Against a real API server: the cluster, a bundle of it and the manifests come to the same
//! findings; what may not be read is told; values of Secrets stay where they are.

#![cfg(feature = "cluster")]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::{Run, folder, root, seawall_in};
use seawall_cluster_tests::Cluster;
use serde_json::{Value, json};

/// The documents of an example, namespaces and definitions first.
fn documents(example: &str) -> Vec<String> {
    let mut files = Vec::new();
    find(&root().join("examples").join(example), &mut files);
    files.sort();
    let mut documents = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("the example can be read");
        documents.extend(text.split("\n---\n").map(str::to_owned));
    }
    documents.sort_by_key(|text| !is_of(text, &["Namespace", "CustomResourceDefinition"]));
    documents
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the example is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|name| name == "yaml" || name == "json") {
            files.push(path);
        }
    }
}

fn is_of(text: &str, kinds: &[&str]) -> bool {
    kinds.iter().any(|kind| text.lines().any(|line| line == format!("kind: {kind}")))
}

/// Whether applying a document comes to the object that it describes: without a namespace, kubectl
/// chooses one.
fn says_where(text: &str) -> bool {
    const OF_THE_CLUSTER: &[&str] = &[
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    ];
    text.contains("\n  namespace: ") || is_of(text, OF_THE_CLUSTER)
}

/// Applies what the server takes; the documents that it took.
fn apply(cluster: &Cluster, documents: Vec<String>) -> Vec<String> {
    let mut taken = Vec::new();
    for document in documents.into_iter().filter(|text| says_where(text)) {
        if cluster.apply(&document).is_ok() {
            if let Some(name) = is_of(&document, &["Namespace"]).then(|| name_of(&document)) {
                controllers_of_namespaces(cluster, name);
            }
            taken.push(document);
        }
    }
    taken
}

fn name_of(document: &str) -> &str {
    document.lines().find_map(|line| line.strip_prefix("  name: ")).expect("it has a name")
}

/// What controllers make in every namespace.
fn controllers_of_namespaces(cluster: &Cluster, namespace: &str) {
    for arguments in [
        ["create", "serviceaccount", "default", "-n", namespace].as_slice(),
        &["create", "configmap", "kube-root-ca.crt", "-n", namespace, "--from-literal=ca.crt=x"],
    ] {
        let output = cluster.kubectl(arguments, "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What controllers make of Deployments: a ReplicaSet each, and a pod of it.
fn controllers_of_deployments(cluster: &Cluster) -> usize {
    let sets = owned(cluster, "deployments.apps", "ReplicaSet", |deployment| {
        json!({"selector": deployment["spec"]["selector"],
               "template": deployment["spec"]["template"], "replicas": 1})
    });
    assert!(sets > 0);
    owned(cluster, "replicasets.apps", "Pod", |set| set["spec"]["template"]["spec"].clone())
}

/// Makes an object of a kind for each that there is of another; says for how many the server let
/// it: it refuses pods whose service account is missing.
fn owned(cluster: &Cluster, of: &str, kind: &str, spec: impl Fn(&Value) -> Value) -> usize {
    let output = cluster.kubectl(&["get", of, "-A", "-o", "json"], "");
    let owners: Value = serde_json::from_slice(&output.stdout).expect("kubectl writes JSON");
    let owners = owners["items"].as_array().expect("it is a list");
    let items: Vec<Value> = owners
        .iter()
        .map(|owner| {
            let metadata = &owner["metadata"];
            json!({
                "apiVersion": if kind == "Pod" { "v1" } else { "apps/v1" },
                "kind": kind,
                "metadata": {
                    "name": metadata["name"], "namespace": metadata["namespace"],
                    "labels": owner["spec"]["template"]["metadata"]["labels"],
                    "ownerReferences": [{"apiVersion": owner["apiVersion"], "kind": owner["kind"],
                        "name": metadata["name"], "uid": metadata["uid"], "controller": true}]},
                "spec": spec(owner)})
        })
        .collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let output = cluster.kubectl(&["create", "-f", "-"], &list.to_string());
    String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.ends_with("created")).count()
}

/// Findings that can't agree, and why.
const OF_MANIFESTS_ALONE: &[(&str, &str)] = &[
    ("credential-in-secret-manifest", "Secrets of a cluster are read without their values"),
    ("deprecated-service-account-field", "the server writes both fields, whichever was declared"),
];

fn findings(run: &Run) -> BTreeSet<String> {
    let report = run.json();
    let all = report["findings"].as_array().expect("a report has findings");
    all.iter()
        .filter(|finding| {
            let check = finding["check"].as_str().expect("a finding names its check");
            OF_MANIFESTS_ALONE.iter().all(|(alone, _)| *alone != check)
        })
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            format!(
                "{} {} {} {}",
                text("fingerprint"),
                text("check"),
                finding["subject"],
                text("path")
            )
        })
        .collect()
}

fn same(name: &str, expected: &BTreeSet<String>, found: &BTreeSet<String>) {
    let less: Vec<&String> = expected.difference(found).collect();
    let more: Vec<&String> = found.difference(expected).collect();
    assert!(less.is_empty() && more.is_empty(), "{name}: missing {less:#?}, and beyond {more:#?}");
}

/// Scans the documents, the cluster that took them, and a bundle of it.
fn agree(cluster: &Cluster, taken: &[String]) -> BTreeSet<String> {
    let names: Vec<String> = (0..taken.len()).map(|number| format!("{number:03}.yaml")).collect();
    let files: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(taken.iter().map(String::as_str)).collect();
    let manifests = folder(&files);
    let scan = |arguments: &[&str]| {
        let mut all = vec!["scan", "-o", "json", "--no-config"];
        all.extend(arguments);
        findings(&seawall_in(manifests.path(), &all))
    };
    let kubeconfig = cluster.kubeconfig("admin");
    let kubeconfig = kubeconfig.to_str().expect("the path is text");
    let collected = seawall_in(
        cluster.folder(),
        &["collect", "-o", "bundle.tar.zst", "--kubeconfig", kubeconfig],
    );
    assert_eq!(collected.code, 0, "{}", collected.stderr);
    assert!(!collected.stdout.contains("Not read"), "{}", collected.stdout);
    let bundle = cluster.folder().join("bundle.tar.zst");
    let expected = scan(&["."]);
    same("cluster", &expected, &scan(&["--cluster", "--kubeconfig", kubeconfig]));
    same("bundle", &expected, &scan(&[bundle.to_str().expect("the path is text")]));
    expected
}

const EXTERNAL_SECRETS: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: externalsecrets.external-secrets.io
spec:
  group: external-secrets.io
  scope: Namespaced
  names: {kind: ExternalSecret, plural: externalsecrets}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

#[test]
fn the_hardened_example_is_the_same_everywhere() {
    let Some(cluster) = Cluster::start() else { return };
    cluster.apply(EXTERNAL_SECRETS).expect("the server takes it");
    let output = cluster.kubectl(
        &["wait", "--for=condition=Established", "crd/externalsecrets.external-secrets.io"],
        "",
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let taken = apply(&cluster, documents("shop-hardened"));
    assert!(taken.len() > 80, "{} documents were taken", taken.len());
    assert!(controllers_of_deployments(&cluster) > 3);
    agree(&cluster, &taken);
}

#[test]
fn the_example_is_the_same_everywhere() {
    let Some(cluster) = Cluster::start() else { return };
    let taken = apply(&cluster, documents("shop"));
    assert!(taken.len() > 20, "{} documents were taken", taken.len());
    assert!(controllers_of_deployments(&cluster) > 0);
    assert!(agree(&cluster, &taken).len() > 200);
    secrets_keep_their_values(&cluster);
    what_is_forbidden_is_unread(&cluster);
}

fn secrets_keep_their_values(cluster: &Cluster) {
    const VALUES: &[&str] = &["hunter2-in-data", "hunter2-in-string-data", "hunter2-of-a-release"];
    let secret = |name: &str, kind: &str, field: &str, value: &str| {
        let value = if field == "data" { base64(value) } else { value.to_owned() };
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: shop, \
             annotations: {{example.com/copy: {value}}}}}\ntype: {kind}\n\
             {field}: {{the-key: {value}}}\n"
        )
    };
    for manifest in [
        secret("a", "Opaque", "data", VALUES[0]),
        secret("b", "Opaque", "stringData", VALUES[1]),
        secret("sh.helm.release.v1.shop.v1", "helm.sh/release.v1", "data", VALUES[2]),
    ] {
        cluster.apply(&manifest).expect("the server takes it");
    }
    let kubeconfig = cluster.kubeconfig("admin");
    let arguments = [
        "collect",
        "-o",
        "secrets.tar.zst",
        "--logs",
        "--kubeconfig",
        kubeconfig.to_str().expect("the path is text"),
    ];
    let run = seawall_in(cluster.folder(), &arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let packed = std::fs::read(cluster.folder().join("secrets.tar.zst")).expect("it was written");
    let bytes = zstd::decode_all(&packed[..]).expect("it is compressed");
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("the-key") && holds("helm.sh/release.v1") && holds("sh.helm.release.v1.shop.v1"));
    for value in VALUES {
        assert!(!holds(value), "{value} is in the bundle");
        assert!(!holds(base64(value).trim_end_matches('=')), "{value} is in the bundle as base64");
    }
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    text.as_bytes()
        .chunks(3)
        .map(|chunk| {
            let at = |index| chunk.get(index).copied().map_or(0, u32::from);
            let bits = at(0) << 16 | at(1) << 8 | at(2);
            (0..4)
                .map(|digit| match digit <= chunk.len() {
                    true => char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]),
                    false => '=',
                })
                .collect::<String>()
        })
        .collect()
}

fn what_is_forbidden_is_unread(cluster: &Cluster) {
    let rights = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: limited}
rules: [{apiGroups: [''], resources: [pods, namespaces], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: limited}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: limited}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: limited}]
";
    cluster.apply(rights).expect("the server takes it");
    let kubeconfig = cluster.kubeconfig("limited");
    let scan = |more: &[&str]| {
        let kubeconfig = kubeconfig.to_str().expect("the path is text");
        let mut all = vec!["scan", "--cluster", "--kubeconfig", kubeconfig, "-o", "json"];
        all.extend(more);
        seawall_in(cluster.folder(), &all)
    };
    let run = scan(&[]);
    assert!(run.stdout.contains("cluster/core/v1/secrets"), "{}", run.stdout);
    let cause = r#"forbidden: grant \"list\" on \"deployments.apps\" in the whole cluster"#;
    assert!(run.stdout.contains(cause), "{}", run.stdout);
    assert!(run.stdout.contains("\"Pod\""), "pods were read");
    assert_eq!(scan(&["--strict"]).code, 2);
    let cause = r#"forbidden: grant \"list\" on \"deployments.apps\" in namespace shop"#;
    let run = scan(&["--namespace", "shop"]);
    assert!(run.stdout.contains(cause), "{}", run.stdout);
}
