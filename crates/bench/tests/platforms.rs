//! Each distribution: what it is taken for, where its files are found, what its settings are.

mod support;

use seawall_bench::{OriginKind, Report, Role, Verdict};
use support::{KUBELET_CONFIG, Node, inventory, manifest, one, report};

fn k3s() -> Node {
    let node = Node::new();
    node.process(50, &["/usr/local/bin/k3s server"]);
    node.file(
        "etc/systemd/system/k3s.service",
        "[Service]\nEnvironmentFile=-/etc/default/k3s\nExecStart=/usr/local/bin/k3s \\\n    server \\\n\t'--kube-apiserver-arg=audit-log-path=/var/log/audit.log'\n",
    );
    node.file("etc/rancher/k3s/config.yaml", "secrets-encryption: true\n");
    node.file("var/lib/rancher/k3s/server/cred/admin.kubeconfig", "");
    node.file("var/lib/rancher/k3s/server/tls/server-ca.crt", "");
    node.file(
        "var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf",
        &format!("{KUBELET_CONFIG}address: 0.0.0.0\n"),
    );
    node
}

#[test]
fn k3s_hides_its_arguments_and_is_known_by_its_configuration() {
    let node = k3s();
    let report = node.report("cis-2.0");
    assert_eq!(report.platform, "k3s");
    let expect = |report: &Report, id: &str, verdict: Verdict| {
        let result = one(report, id);
        assert_eq!(result.verdict, verdict, "{id}: {}", result.reason);
    };
    for id in ["1.2.1", "1.2.6", "1.2.7", "1.2.8", "1.2.15", "1.2.16", "1.2.27", "1.3.2", "1.3.7"] {
        expect(&report, id, Verdict::Pass);
    }
    for id in ["4.2.1", "4.2.2", "4.2.3", "4.2.4", "1.1.13", "4.2.14"] {
        expect(&report, id, Verdict::Pass);
    }
    // There are no manifests, and kine instead of etcd.
    for id in ["1.1.1", "1.1.7", "1.2.26", "2.1"] {
        expect(&report, id, Verdict::NotApplicable);
    }
    expect(&report, "1.2.17", Verdict::Fail);
    node.file(
        "etc/rancher/k3s/config.yaml.d/10.yaml",
        "kube-apiserver-arg+:\n- anonymous-auth=true\n- enable-admission-plugins+=AlwaysPullImages\n",
    );
    let report = node.report("cis-2.0");
    expect(&report, "1.2.1", Verdict::Fail);
    expect(&report, "1.2.11", Verdict::Pass);
    expect(&report, "1.2.14", Verdict::Pass);
}

#[test]
fn what_k3s_hides_and_no_file_tells_is_unknown() {
    let node = k3s();
    node.remove("etc/systemd/system/k3s.service");
    let result = node.control("1.2.17");
    assert_eq!(result.verdict, Verdict::Unknown, "{}", result.reason);
    assert!(result.reason.contains("hides its arguments"), "{}", result.reason);
    // A flag or a plugin that nobody knows of would win.
    for id in ["1.2.1", "1.2.6", "1.2.12", "1.2.14", "1.3.6", "4.2.1"] {
        let verdict = node.verdict(id);
        assert_eq!(verdict, Verdict::Unknown, "{id}");
    }
}

#[test]
fn an_agent_of_k3s_runs_no_control_plane() {
    let node = Node::new();
    node.process(50, &["/usr/local/bin/k3s agent"]);
    node.file(
        "etc/systemd/system/k3s-agent.service",
        "[Service]\nExecStart=/usr/local/bin/k3s agent\n",
    );
    assert_eq!(node.verdict("1.2.1"), Verdict::NotApplicable);
    assert_eq!(node.verdict("4.2.1"), Verdict::Pass);
}

#[test]
fn rke2_runs_static_pods_of_its_own_and_an_etcd_with_a_file() {
    let node = Node::new();
    let pods = "var/lib/rancher/rke2/agent/pod-manifests";
    node.file(
        &format!("{pods}/kube-apiserver.yaml"),
        &manifest("kube-apiserver", &["--profiling=false"]),
    );
    node.process(60, &["/usr/local/bin/rke2", "server"]);
    node.process(61, &["kube-apiserver", "--profiling=false", "--authorization-mode=RBAC,Node"]);
    node.process(62, &["etcd", "--config-file=/var/lib/rancher/rke2/server/db/etcd/config"]);
    node.file(
        "var/lib/rancher/rke2/server/db/etcd/config",
        "data-dir: /var/lib/rancher/rke2/server/db/etcd\nclient-transport-security:\n  \
         client-cert-auth: true\n  cert-file: /c\n  key-file: /k\n",
    )
    .mode("var/lib/rancher/rke2/server/db/etcd", 0o700);
    node.process(
        63,
        &[
            "kubelet",
            "--anonymous-auth=false",
            "--authorization-mode=Webhook",
            "--read-only-port=0",
        ],
    );
    let report = node.report("cis-2.0");
    assert_eq!(report.platform, "rke2");
    for id in ["1.1.1", "1.1.11", "1.2.7", "1.2.15", "2.1", "2.2", "4.2.1", "4.2.2", "4.2.4"] {
        let result = one(&report, id);
        assert_eq!(result.verdict, Verdict::Pass, "{id}: {}", result.reason);
    }
    assert_eq!(one(&report, "2.5").verdict, Verdict::Fail);
}

#[test]
fn microk8s_keeps_arguments_in_files() {
    let node = Node::new();
    let args = "var/snap/microk8s/current/args";
    node.process(70, &["/snap/microk8s/100/kubelite", "--scheduler-args-file=x"]);
    node.file(
        &format!("{args}/kube-apiserver"),
        "--authorization-mode=RBAC,Node\n--profiling=false\n--client-ca-file=${SNAP_DATA}/certs/ca.crt\n# \
         --anonymous-auth=true\n",
    );
    node.file(
        &format!("{args}/kubelet"),
        "--anonymous-auth=false\n--kubeconfig=${SNAP_DATA}/credentials/kubelet.config\n",
    );
    node.file("var/snap/microk8s/current/credentials/kubelet.config", "");
    node.file("snap/microk8s/current/meta/snap.yaml", "name: microk8s\nversion: v1.32.1\n");
    let report = node.report("cis-1.12");
    assert_eq!((&*report.platform, report.kubernetes.as_deref()), ("microk8s", Some("1.32")));
    for id in ["1.2.8", "1.2.15", "1.2.25", "4.1.5", "4.2.1"] {
        let result = one(&report, id);
        assert_eq!(result.verdict, Verdict::Pass, "{id}: {}", result.reason);
    }
    assert_eq!(one(&report, "1.2.1").verdict, Verdict::Fail);
    assert_eq!(one(&report, "4.2.2").verdict, Verdict::Fail);
    assert_eq!(one(&report, "2.1").verdict, Verdict::NotApplicable);
    let evidence = &one(&report, "1.2.25").evidence[0];
    assert_eq!(evidence.value.as_deref(), Some("/var/snap/microk8s/current/certs/ca.crt"));
    assert_eq!(evidence.origin.kind, OriginKind::File);
}

fn cloud(config: &str, mark: &str) -> Node {
    let node = Node::new();
    node.file(mark, "{}");
    node.process(
        80,
        &[
            "/usr/bin/kubelet",
            &format!("--config=/{config}"),
            "--kubeconfig=/var/lib/kubelet/kubeconfig",
        ],
    );
    node.file(
        config,
        "{\"kind\": \"KubeletConfiguration\", \"authentication\": {\"anonymous\": {\"enabled\": \
         false}, \"x509\": {\"clientCAFile\": \"/etc/ca.crt\"}}, \"serverTLSBootstrap\": true}",
    );
    node.file("var/lib/kubelet/kubeconfig", "users: [{name: a, user: {exec: {command: aws}}}]\n");
    node.mode("var/lib/kubelet/kubeconfig", 0o644);
    node
}

#[test]
fn nodes_of_clouds_are_known_and_held_against_their_own_benchmarks() {
    for (platform, config, mark) in [
        (
            "eks",
            "etc/kubernetes/kubelet/config.json",
            "etc/eks/image-credential-provider/config.json",
        ),
        ("aks", "etc/default/kubeletconfig.json", "etc/kubernetes/azure.json"),
        ("gke", "home/kubernetes/kubelet-config.yaml", "home/kubernetes/bin/x"),
    ] {
        let node = cloud(config, mark);
        let report = node.report(platform);
        assert_eq!(report.platform, platform);
        for id in ["3.1.3", "3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.2.5", "3.2.6", "3.2.9"] {
            let result = one(&report, id);
            assert_eq!(result.verdict, Verdict::Pass, "{platform} {id}: {}", result.reason);
        }
        let managed = |id: &str| one(&report, id).assessment;
        assert_eq!(managed("3.2.4"), seawall_bench::Assessment::Automated);
        // The kubelet logs in with a program and has no certificate to rotate.
        assert_eq!(one(&report, "3.2.8").verdict, Verdict::NotApplicable, "{platform}");
        // Somebody else runs the control plane.
        assert_eq!(one(&node.report("cis-2.0"), "1.2.1").verdict, Verdict::NotApplicable);
    }
}

#[test]
fn manifests_and_mirror_pods_tell_of_the_control_plane_without_a_node() {
    let text = manifest("kube-apiserver", &["--anonymous-auth=false", "--profiling=true"]);
    let objects = inventory(&text);
    let report = report(None, Some(&objects), "cis-2.0", &[]);
    assert_eq!(report.kubernetes.as_deref(), Some("1.34"));
    assert_eq!(one(&report, "1.2.1").verdict, Verdict::Pass);
    assert_eq!(one(&report, "1.2.15").verdict, Verdict::Fail);
    assert_eq!(one(&report, "1.2.1").evidence[0].origin.kind, OriginKind::Manifest);
    // Modes and kubelets are in no manifest.
    for id in ["1.1.1", "4.2.1", "2.1"] {
        assert_eq!(one(&report, id).verdict, Verdict::Unknown, "{id}");
    }
}

#[test]
fn a_component_that_a_node_is_said_to_run_and_does_not_is_unknown() {
    let node = Node::new();
    node.file("etc/kubernetes/manifests/x.yaml", "kind: Pod\n");
    let host = node.host();
    assert_eq!(
        one(&report(Some(&host), None, "cis-2.0", &[]), "1.2.1").verdict,
        Verdict::NotApplicable
    );
    let said = report(Some(&host), None, "cis-2.0", &[Role::ControlPlane]);
    assert_eq!(one(&said, "1.2.1").verdict, Verdict::Unknown);
}

#[test]
fn a_node_may_be_a_container_itself() {
    let node = support::kubeadm();
    node.file("proc/2/comm", "sh\n");
    node.remove(&format!("proc/{}", support::PROXY));
    assert_eq!(node.verdict("4.3.1"), Verdict::NotApplicable);
    node.remove(&format!("proc/{}", support::KUBELET));
    assert_eq!(node.verdict("4.3.1"), Verdict::Unknown);
}

#[test]
fn what_a_kubelet_says_of_itself_is_in_bundles() {
    let text = "{\"kubeletconfig\": {\"authentication\": {\"anonymous\": {\"enabled\": true}, \
                \"x509\": {\"clientCAFile\": \"/ca\"}}, \"podPidsLimit\": 100}}";
    let objects = support::inventory_of("b.tar.zst/nodes/w1/configz.json", text);
    let report = report(None, Some(&objects), "cis-2.0", &[]);
    for (id, verdict) in [
        ("4.2.1", Verdict::Fail),
        ("4.2.2", Verdict::Pass),
        ("4.2.3", Verdict::Pass),
        // Nought is left out.
        ("4.2.4", Verdict::Pass),
        ("4.2.13", Verdict::Pass),
        // It is in no configuration.
        ("4.2.7", Verdict::Unknown),
    ] {
        let result = one(&report, id);
        assert_eq!(result.verdict, verdict, "{id}: {}", result.reason);
    }
    assert!(one(&report, "4.2.1").reason.contains("kubelet on w1"));
}
