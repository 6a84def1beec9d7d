//! A process counts by whose it is, not by what it is called.

mod support;

use seawall_bench::{Cx, Input, Platform, Verdict};
use support::{ETCD, KUBELET, NOW, Node, PROXY, kubeadm};

const UID: &str = "9d5f2614-e9c8-4961-ba8e-581212adb21b";
const HASH: &str = "0b1c8ae4d2f3a5968778695a4b3c2d1e";

fn id() -> String {
    "0123456789abcdef".repeat(4)
}

/// A process of a pod.
fn pod(node: &Node, pid: u32, uid: &str, words: &[&str]) {
    node.process(pid, words);
    node.file(
        &format!("proc/{pid}/cgroup"),
        &format!("0::/kubepods/besteffort/pod{uid}/{}\n", id()),
    );
}

/// A worker with nothing but its kubelet.
fn worker() -> Node {
    let node = Node::new();
    node.process(KUBELET, &["/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml"]);
    node.file("var/lib/kubelet/config.yaml", support::KUBELET_CONFIG);
    node.file("etc/kubernetes/pki/ca.crt", "");
    node
}

fn told(node: &Node, id: &str) -> (Verdict, String) {
    let result = node.control(id);
    (result.verdict, result.reason)
}

#[test]
fn an_etcd_in_an_ordinary_pod_is_not_the_nodes() {
    let node = worker();
    pod(&node, 300, UID, &["etcd", "--client-cert-auth=false"]);
    node.own_network(300);
    let (verdict, reason) = told(&node, "2.2");
    assert_eq!(verdict, Verdict::NotApplicable, "{reason}");
    assert!(reason.contains(UID) && reason.contains("network of its own"), "{reason}");
    // With the node's own beside it, that one is judged.
    let node = kubeadm();
    assert_eq!(node.verdict("2.2"), Verdict::Pass);
    pod(&node, 300, UID, &["etcd", "--client-cert-auth=false"]);
    assert_eq!(node.verdict("2.2"), Verdict::Pass, "in the node's network too");
    node.own_network(300);
    assert_eq!(node.verdict("2.2"), Verdict::Pass);
}

#[test]
fn what_can_be_either_is_unknown() {
    let node = worker();
    pod(&node, 300, UID, &["kube-apiserver", "--profiling=false"]);
    let (verdict, reason) = told(&node, "1.2.15");
    assert_eq!(verdict, Verdict::Unknown, "{reason}");
    assert!(reason.contains("can't be told"), "{reason}");
    // Its network is not shown.
    node.remove("proc/300/net");
    assert_eq!(node.verdict("1.2.15"), Verdict::Unknown);
    // kind's node from the machine, and what runs in it.
    let node = Node::new();
    let docker = format!("0::/docker/{}", id());
    node.process(300, &["/usr/bin/kubelet", "--anonymous-auth=true"]).own_network(300);
    node.file("proc/300/cgroup", &format!("{docker}/system.slice/kubelet.service\n"));
    node.process(301, &["etcd"]).own_network(301);
    node.file("proc/301/cgroup", &format!("{docker}/kubelet/kubepods/pod{HASH}/{}\n", id()));
    for control in ["4.2.1", "2.2"] {
        let (verdict, reason) = told(&node, control);
        assert_eq!(verdict, Verdict::Unknown, "{reason}");
        assert!(reason.contains("look at it there"), "{reason}");
    }
    // Containers without a name in their control group are still in a namespace of their own.
    node.file("proc/300/cgroup", "0::/default/web\n");
    node.file("proc/300/status", "Name:\tkubelet\nNSpid:\t300\t1\n");
    assert_eq!(node.verdict("4.2.1"), Verdict::Unknown);
}

#[test]
fn static_pods_are_the_nodes() {
    let node = worker();
    pod(&node, 300, HASH, &["etcd", "--client-cert-auth=true"]);
    assert_eq!(node.verdict("2.2"), Verdict::Pass);
    // A manifest may bring its UID.
    pod(&node, 300, UID, &["etcd", "--client-cert-auth=true"]);
    assert_eq!(node.verdict("2.2"), Verdict::Unknown);
    let manifest = support::manifest("etcd", &["--client-cert-auth=true"]);
    let manifest = manifest.replace("metadata:\n", &format!("metadata:\n  uid: {UID}\n"));
    node.file("etc/kubernetes/manifests/etcd.yaml", &manifest);
    assert_eq!(node.verdict("2.2"), Verdict::Pass);
}

#[test]
fn a_node_in_a_container_is_a_node_to_who_is_in_it() {
    let docker = format!("0::/docker/{}", id());
    let node = kubeadm();
    node.remove("proc/2");
    node.file("proc/1/cgroup", &format!("{docker}/init.scope\n"));
    node.file(&format!("proc/{KUBELET}/cgroup"), &format!("{docker}/kubelet.service\n"));
    let groups = format!("{docker}/kubelet/kubepods/pod{HASH}/{}\n", id());
    node.file(&format!("proc/{ETCD}/cgroup"), &groups);
    assert_eq!(node.verdict("2.2"), Verdict::Pass);
    assert_eq!(node.verdict("4.2.1"), Verdict::Pass);
}

#[test]
fn platforms_and_engines_are_the_nodes_own() {
    let node = worker();
    pod(&node, 300, UID, &["k3s", "server"]);
    pod(&node, 301, UID, &["dockerd", "-H=tcp://0.0.0.0:2375"]);
    let platform = |node: &Node| {
        let host = node.host();
        let input = Input {
            host: Some(&host),
            inventory: None,
            node: None,
            platform: None,
            minor: None,
            roles: Vec::new(),
            now: NOW,
        };
        Cx::new(input).platform
    };
    assert_eq!(platform(&node), Platform::Other);
    let engines = || {
        let report = node.report("container-host");
        let docker = report.results.into_iter().filter(|result| result.group.contains("Docker"));
        docker.map(|result| result.verdict).collect::<Vec<_>>()
    };
    assert!(engines().iter().all(|verdict| *verdict == Verdict::NotApplicable), "{:?}", engines());
    node.process(301, &["dockerd", "-H=tcp://0.0.0.0:2375"]);
    assert!(engines().contains(&Verdict::Fail), "{:?}", engines());
    node.process(300, &["k3s", "server"]);
    assert_eq!(platform(&node), Platform::K3s);
}

#[test]
fn what_only_debuggers_may_read_is_found_elsewhere() {
    // A static pod's variables are in its manifest, a service's in its unit.
    let node = worker();
    pod(&node, 300, HASH, &["etcd"]);
    node.remove("proc/300/environ");
    std::fs::create_dir(node.path("proc/300/environ")).expect("what is no file can't be read");
    assert_eq!(node.verdict("2.2"), Verdict::Unknown);
    let env =
        "    env:\n    - name: ETCD_CLIENT_CERT_AUTH\n      value: \"true\"\n    volumeMounts:\n";
    let manifest = support::manifest("etcd", &[]).replace("    volumeMounts:\n", env);
    node.file("etc/kubernetes/manifests/etcd.yaml", &manifest);
    assert_eq!(node.verdict("2.2"), Verdict::Pass);
    let hidden = manifest.replace("      value: \"true\"\n", "      valueFrom: {}\n");
    node.file("etc/kubernetes/manifests/etcd.yaml", &hidden);
    assert_eq!(node.verdict("2.2"), Verdict::Unknown);
    node.remove("etc/kubernetes/manifests/etcd.yaml");
    node.file("proc/300/cgroup", "0::/system.slice/etcd.service\n");
    let unit = "[Service]\nEnvironment=ETCD_CLIENT_CERT_AUTH=true\nExecStart=/usr/bin/etcd\n";
    node.file("etc/systemd/system/etcd.service", unit);
    assert_eq!(node.verdict("2.2"), Verdict::Pass);
    node.file("etc/systemd/system/etcd.service", &format!("{unit}PassEnvironment=A\n"));
    assert_eq!(node.verdict("2.2"), Verdict::Unknown);

    // The files of a container are the node's, where its volumes are.
    let node = kubeadm();
    assert_eq!(node.verdict("4.3.1"), Verdict::Pass);
    let config = std::fs::read_to_string(
        node.path(&format!("proc/{PROXY}/root/var/lib/kube-proxy/config.conf")),
    )
    .expect("it was written");
    let root = format!("proc/{PROXY}/root");
    node.remove(&root);
    std::os::unix::fs::symlink("/none", node.path(&root)).expect("a link that leads nowhere");
    node.file("proc/1/mountinfo", "21 1 254:0 / / rw - ext4 /dev/a rw\n");
    assert_eq!(node.verdict("4.3.1"), Verdict::Unknown);
    let volume = format!("/var/lib/kubelet/pods/{UID}/volumes/kubernetes.io~configmap/kube-proxy");
    node.file(
        &format!("proc/{PROXY}/mountinfo"),
        &format!(
            "40 39 0:50 / / rw - overlay o rw\n\
             41 40 254:0 {volume} /var/lib/kube-proxy ro - ext4 /dev/a rw\n"
        ),
    );
    node.file(&format!("{volume}/..data/config.conf"), &config);
    std::os::unix::fs::symlink("..data/config.conf", node.path(&format!("{volume}/config.conf")))
        .expect("a link as the kubelet makes it");
    assert_eq!(node.verdict("4.3.1"), Verdict::Pass, "{}", node.control("4.3.1").reason);
}
