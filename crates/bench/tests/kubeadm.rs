//! A node of kubeadm: as CIS wants it, and with each setting wrong.

#![allow(clippy::print_stdout, reason = "a test that is left out says so")]

mod support;

use seawall_bench::{OriginKind, Patch, Verdict};
use support::{API_SERVER, CONTROLLER_MANAGER, ETCD, KUBELET, Node, PROXY, SCHEDULER, kubeadm};

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// What a good node can't show without root, without objects, or without certificates.
const NOT_SHOWN: &[&str] = &["1.1.12", "2.7"];

#[test]
fn a_node_as_it_should_be_passes_all_that_a_program_decides() {
    let node = kubeadm();
    let report = node.report("cis-2.0");
    assert_eq!(report.platform, "kubeadm");
    assert_eq!(report.kubernetes.as_deref(), Some("1.34"));
    assert_eq!(report.node.as_deref(), Some("node1"));
    for result in &report.results {
        let owner = result.title.starts_with("Owner");
        let answered = match result.verdict {
            Verdict::Pass => true,
            Verdict::Manual => ["1.2.20", "3.1.1", "3.1.2", "5.5.1"].contains(&&*result.id),
            // No objects were read.
            Verdict::Unknown => result.id.starts_with("5.") || NOT_SHOWN.contains(&&*result.id),
            // kube-proxy's kubeconfig is inside its container.
            Verdict::NotApplicable => ["4.1.3", "4.1.4"].contains(&&*result.id),
            Verdict::Fail => (owner && !is_root()) || NOT_SHOWN.contains(&&*result.id),
        };
        assert!(answered, "{} {}: {} {}", result.id, result.title, result.verdict, result.reason);
        let seen = !result.evidence.is_empty()
            || matches!(
                result.verdict,
                Verdict::Unknown | Verdict::Manual | Verdict::NotApplicable
            );
        assert!(seen, "{} passes or fails without evidence", result.id);
    }
}

fn fails(id: &str, change: impl Fn(&Node)) {
    let node = kubeadm();
    change(&node);
    let result = node.control(id);
    assert_eq!(result.verdict, Verdict::Fail, "{id}: {}", result.reason);
    assert!(!result.evidence.is_empty(), "{id} fails without evidence");
}

#[test]
fn every_wrong_flag_of_the_control_plane_fails_its_control() {
    for (id, pid, word) in [
        ("1.2.1", API_SERVER, "--anonymous-auth=true"),
        ("1.2.2", API_SERVER, "--token-auth-file=/etc/tokens.csv"),
        ("1.2.6", API_SERVER, "--authorization-mode=AlwaysAllow"),
        ("1.2.10", API_SERVER, "--enable-admission-plugins=AlwaysAdmit"),
        ("1.2.12", API_SERVER, "--disable-admission-plugins=ServiceAccount"),
        ("1.2.13", API_SERVER, "--disable-admission-plugins=NamespaceLifecycle"),
        ("1.2.15", API_SERVER, "--profiling"),
        ("1.2.17", API_SERVER, "--audit-log-maxage=29"),
        ("1.2.18", API_SERVER, "--audit-log-maxbackup=9"),
        ("1.2.19", API_SERVER, "--audit-log-maxsize=99"),
        ("1.2.21", API_SERVER, "--service-account-lookup=false"),
        ("1.2.29", API_SERVER, "--tls-cipher-suites=TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        ("1.2.30", API_SERVER, "--service-account-extend-token-expiration=true"),
        ("1.3.1", CONTROLLER_MANAGER, "--terminated-pod-gc-threshold=0"),
        ("1.3.2", CONTROLLER_MANAGER, "--profiling=true"),
        ("1.3.3", CONTROLLER_MANAGER, "--use-service-account-credentials=false"),
        ("1.3.6", CONTROLLER_MANAGER, "--feature-gates=RotateKubeletServerCertificate=false"),
        ("1.3.7", CONTROLLER_MANAGER, "--bind-address=0.0.0.0"),
        ("1.4.1", SCHEDULER, "--profiling=true"),
        ("1.4.2", SCHEDULER, "--bind-address=::"),
        ("2.2", ETCD, "--client-cert-auth=false"),
        ("2.3", ETCD, "--auto-tls"),
        ("2.5", ETCD, "--peer-client-cert-auth=false"),
        ("2.6", ETCD, "--peer-auto-tls=true"),
    ] {
        fails(id, |node| {
            node.with(pid, &[word]);
        });
    }
}

#[test]
fn every_missing_flag_of_the_control_plane_fails_its_control() {
    for (id, pid, word) in [
        ("1.2.1", API_SERVER, "--anonymous-auth=false"),
        (
            "1.2.4",
            API_SERVER,
            "--kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key",
        ),
        ("1.2.5", API_SERVER, "--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt"),
        ("1.2.6", API_SERVER, "--authorization-mode=Node,RBAC"),
        ("1.2.7", API_SERVER, "--authorization-mode=Node,RBAC"),
        ("1.2.8", API_SERVER, "--authorization-mode=Node,RBAC"),
        ("1.2.15", API_SERVER, "--profiling=false"),
        ("1.2.16", API_SERVER, "--audit-log-path=/var/log/kubernetes/audit.log"),
        ("1.2.17", API_SERVER, "--audit-log-maxage=30"),
        ("1.2.22", API_SERVER, "--service-account-key-file=/etc/kubernetes/pki/sa.pub"),
        ("1.2.23", API_SERVER, "--etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key"),
        ("1.2.24", API_SERVER, "--tls-cert-file=/etc/kubernetes/pki/apiserver.crt"),
        ("1.2.25", API_SERVER, "--client-ca-file=/etc/kubernetes/pki/ca.crt"),
        ("1.2.26", API_SERVER, "--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt"),
        ("1.2.27", API_SERVER, "--encryption-provider-config=/etc/kubernetes/encryption.yaml"),
        ("1.2.28", API_SERVER, "--encryption-provider-config=/etc/kubernetes/encryption.yaml"),
        ("1.2.30", API_SERVER, "--service-account-extend-token-expiration=false"),
        ("1.3.2", CONTROLLER_MANAGER, "--profiling=false"),
        ("1.3.3", CONTROLLER_MANAGER, "--use-service-account-credentials=true"),
        (
            "1.3.4",
            CONTROLLER_MANAGER,
            "--service-account-private-key-file=/etc/kubernetes/pki/sa.key",
        ),
        ("1.3.5", CONTROLLER_MANAGER, "--root-ca-file=/etc/kubernetes/pki/ca.crt"),
        ("1.3.7", CONTROLLER_MANAGER, "--bind-address=127.0.0.1"),
        ("1.4.1", SCHEDULER, "--profiling=false"),
        ("1.4.2", SCHEDULER, "--bind-address=127.0.0.1"),
        ("2.1", ETCD, "--cert-file=/etc/kubernetes/pki/etcd/server.crt"),
        ("2.2", ETCD, "--client-cert-auth=true"),
        ("2.4", ETCD, "--peer-key-file=/etc/kubernetes/pki/etcd/peer.key"),
        ("2.5", ETCD, "--peer-client-cert-auth=true"),
        ("3.2.1", API_SERVER, "--audit-policy-file=/etc/kubernetes/audit.yaml"),
    ] {
        fails(id, |node| {
            node.without(pid, word);
        });
    }
}

#[test]
fn every_missing_plugin_fails_its_control() {
    for (id, plugin) in [
        ("1.2.3", ",DenyServiceExternalIPs"),
        ("1.2.9", ",EventRateLimit"),
        ("1.2.11", ",AlwaysPullImages"),
        ("1.2.14", "NodeRestriction,"),
    ] {
        fails(id, |node| {
            node.replace(&format!("proc/{API_SERVER}/cmdline"), plugin, "");
        });
    }
}

#[test]
fn every_loose_mode_fails_its_control() {
    for (id, path, bits) in [
        ("1.1.1", "etc/kubernetes/manifests/kube-apiserver.yaml", 0o644),
        ("1.1.3", "etc/kubernetes/manifests/kube-controller-manager.yaml", 0o640),
        ("1.1.5", "etc/kubernetes/manifests/kube-scheduler.yaml", 0o700),
        ("1.1.7", "etc/kubernetes/manifests/etcd.yaml", 0o601),
        ("1.1.9", "etc/cni/net.d/10-calico.conflist", 0o644),
        ("1.1.11", "var/lib/etcd", 0o750),
        ("1.1.13", "etc/kubernetes/admin.conf", 0o604),
        ("1.1.15", "etc/kubernetes/scheduler.conf", 0o660),
        ("1.1.17", "etc/kubernetes/controller-manager.conf", 0o644),
        ("1.1.20", "etc/kubernetes/pki/etcd/ca.crt", 0o664),
        ("1.1.21", "etc/kubernetes/pki/etcd/ca.key", 0o640),
        ("4.1.1", "usr/lib/systemd/system/kubelet.service", 0o644),
        ("4.1.5", "etc/kubernetes/kubelet.conf", 0o644),
        ("4.1.7", "etc/kubernetes/pki/ca.crt", 0o666),
        ("4.1.9", "var/lib/kubelet/config.yaml", 0o644),
    ] {
        let node = kubeadm();
        node.mode(path, bits);
        let result = node.control(id);
        assert_eq!(result.verdict, Verdict::Fail, "{id}: {}", result.reason);
        assert!(
            result.patches.iter().any(
                |patch| matches!(patch, Patch::Mode { path: of, .. } if **of == format!("/{path}"))
            ),
            "{id} has no patch of {path}: {:?}",
            result.patches
        );
    }
}

#[test]
fn a_wrong_owner_fails_its_control() {
    if !is_root() {
        println!("skipped: only root can give files away");
        return;
    }
    for (id, path) in [
        ("1.1.2", "etc/kubernetes/manifests/kube-apiserver.yaml"),
        ("1.1.4", "etc/kubernetes/manifests/kube-controller-manager.yaml"),
        ("1.1.6", "etc/kubernetes/manifests/kube-scheduler.yaml"),
        ("1.1.8", "etc/kubernetes/manifests/etcd.yaml"),
        ("1.1.10", "etc/cni/net.d/10-calico.conflist"),
        ("1.1.14", "etc/kubernetes/admin.conf"),
        ("1.1.16", "etc/kubernetes/scheduler.conf"),
        ("1.1.18", "etc/kubernetes/controller-manager.conf"),
        ("1.1.19", "etc/kubernetes/pki/etcd/server.key"),
        ("4.1.2", "usr/lib/systemd/system/kubelet.service"),
        ("4.1.6", "etc/kubernetes/kubelet.conf"),
        ("4.1.8", "etc/kubernetes/pki/ca.crt"),
        ("4.1.10", "var/lib/kubelet/config.yaml"),
    ] {
        let node = kubeadm();
        assert_eq!(node.verdict(id), Verdict::Pass, "{id}");
        std::os::unix::fs::chown(node.path(path), Some(997), None).expect("root");
        let result = node.control(id);
        assert_eq!(result.verdict, Verdict::Fail, "{id}");
        assert!(result.reason.contains("etcd:root"), "{}", result.reason);
    }
    let node = kubeadm();
    assert_eq!(node.verdict("1.1.12"), Verdict::Fail);
    std::os::unix::fs::chown(node.path("var/lib/etcd"), Some(997), Some(996)).expect("root");
    assert_eq!(node.verdict("1.1.12"), Verdict::Pass);
}

#[test]
fn every_wrong_field_of_the_kubelet_fails_its_control() {
    for (id, from, to) in [
        ("4.2.1", "enabled: false", "enabled: true"),
        ("4.2.2", "mode: Webhook", "mode: AlwaysAllow"),
        ("4.2.3", "clientCAFile: /etc/kubernetes/pki/ca.crt", "clientCAFile: ''"),
        ("4.2.4", "readOnlyPort: 0", "readOnlyPort: 10255"),
        ("4.2.6", "podPidsLimit", "makeIPTablesUtilChains: false\npodPidsLimit"),
        ("4.2.8", "eventRecordQPS: 5", "eventRecordQPS: -1"),
        ("4.2.9", "serverTLSBootstrap: true", "serverTLSBootstrap: false"),
        ("4.2.10", "rotateCertificates: true\n", ""),
        ("4.2.11", "serverTLSBootstrap: true\n", ""),
        ("4.2.12", "[TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]", "[TLS_RSA_WITH_AES_128_CBC_SHA]"),
        ("4.2.13", "podPidsLimit: 4096\n", ""),
        ("4.2.14", "seccompDefault: true\n", ""),
    ] {
        fails(id, |node| {
            node.replace("var/lib/kubelet/config.yaml", from, to);
        });
    }
    fails("4.2.5", |node| {
        node.with(KUBELET, &["--streaming-connection-idle-timeout=0"]);
    });
    fails("4.2.7", |node| {
        node.with(KUBELET, &["--hostname-override=other"]);
    });
    // In a file nought is the default, which is four hours.
    let node = kubeadm();
    node.replace(
        "var/lib/kubelet/config.yaml",
        "readOnlyPort: 0",
        "readOnlyPort: 0\nstreamingConnectionIdleTimeout: 0s",
    );
    assert_eq!(node.verdict("4.2.5"), Verdict::Pass);
}

#[test]
fn settings_come_from_the_file_the_drop_ins_and_the_flags_in_this_order() {
    let node = kubeadm();
    let source = |node: &Node| {
        let result = node.control("4.2.13");
        let evidence = result.evidence[0].clone();
        (result.verdict, evidence.value.unwrap_or_default(), evidence.origin)
    };
    let (verdict, value, origin) = source(&node);
    assert_eq!((verdict, &*value, origin.kind), (Verdict::Pass, "4096", OriginKind::File));
    assert_eq!(origin.place, "/var/lib/kubelet/config.yaml:13");
    node.with(KUBELET, &["--config-dir=/etc/kubelet.conf.d"]);
    let of = |limit: &str| format!("kind: KubeletConfiguration\npodPidsLimit: {limit}\n");
    node.file("etc/kubelet.conf.d/10-a.conf", &of("1"));
    node.file("etc/kubelet.conf.d/20-b.conf", &of("-1"));
    node.file("etc/kubelet.conf.d/30-c.yaml", &of("7"));
    let (verdict, value, origin) = source(&node);
    assert_eq!((verdict, &*value, origin.kind), (Verdict::Fail, "-1", OriginKind::DropIn));
    assert_eq!(origin.place, "/etc/kubelet.conf.d/20-b.conf:2");
    // Null takes the value out again.
    node.file("etc/kubelet.conf.d/20-b.conf", &of("null"));
    let (verdict, value, origin) = source(&node);
    assert_eq!((verdict, &*value, origin.kind), (Verdict::Fail, "-1", OriginKind::Default));
    node.with(KUBELET, &["--pod-max-pids", "5"]);
    let (verdict, value, origin) = source(&node);
    assert_eq!((verdict, &*value, origin.kind), (Verdict::Pass, "5", OriginKind::Flag));
}

#[test]
fn without_a_file_the_kubelet_lets_anybody_in() {
    let node = kubeadm();
    node.process(KUBELET, &["/usr/bin/kubelet", "--kubeconfig=/etc/kubernetes/kubelet.conf"]);
    for id in ["4.2.1", "4.2.2", "4.2.3", "4.2.4"] {
        let result = node.control(id);
        assert_eq!(result.verdict, Verdict::Fail, "{id}: {}", result.reason);
        assert_eq!(result.evidence[0].origin.kind, OriginKind::Default, "{id}");
    }
}

#[test]
fn files_of_the_api_server_count_before_its_flags() {
    let node = kubeadm();
    node.without(API_SERVER, "--authorization-mode=Node,RBAC");
    node.without(API_SERVER, "--anonymous-auth=false");
    node.with(API_SERVER, &["--authorization-config=/etc/kubernetes/authz.yaml"]);
    node.with(API_SERVER, &["--authentication-config=/etc/kubernetes/authn.yaml"]);
    let authorizers = |kinds: &[&str]| {
        let list: String =
            kinds.iter().map(|kind| format!("- {{type: {kind}, name: x}}\n")).collect();
        format!("kind: AuthorizationConfiguration\nauthorizers:\n{list}")
    };
    node.file("etc/kubernetes/authz.yaml", &authorizers(&["Node", "RBAC", "Webhook"]));
    node.file(
        "etc/kubernetes/authn.yaml",
        "kind: AuthenticationConfiguration\nanonymous:\n  enabled: true\n  conditions:\n  - path: \
         /livez\n",
    );
    for id in ["1.2.1", "1.2.6", "1.2.7", "1.2.8"] {
        assert_eq!(node.verdict(id), Verdict::Pass, "{id}");
    }
    node.file("etc/kubernetes/authz.yaml", &authorizers(&["AlwaysAllow"]));
    node.file("etc/kubernetes/authn.yaml", "anonymous: {enabled: true}\n");
    for id in ["1.2.1", "1.2.6", "1.2.7", "1.2.8"] {
        assert_eq!(node.verdict(id), Verdict::Fail, "{id}");
    }
    node.remove("etc/kubernetes/authz.yaml");
    node.file("etc/kubernetes/authn.yaml", "anonymous: {enabled: [\n");
    for id in ["1.2.1", "1.2.6", "1.2.7", "1.2.8"] {
        let result = node.control(id);
        assert_eq!(result.verdict, Verdict::Unknown, "{id}: {}", result.reason);
        assert!(result.reason.contains("/etc/kubernetes/auth"), "{}", result.reason);
    }
}

#[test]
fn secrets_must_be_written_by_a_strong_provider() {
    let verdict = |providers: &str| {
        let node = kubeadm();
        let text = format!("resources:\n- resources: [secrets]\n  providers: {providers}\n");
        node.file("etc/kubernetes/encryption.yaml", &text);
        node.verdict("1.2.28")
    };
    assert_eq!(verdict("[{aescbc: {}}, {identity: {}}]"), Verdict::Pass);
    assert_eq!(verdict("[{kms: {}}]"), Verdict::Pass);
    assert_eq!(verdict("[{identity: {}}, {aescbc: {}}]"), Verdict::Fail);
    assert_eq!(verdict("[{aesgcm: {}}]"), Verdict::Fail);
    assert_eq!(verdict("[]"), Verdict::Fail);
    let node = kubeadm();
    let evidence = node.control("1.2.28").evidence;
    assert!(evidence.iter().all(|one| !one.to_string().contains("bm90")), "a key is shown");
}

#[test]
fn etcd_is_configured_by_its_file_or_its_variables_too() {
    let node = kubeadm();
    node.process(ETCD, &["etcd", "--cert-file=/a", "--config-file=/etc/etcd.yaml"]);
    node.file(
        &format!("proc/{ETCD}/root/etc/etcd.yaml"),
        "client-transport-security:\n  client-cert-auth: true\n  key-file: /k\n",
    );
    assert_eq!(node.verdict("2.2"), Verdict::Pass);
    // The file silences the flag.
    assert_eq!(node.verdict("2.1"), Verdict::Fail);
    node.process(ETCD, &["etcd", "--peer-auto-tls=false"]);
    node.file(
        &format!("proc/{ETCD}/environ"),
        "ETCD_CERT_FILE=/a\0ETCD_KEY_FILE=/b\0ETCD_PEER_AUTO_TLS=true\0",
    );
    assert_eq!(node.verdict("2.1"), Verdict::Pass);
    assert_eq!(node.verdict("2.6"), Verdict::Pass);
    node.process(ETCD, &["etcd"]);
    node.file(&format!("proc/{ETCD}/environ"), "ETCD_PEER_AUTO_TLS=true\0");
    assert_eq!(node.verdict("2.6"), Verdict::Fail);
}

#[test]
fn the_audit_policy_must_write_down_what_matters() {
    let node = kubeadm();
    assert_eq!(node.verdict("3.2.2"), Verdict::Pass);
    node.file("etc/kubernetes/audit.yaml", "rules:\n- level: RequestResponse\n");
    assert!(node.control("3.2.2").reason.contains("content of Secrets"));
    let policy = "rules:\n- level: None\n  resources:\n  - group: ''\n    resources: [pods/*]\n- \
                  level: Metadata\n";
    node.file("etc/kubernetes/audit.yaml", policy);
    assert!(node.control("3.2.2").reason.contains("pods/exec"));
    node.file("etc/kubernetes/audit.yaml", "rules:\n- level: None\n");
    assert_eq!(node.verdict("3.2.1"), Verdict::Fail);
}

#[test]
fn a_proxy_that_serves_metrics_to_all_fails() {
    let node = kubeadm();
    node.file(
        &format!("proc/{PROXY}/root/var/lib/kube-proxy/config.conf"),
        "metricsBindAddress: 0.0.0.0:10249\n",
    );
    assert_eq!(node.verdict("4.3.1"), Verdict::Fail);
    node.process(PROXY, &["kube-proxy", "--metrics-bind-address=0.0.0.0"]);
    assert_eq!(node.verdict("4.3.1"), Verdict::Fail);
    node.process(PROXY, &["kube-proxy"]);
    assert_eq!(node.verdict("4.3.1"), Verdict::Pass);
}
