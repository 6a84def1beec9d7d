//! `seawall net enforce --cluster` against a real API server: what is loaded is what its policies
//! and the addresses of its pods say, and follows them.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use common::seawall_in;
use seawall_cluster_tests::Cluster;

const OBJECTS: &str = "apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {nodeName: a, containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {nodeName: a, containers: [{name: c, image: i}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
";

/// In the place of nft: keeps what it is given.
const NFT: &str = "#!/bin/sh\ncase \"$*\" in *-f*) cat > \"$(dirname \"$0\")/loaded\" ;; esac\n";

#[test]
fn what_is_loaded_follows_the_cluster() {
    let Some(cluster) = Cluster::start() else { return };
    cluster.apply(OBJECTS).expect("the server takes it");
    for (pod, address) in [("db", "10.0.0.1"), ("web", "10.0.0.2")] {
        let status =
            format!(r#"{{"status":{{"podIP":"{address}","podIPs":[{{"ip":"{address}"}}]}}}}"#);
        let patch = ["-n", "shop", "patch", "pod", pod, "--subresource=status", "-p", &status];
        let output = cluster.kubectl(&patch, "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let nft = folder.path().join("nft");
    fs::write(&nft, NFT).expect("the file can be written");
    fs::set_permissions(&nft, fs::Permissions::from_mode(0o755)).expect("the file is ours");
    let nft = nft.to_str().expect("the path is text");
    let kubeconfig = cluster.kubeconfig("admin");
    let kubeconfig = kubeconfig.to_str().expect("the path is text");
    let loaded = || {
        let of = ["net", "enforce", "--cluster", "--kubeconfig", kubeconfig, "--node", "a"];
        let run = seawall_in(folder.path(), &[&of[..], &["--once", "--nft", nft]].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        fs::read_to_string(folder.path().join("loaded")).expect("it was loaded")
    };
    let rules = loaded();
    for wanted in ["10.0.0.1 : jump ingress-0", "10.0.0.2", "tcp dport { 5432 }"] {
        assert!(rules.contains(wanted), "{wanted}: {rules}");
    }
    cluster.apply(&OBJECTS.replace("5432", "6379")).expect("the server takes it");
    let rules = loaded();
    assert!(rules.contains("tcp dport { 6379 }") && !rules.contains("5432"), "{rules}");
}
