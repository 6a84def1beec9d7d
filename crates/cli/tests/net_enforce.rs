//! `seawall net compile` and `seawall net enforce` against a kernel, in a network namespace of their
//! own.

mod common;

use std::path::Path;
use std::process::Command;

use common::{seawall_in, seawall_with_path};

const POLICY: &str = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
";

const WORKLOADS: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: i}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}
";

const ADDRESSES: &str = "namespace,pod,workload,address,node
shop,db-0,StatefulSet/db,10.0.0.1,a
shop,db-0,StatefulSet/db,fd00::1,a
shop,web-0,Deployment/web,10.0.0.2,b
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::create_dir(folder.path().join("in")).expect("a folder can be made");
    write(folder.path(), "in/policy.yaml", POLICY);
    write(folder.path(), "in/workloads.yaml", WORKLOADS);
    write(folder.path(), "pods.csv", ADDRESSES);
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("the file can be written");
}

const COMPILE: [&str; 8] = ["net", "compile", "-f", "in", "--addresses", "pods.csv", "--node", "a"];

#[test]
fn rules_are_written_for_the_pods_of_a_node() {
    let folder = folder();
    let run = seawall_in(folder.path(), &COMPILE);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for wanted in ["10.0.0.1 : jump ingress-0", "fd00::1 : jump ingress-0", "tcp dport { 5432 }"] {
        assert!(run.stdout.contains(wanted), "{wanted}: {}", run.stdout);
    }
    assert!(!run.stdout.contains("10.0.0.2 :"), "the pod of another node: {}", run.stdout);
    assert_eq!(run.stdout, seawall_in(folder.path(), &COMPILE).stdout);
}

#[test]
fn an_address_of_nobody_is_an_error_with_its_place() {
    let folder = folder();
    write(folder.path(), "pods.csv", "namespace,pod,address,node\nshop,gone,10.0.0.9,a\n");
    let run = seawall_in(folder.path(), &COMPILE);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("pods.csv:2: no pod shop/gone was read"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn without_nft_enforcing_fails_and_says_so() {
    let folder = folder();
    let run = seawall_with_path(
        folder.path(),
        "/nonexistent",
        &["net", "enforce", "-f", "in", "--addresses", "pods.csv", "--once"],
    );
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("is nftables installed?"), "{}", run.stderr);
}

#[test]
fn what_cannot_be_read_loads_nothing() {
    let folder = folder();
    write(folder.path(), "in/broken.yaml", "kind: NetworkPolicy\n\tapiVersion: x\n");
    // The program that would load is one that cannot fail.
    let run = seawall_in(
        folder.path(),
        &["net", "enforce", "-f", "in", "--addresses", "pods.csv", "--once", "--nft", "true"],
    );
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("broken.yaml"), "{}", run.stderr);
}

/// A shell script in a network namespace, with what it needs to wait.
fn in_namespace(folder: &Path, script: &str) {
    let can = Command::new("unshare")
        .args(["--net", "nft", "add", "table", "inet", "seawall"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !can {
        assert!(std::env::var_os("CI").is_none(), "this test must run here: it takes root and nft");
        #[allow(clippy::print_stderr, reason = "why a test says less than it could")]
        {
            eprintln!("NOT RUN: network namespaces and nft are needed (root, nftables)");
        }
        return;
    }
    let prelude = "
rules() { nft list table inet seawall 2>/dev/null; }
until_true() { n=0; until \"$@\"; do n=$((n+1)); [ $n -lt 300 ] || { echo \"not so: $*\"; exit 1; }; sleep 0.1; done; }
has() { rules | grep -q -- \"$1\"; }
lacks() { ! rules | grep -q -- \"$1\"; }
";
    let output = Command::new("unshare")
        .args(["--net", "sh", "-euc", &format!("{prelude}{script}")])
        .env("SEAWALL", env!("CARGO_BIN_EXE_seawall"))
        .current_dir(folder)
        .output()
        .expect("unshare is there");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn once_loads_and_replaces_its_own_table_only() {
    let folder = folder();
    in_namespace(
        folder.path(),
        "
nft add table inet other
$SEAWALL net enforce -f in --addresses pods.csv --node a --once
has '10.0.0.1 : jump ingress-0'
has 'dport 5432'
sed -i 's/5432/5433/' in/policy.yaml
$SEAWALL net enforce -f in --addresses pods.csv --node a --once
has 'dport 5433'
lacks 'dport 5432'
nft list tables inet | grep -q 'inet other'
",
    );
}

#[test]
fn changes_are_followed_and_the_table_is_removed_at_the_end() {
    let folder = folder();
    in_namespace(
        folder.path(),
        "
$SEAWALL net enforce -f in --addresses pods.csv --node a --interval 1 --cleanup 2>log &
pid=$!
until_true has 'dport 5432'
sed 's/5432/5433/' in/policy.yaml > new && mv new in/policy.yaml
until_true has 'dport 5433'
echo 'shop,db-1,StatefulSet/db,10.0.0.3,a' >> pods.csv
until_true has '10.0.0.3 : jump'
# What can't be read leaves the rules as they are.
echo 'shop,db-2,StatefulSet/db,10.0.0.x,a' >> pods.csv
until_true grep -q 'the rules stay as they are' log
has '10.0.0.3 : jump'
sed -i '$d' pods.csv
# A table that somebody removed comes back.
nft delete table inet seawall
until_true has 'dport 5433'
kill -TERM $pid
wait $pid
if rules; then echo 'the table is still there'; exit 1; fi
",
    );
}
