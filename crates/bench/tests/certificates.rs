//! Certificates that end, that don't hold yet, and that are easily forged, wherever they are kept.
//! `certificates/make.sh` made them; the tests run on 2026-06-01.

mod support;

use data_encoding::BASE64;
use seawall_bench::{ControlResult, Verdict};
use support::{ETCD, Node, kubeadm, one};

const GOOD: &str = include_str!("certificates/good.pem");

/// Each with its verdict and a part of the reason.
const ALL: &[(&str, Verdict, &str)] = &[
    (GOOD, Verdict::Pass, "until 2099-01-01"),
    (include_str!("certificates/elliptic.pem"), Verdict::Pass, "until 2099-01-01"),
    (include_str!("certificates/edwards.pem"), Verdict::Pass, "until 2099-01-01"),
    (include_str!("certificates/weak.pem"), Verdict::Fail, "weak key: RSA 1024"),
    (include_str!("certificates/short.pem"), Verdict::Fail, "weak key: EC 192"),
    (include_str!("certificates/ended.pem"), Verdict::Fail, "ended on 2026-05-31"),
    (include_str!("certificates/ending.pem"), Verdict::Fail, "ends on 2026-06-15, in 14 days"),
    (include_str!("certificates/early.pem"), Verdict::Fail, "does not hold before 2026-07-01"),
    (include_str!("certificates/sha1.pem"), Verdict::Fail, "signed with SHA-1"),
    ("", Verdict::Unknown, "no certificate"),
    (
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        Verdict::Unknown,
        "malformed",
    ),
];

fn of(node: &Node, id: &str) -> ControlResult {
    one(&node.report("nsa-cisa"), id)
}

/// A node all of whose certificates are good.
fn node() -> Node {
    let node = kubeadm();
    for name in [
        "ca",
        "apiserver",
        "apiserver-etcd-client",
        "apiserver-kubelet-client",
        "etcd/ca",
        "etcd/server",
        "etcd/peer",
    ] {
        node.file(&format!("etc/kubernetes/pki/{name}.crt"), GOOD);
    }
    node
}

/// Each certificate in one place, as one control sees it.
fn everywhere(id: &str, place: impl Fn(&Node, &str)) {
    for (text, verdict, part) in ALL {
        let node = node();
        place(&node, text);
        let result = of(&node, id);
        assert_eq!(result.verdict, *verdict, "{id}: {}", result.reason);
        assert!(result.reason.contains(part), "{id}: {} has no {part}", result.reason);
    }
}

#[test]
fn those_that_the_control_plane_names_and_those_that_nobody_names() {
    for name in ["apiserver", "etcd/server", "etcd/healthcheck-client"] {
        everywhere("certificates", |node, text| {
            node.file(&format!("etc/kubernetes/pki/{name}.crt"), text);
        });
    }
    // What etcd is told by a file that can't be read is not known.
    let hidden = node();
    hidden.process(ETCD, &["etcd", "--config-file=/etc/none.yaml"]);
    assert_eq!(of(&hidden, "certificates").verdict, Verdict::Unknown);
    // One of several in a file is enough.
    let node = node();
    node.file("etc/kubernetes/pki/ca.crt", &format!("{GOOD}{}", ALL[5].0));
    assert_eq!(of(&node, "certificates").verdict, Verdict::Fail);
}

#[test]
fn those_inside_kubeconfigs_and_beside_them() {
    everywhere("kubeconfig-certificates", |node, text| {
        let data = BASE64.encode(text.as_bytes());
        let config = format!("users:\n- name: a\n  user: {{client-certificate-data: '{data}'}}\n");
        node.file("etc/kubernetes/admin.conf", &config);
    });
    everywhere("kubeconfig-certificates", |node, text| {
        node.file("etc/kubernetes/own.pem", text);
        let config = "users:\n- name: a\n  user: {client-certificate: own.pem}\n";
        node.file("etc/kubernetes/kubelet.conf", config);
    });
}

#[test]
fn those_that_the_kubelet_gets_and_makes() {
    let pki = "var/lib/kubelet/pki";
    for (name, config) in [
        ("kubelet-client-current.pem", "serverTLSBootstrap: true"),
        ("kubelet-server-current.pem", "serverTLSBootstrap: true"),
        ("kubelet.crt", "serverTLSBootstrap: false"),
    ] {
        everywhere("kubelet-certificates", |node, text| {
            node.replace("var/lib/kubelet/config.yaml", "serverTLSBootstrap: true", config);
            node.file(&format!("{pki}/{name}"), text);
        });
    }
    // What it does not serve with is nobody's concern.
    let node = node();
    node.file(&format!("{pki}/kubelet.crt"), ALL[5].0);
    assert_eq!(of(&node, "kubelet-certificates").verdict, Verdict::Pass);
}

#[test]
fn etcd_s_own_authority_is_another_than_the_api_server_s() {
    let node = node();
    assert_eq!(node.verdict("2.7"), Verdict::Fail);
    node.file("etc/kubernetes/pki/etcd/ca.crt", ALL[1].0);
    assert_eq!(node.verdict("2.7"), Verdict::Pass);
    node.with(ETCD, &["--trusted-ca-file=/etc/kubernetes/pki/ca.crt"]);
    assert_eq!(node.verdict("2.7"), Verdict::Fail);
}
