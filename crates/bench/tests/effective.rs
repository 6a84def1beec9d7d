//! What a setting really comes to: flags that are given twice or empty, words that Go takes for
//! booleans and numbers, files that hide what they seem to show. A node that only looks good fails.

mod support;

use seawall_bench::{ControlResult, Report, Verdict};
use support::{
    API_SERVER, CONTROLLER_MANAGER, ETCD, KUBELET, Node, inventory, kubeadm, one, report,
};

fn expect(node: &Node, id: &str, verdict: Verdict) {
    let result = node.control(id);
    assert_eq!(result.verdict, verdict, "{id}: {}", result.reason);
}

fn of(node: &Node, benchmark: &str, id: &str) -> ControlResult {
    one(&node.report(benchmark), id)
}

fn expect_of(node: &Node, benchmark: &str, id: &str, verdict: Verdict) {
    let result = of(node, benchmark, id);
    assert_eq!(result.verdict, verdict, "{id}: {}", result.reason);
}

#[test]
fn of_the_kubelet_s_flags_too_the_last_counts() {
    for (id, flag, good, bad) in [
        ("4.2.1", "anonymous-auth", "false", "true"),
        ("4.2.4", "read-only-port", "0", "10255"),
        ("4.2.13", "pod-max-pids", "100", "-1"),
        ("4.2.5", "streaming-connection-idle-timeout", "5m", "0s"),
    ] {
        for (first, last, verdict) in [(bad, good, Verdict::Pass), (good, bad, Verdict::Fail)] {
            let node = kubeadm();
            let words = [first, last].map(|value| format!("--{flag}={value}"));
            node.with(KUBELET, &[&words[0], &words[1]]);
            let result = node.control(id);
            assert_eq!(result.verdict, verdict, "{flag} {first} {last}: {}", result.reason);
            assert_eq!(result.evidence[0].value.as_deref(), Some(last));
        }
    }
}

#[test]
fn words_are_booleans_and_numbers_as_go_has_them() {
    for (id, word, verdict) in [
        ("1.2.15", "--profiling=0", Verdict::Pass),
        ("1.2.15", "--profiling=F", Verdict::Pass),
        ("1.2.15", "--profiling=False", Verdict::Pass),
        ("1.2.15", "--profiling=T", Verdict::Fail),
        ("1.2.15", "--profiling=no", Verdict::Unknown),
        ("1.2.15", "--profiling=", Verdict::Unknown),
        ("1.2.17", "--audit-log-maxage=0x1e", Verdict::Pass),
        // Octal: 24.
        ("1.2.17", "--audit-log-maxage=030", Verdict::Fail),
        ("1.2.17", "--audit-log-maxage=30d", Verdict::Unknown),
        ("1.2.21", "--service-account-lookup=f", Verdict::Fail),
        ("1.2.16", "--audit-log-path=", Verdict::Fail),
        ("1.2.2", "--token-auth-file=", Verdict::Pass),
        ("1.2.29", "--tls-cipher-suites=", Verdict::Pass),
        ("1.2.29", "--tls_cipher_suites=TLS_RSA_WITH_AES_128_CBC_SHA", Verdict::Fail),
    ] {
        let node = kubeadm();
        node.with(API_SERVER, &[word]);
        let result = node.control(id);
        assert_eq!(result.verdict, verdict, "{word}: {}", result.reason);
    }
    let node = kubeadm();
    node.with(KUBELET, &["--seccomp-default=1"]);
    node.replace("var/lib/kubelet/config.yaml", "seccompDefault: true", "seccompDefault: false");
    expect(&node, "4.2.14", Verdict::Pass);
}

#[test]
fn no_authorizer_is_one_that_allows_everything() {
    let node = kubeadm();
    node.without(API_SERVER, "--authorization-mode=Node,RBAC");
    node.with(API_SERVER, &["--authorization-mode="]);
    expect(&node, "1.2.6", Verdict::Fail);
    node.with(API_SERVER, &["--authorization-config=/etc/kubernetes/authz.yaml"]);
    node.file("etc/kubernetes/authz.yaml", "kind: AuthorizationConfiguration\n");
    for id in ["1.2.6", "1.2.7", "1.2.8"] {
        expect(&node, id, Verdict::Unknown);
    }
}

#[test]
fn an_audit_policy_that_hides_what_matters_covers_nothing() {
    let node = kubeadm();
    let policy = |text: &str| {
        node.file("etc/kubernetes/audit.yaml", text);
    };
    for hides in [
        "rules:\n- level: None\n- level: Metadata\n",
        "omitStages: [RequestReceived, ResponseStarted, ResponseComplete, Panic]\nrules:\n- level: \
         Metadata\n",
    ] {
        policy(hides);
        expect(&node, "3.2.1", Verdict::Fail);
        expect(&node, "3.2.2", Verdict::Fail);
    }
    for hides in [
        "rules:\n- level: None\n  userGroups: ['system:authenticated']\n- level: Metadata\n",
        "rules:\n- level: None\n  namespaces: [kube-system]\n- level: Metadata\n",
        "rules:\n- level: None\n  resources: [{group: '*', resources: ['secrets']}]\n- level: \
         Metadata\n",
        "rules:\n- {level: Request, resources: [{group: '', resources: [configmaps]}]}\n- level: \
         Metadata\n",
    ] {
        policy(hides);
        expect(&node, "3.2.1", Verdict::Pass);
        expect(&node, "3.2.2", Verdict::Fail);
    }
    policy("rules:\n- level: None\n  users: ['system:kube-proxy']\n- level: Metadata\n");
    expect(&node, "3.2.2", Verdict::Pass);
}

#[test]
fn a_certificate_that_etcd_has_and_does_not_use_is_no_tls() {
    for (id, name, flag) in [
        ("2.1", "etcd-tls", "--listen-client-urls=https://127.0.0.1:2379,http://10.0.0.1:2379"),
        ("2.4", "etcd-peer-tls", "--listen-peer-urls=http://10.0.0.1:2380"),
    ] {
        let node = kubeadm();
        expect(&node, id, Verdict::Pass);
        node.with(ETCD, &[flag]);
        expect(&node, id, Verdict::Fail);
        expect_of(&node, "nsa-cisa", name, Verdict::Fail);
    }
    let node = kubeadm();
    expect_of(&node, "nsa-cisa", "etcd-tls-version", Verdict::Pass);
    expect_of(&node, "nsa-cisa", "etcd-cipher-suites", Verdict::Fail);
    node.with(ETCD, &["--tls-min-version=TLS1.3"]);
    expect_of(&node, "nsa-cisa", "etcd-cipher-suites", Verdict::Pass);
    node.with(ETCD, &["--tls-min-version=TLS1.1"]);
    expect_of(&node, "nsa-cisa", "etcd-tls-version", Verdict::Fail);
}

#[test]
fn a_node_that_is_called_as_its_machine_is_overrides_nothing() {
    let node = kubeadm();
    node.with(KUBELET, &["--hostname-override=NODE1"]);
    expect(&node, "4.2.7", Verdict::Pass);
    node.with(KUBELET, &["--hostname-override=node2"]);
    expect(&node, "4.2.7", Verdict::Fail);
}

#[test]
fn patches_leave_a_server_that_starts() {
    let node = kubeadm();
    node.replace("proc/100/cmdline", ",EventRateLimit", "");
    let result = node.control("1.2.9");
    assert_eq!((result.verdict, result.patches.len()), (Verdict::Fail, 0));
    node.replace("var/lib/kubelet/config.yaml", "mode: Webhook", "mode: AlwaysAllow");
    let patch = &node.control("4.2.2").patches[0];
    assert!(format!("{patch:?}").contains("to: Some(\"Webhook\")"), "{patch:?}");
    node.without(API_SERVER, "--anonymous-auth=false");
    assert_eq!(node.control("1.2.1").patches.len(), 1);
    let manifest = "etc/kubernetes/manifests/kube-apiserver.yaml";
    node.replace(
        manifest,
        "    volumeMounts:",
        "    livenessProbe: {httpGet: {path: /livez}}\n    volumeMounts:",
    );
    let result = node.control("1.2.1");
    assert!(result.reason.contains("probes come without a name"), "{}", result.reason);
    assert!(result.patches.is_empty());
}

#[test]
fn what_holds_by_default_is_that_of_the_version() {
    for (version, verdict) in [("v1.35.4", Verdict::Fail), ("v1.36.0", Verdict::Pass)] {
        let node = kubeadm();
        for flag in ["maxage=30", "maxbackup=10", "maxsize=100"] {
            node.without(API_SERVER, &format!("--audit-log-{flag}"));
        }
        for name in ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"] {
            node.replace(&format!("etc/kubernetes/manifests/{name}.yaml"), "v1.34.1", version);
        }
        for id in ["1.2.17", "1.2.18", "1.2.19"] {
            let result = node.control(id);
            assert_eq!(result.verdict, verdict, "{version} {id}: {}", result.reason);
        }
    }
}

#[test]
fn keys_of_service_accounts_may_be_a_program_s() {
    let node = kubeadm();
    node.without(API_SERVER, "--service-account-key-file=/etc/kubernetes/pki/sa.pub");
    expect(&node, "1.2.22", Verdict::Fail);
    node.with(API_SERVER, &["--service-account-signing-endpoint=/run/signer.sock"]);
    expect(&node, "1.2.22", Verdict::Pass);
}

const HOOK: &str = "clusters:\n- name: a\n  cluster: {server: 'https://authz:443'}\n";

#[test]
fn a_webhook_that_anybody_can_stand_for_is_weak() {
    let node = kubeadm();
    let hook = "etc/kubernetes/hook.yaml";
    node.with(API_SERVER, &["--authorization-config=/etc/kubernetes/authz.yaml"]);
    let chain = |policy: &str| {
        format!(
            "authorizers:\n- {{type: Node, name: node}}\n- {{type: RBAC, name: rbac}}\n- type: \
             Webhook\n  name: hook\n  webhook:\n    failurePolicy: {policy}\n    connectionInfo: {{type: \
             KubeConfigFile, kubeConfigFile: /{hook}}}\n"
        )
    };
    node.file("etc/kubernetes/authz.yaml", &chain("Deny"));
    expect_of(&node, "nsa-cisa", "authorization-chain", Verdict::Unknown);
    node.file(hook, HOOK);
    expect_of(&node, "nsa-cisa", "authorization-chain", Verdict::Pass);
    for (from, to) in [
        ("https://authz:443'", "http://authz'"),
        ("https://authz:443'", "https://authz:443', insecure-skip-tls-verify: true"),
    ] {
        node.file(hook, &HOOK.replace(from, to));
        expect_of(&node, "nsa-cisa", "authorization-chain", Verdict::Fail);
    }
    node.file("etc/kubernetes/authz.yaml", &chain("NoOpinion"));
    let result = of(&node, "nsa-cisa", "authorization-chain");
    assert!(result.reason.contains("left out when"), "{}", result.reason);
    // Who asks for names is no less trusted.
    let flag = format!("--authentication-token-webhook-config-file=/{hook}");
    node.with(API_SERVER, &[&flag]);
    expect_of(&node, "nsa-cisa", "authentication-methods", Verdict::Fail);
    node.file(hook, HOOK);
    expect_of(&node, "nsa-cisa", "authentication-methods", Verdict::Pass);
}

#[test]
fn what_is_unread_of_the_ways_in_hides_no_weak_one() {
    let node = kubeadm();
    node.without(API_SERVER, "--anonymous-auth=false");
    node.with(API_SERVER, &["--authentication-config=/etc/kubernetes/none.yaml"]);
    expect_of(&node, "nsa-cisa", "authentication-methods", Verdict::Unknown);
    node.with(API_SERVER, &["--token-auth-file=/etc/tokens.csv"]);
    expect_of(&node, "nsa-cisa", "authentication-methods", Verdict::Fail);
}

#[test]
fn proxy_headers_are_weak_where_every_client_may_send_them() {
    let ca = "--requestheader-client-ca-file=/etc/kubernetes/pki/ca.crt";
    let node = kubeadm();
    // Without an authority no header is taken.
    node.with(API_SERVER, &["--requestheader-username-headers=X-Remote-User"]);
    expect_of(&node, "nsa-cisa", "authentication-methods", Verdict::Pass);
    node.with(API_SERVER, &[ca]);
    expect_of(&node, "nsa-cisa", "authentication-methods", Verdict::Fail);
    node.with(API_SERVER, &["--requestheader-allowed-names=front-proxy-client"]);
    expect_of(&node, "nsa-cisa", "authentication-methods", Verdict::Pass);
}

#[test]
fn client_certificates_are_renewed_and_end_soon() {
    let node = kubeadm();
    expect_of(&node, "nsa-cisa", "client-certificates", Verdict::Pass);
    node.with(CONTROLLER_MANAGER, &["--cluster-signing-duration=87600h"]);
    expect_of(&node, "nsa-cisa", "client-certificates", Verdict::Fail);
    let node = kubeadm();
    node.replace("var/lib/kubelet/config.yaml", "rotateCertificates: true\n", "");
    expect_of(&node, "nsa-cisa", "client-certificates", Verdict::Fail);
    expect_of(&Node::new(), "nsa-cisa", "client-certificates", Verdict::NotApplicable);
}

#[test]
fn redirects_are_those_of_every_interface() {
    let node = Node::new();
    let set = |family: &str, interface: &str, name: &str, value: &str| {
        node.file(&format!("proc/sys/net/{family}/conf/{interface}/{name}"), value);
    };
    // Without /proc/sys nothing is known.
    expect_of(&node, "node", "redirects-sent", Verdict::Unknown);
    node.file("proc/sys/kernel/ostype", "Linux\n");
    expect_of(&node, "node", "redirects-sent", Verdict::NotApplicable);
    for name in ["send_redirects", "accept_redirects", "accept_source_route"] {
        set("ipv4", "all", name, "0\n");
        set("ipv4", "eth0", name, "1\n");
    }
    // Either value is enough to send; to take both are needed of a node that forwards.
    expect_of(&node, "node", "redirects-sent", Verdict::Fail);
    expect_of(&node, "node", "redirects-taken", Verdict::Fail);
    expect_of(&node, "node", "source-routes", Verdict::Pass);
    set("ipv4", "eth0", "forwarding", "1\n");
    set("ipv4", "eth0", "send_redirects", "0\n");
    expect_of(&node, "node", "redirects-sent", Verdict::Pass);
    expect_of(&node, "node", "redirects-taken", Verdict::Pass);
    set("ipv6", "all", "accept_redirects", "0\n");
    set("ipv6", "eth0", "accept_redirects", "1\n");
    let result = of(&node, "node", "redirects-taken");
    assert_eq!(result.verdict, Verdict::Fail, "{}", result.reason);
    assert!(result.reason.contains("ipv6 is on for eth0"), "{}", result.reason);
    expect_of(&node, "node", "ptrace", Verdict::Fail);
}

#[test]
fn a_general_system_is_not_minimal_for_being_read_only() {
    let node = Node::new();
    let mounts = |options: &str| {
        node.file("proc/1/mountinfo", &format!("21 1 254:0 / / {options} - ext4 /dev/vda rw\n"));
    };
    for (release, options, verdict) in [
        ("ID=debian\n", "ro", Verdict::Manual),
        ("ID=debian\n", "rw", Verdict::Fail),
        ("ID=fedora\nVARIANT_ID=coreos\n", "ro", Verdict::Pass),
        ("ID=bottlerocket\n", "ro", Verdict::Pass),
        ("ID=flatcar\n", "rw", Verdict::Fail),
    ] {
        node.file("etc/os-release", release);
        mounts(options);
        expect_of(&node, "node", "minimal-system", verdict);
    }
}

#[test]
fn a_security_module_that_can_t_be_looked_at_is_unknown() {
    let node = Node::new();
    node.file("sys/fs/selinux/x", "");
    expect_of(&node, "node", "mandatory-access", Verdict::Unknown);
    node.file("sys/fs/selinux/enforce", "1");
    node.file("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
    let result = of(&node, "node", "mandatory-access");
    assert_eq!(result.verdict, Verdict::Pass);
    assert!(result.evidence.iter().any(|one| one.value.as_deref() == Some("targeted")));
}

#[test]
fn names_that_are_not_text_hide_no_file() {
    use std::os::unix::ffi::OsStrExt as _;
    let node = kubeadm();
    let odd = std::ffi::OsStr::from_bytes(b"etc/cni/net.d/\xff.conf");
    std::fs::write(node.root().join(odd), "").expect("a file");
    expect(&node, "1.1.9", Verdict::Unknown);
}

#[test]
fn what_k3s_sets_itself_is_no_failure() {
    let node = Node::new();
    node.process(50, &["/usr/local/bin/k3s server"]);
    node.file("etc/systemd/system/k3s.service", "[Service]\nExecStart=/usr/local/bin/k3s server\n");
    node.file("var/lib/rancher/k3s/server/db/etcd/config", "data-dir: /x\n");
    for (id, verdict) in [
        ("1.2.29", Verdict::Pass),
        ("4.2.7", Verdict::Pass),
        ("1.1.12", Verdict::NotApplicable),
        ("4.1.1", Verdict::NotApplicable),
    ] {
        expect(&node, id, verdict);
    }
    expect_of(&node, "nsa-cisa", "authentication-methods", Verdict::Pass);
    node.file(
        "etc/rancher/k3s/config.yaml",
        "node-name: other\nkube-apiserver-arg: [tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA]\n",
    );
    expect(&node, "1.2.29", Verdict::Fail);
    expect(&node, "4.2.7", Verdict::Fail);
}

#[test]
fn a_backup_among_the_manifests_is_a_pod_like_the_others() {
    let node = Node::new();
    let good = support::manifest("kube-apiserver", &["--profiling=false"]);
    node.file("etc/kubernetes/manifests/kube-apiserver.yaml", &good);
    expect(&node, "1.2.15", Verdict::Pass);
    let bad = good.replace("profiling=false", "profiling=true");
    node.file("etc/kubernetes/manifests/.kube-apiserver.yaml.swp", &bad);
    node.file("etc/kubernetes/manifests/old/kube-apiserver.yaml", &bad);
    expect(&node, "1.2.15", Verdict::Pass);
    node.file("etc/kubernetes/manifests/kube-apiserver.yaml~", &bad);
    expect(&node, "1.2.15", Verdict::Fail);
    // A kubelet may be told of one file instead of a directory.
    let node = Node::new();
    node.process(KUBELET, &["kubelet", "--pod-manifest-path=/opt/pods.yaml"]);
    node.file("opt/pods.yaml", &bad);
    expect(&node, "1.2.15", Verdict::Fail);
}

fn pods(text: &str) -> Report {
    report(None, Some(&inventory(text)), "container-host", &[])
}

#[test]
fn what_docker_s_benchmark_asks_of_containers_is_asked_of_pods() {
    let bad = pods(
        "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop}
spec:
  hostNetwork: true
  initContainers:
  - name: i
    image: i:latest
    securityContext: {privileged: true}
    volumeMounts: [{name: s, mountPath: /s, mountPropagation: Bidirectional}]
  containers:
  - name: c
    image: c
    securityContext: {seccompProfile: {type: Unconfined}}
  volumes:
  - {name: s, hostPath: {path: /run/containerd/containerd.sock}}
",
    );
    for id in [
        "pod-privileged",
        "pod-seccomp",
        "pod-capabilities",
        "pod-new-privileges",
        "pod-engine-socket",
        "pod-host-namespaces",
        "pod-mount-propagation",
        "pod-memory",
        "pod-cpu",
        "pod-read-only",
        "pod-health",
        "pod-images",
    ] {
        let result = one(&bad, id);
        assert_eq!(result.verdict, Verdict::Fail, "{id}: {}", result.reason);
        assert!(!result.evidence.is_empty(), "{id} fails without evidence");
    }
    assert_eq!(one(&bad, "pod-user-namespaces").verdict, Verdict::Manual);
    let good = pods(
        "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop}
spec:
  hostUsers: false
  containers:
  - name: c
    image: c:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    resources: {limits: {memory: 1Gi}, requests: {cpu: 100m}}
    livenessProbe: {httpGet: {port: 8080}}
    securityContext:
      privileged: false
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
      seccompProfile: {type: RuntimeDefault}
      appArmorProfile: {type: RuntimeDefault}
",
    );
    for result in good.results.iter().filter(|result| result.id.starts_with("pod-")) {
        let right = match &*result.id {
            // No node was read.
            "pod-processes" => Verdict::Unknown,
            _ if result.verdict == Verdict::NotApplicable => Verdict::NotApplicable,
            _ => Verdict::Pass,
        };
        assert_eq!(result.verdict, right, "{}: {}", result.id, result.reason);
    }
}

#[test]
fn a_program_that_bears_a_plugin_s_name_enforces_nothing() {
    let set = |name: &str| {
        inventory(&format!(
            "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {name}, namespace: n}}\n"
        ))
    };
    let of = |node: &Node, name: &str| {
        one(&report(Some(&node.host()), Some(&set(name)), "cis-2.0", &[]), "5.3.1").verdict
    };
    let node = kubeadm();
    node.remove("etc/cni/net.d/10-calico.conflist");
    node.file("etc/cni/net.d/10-flannel.conflist", "{\"plugins\": [{\"type\": \"flannel\"}]}");
    assert_eq!(of(&node, "weave-scope-agent"), Verdict::Fail);
    assert_eq!(of(&node, "calico-node"), Verdict::Pass);
    // What an earlier plugin has left behind does not count.
    node.file("etc/cni/net.d/20-calico.conflist", "{\"plugins\": [{\"type\": \"calico\"}]}");
    expect(&node, "5.3.1", Verdict::Fail);
}

#[test]
fn k3s_enforces_network_policies_unless_it_is_told_not_to() {
    let node = Node::new();
    node.process(50, &["/usr/local/bin/k3s server"]);
    node.file("etc/systemd/system/k3s.service", "[Service]\nExecStart=/usr/local/bin/k3s server\n");
    node.file(
        "var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel.conflist",
        "{\"plugins\": [{\"type\": \"flannel\"}]}",
    );
    expect(&node, "5.3.1", Verdict::Pass);
    node.file("etc/rancher/k3s/config.yaml", "disable-network-policy: true\n");
    expect(&node, "5.3.1", Verdict::Fail);
}

#[test]
fn images_are_checked_by_what_refuses_them() {
    let verdict =
        |text: &str| one(&report(None, Some(&inventory(text)), "cis-2.0", &[]), "5.5.1").verdict;
    let kyverno = |action: &str| {
        format!(
            "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {{name: p}}\nspec:\n  \
             validationFailureAction: {action}\n  rules:\n  - {{name: r, verifyImages: []}}\n"
        )
    };
    assert_eq!(verdict(&kyverno("Enforce")), Verdict::Pass);
    assert_eq!(verdict(&kyverno("Audit")), Verdict::Manual);
    let hook = |policy: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: \
             {{name: policy.sigstore.dev}}\nwebhooks:\n- {{name: a, failurePolicy: {policy}}}\n"
        )
    };
    assert_eq!(verdict(&hook("Fail")), Verdict::Pass);
    assert_eq!(verdict(&hook("Ignore")), Verdict::Manual);
    let node = kubeadm();
    node.with(API_SERVER, &["--enable-admission-plugins=ImagePolicyWebhook"]);
    expect(&node, "5.5.1", Verdict::Unknown);
    node.with(API_SERVER, &["--admission-control-config-file=/etc/kubernetes/admission.yaml"]);
    let plugins = |allow: bool| {
        format!(
            "plugins:\n- name: ImagePolicyWebhook\n  configuration:\n    imagePolicy: {{defaultAllow: {allow}}}\n"
        )
    };
    node.file("etc/kubernetes/admission.yaml", &plugins(true));
    expect(&node, "5.5.1", Verdict::Fail);
    node.file("etc/kubernetes/admission.yaml", &plugins(false));
    expect(&node, "5.5.1", Verdict::Pass);
}

#[test]
fn kubeconfigs_are_those_that_configurations_name() {
    let node = kubeadm();
    node.process(support::PROXY, &["kube-proxy", "--config=/etc/proxy.yaml"]);
    node.file("etc/proxy.yaml", "clientConnection: {kubeconfig: /etc/proxy.conf}\n");
    node.file("etc/proxy.conf", "").mode("etc/proxy.conf", 0o644);
    expect(&node, "4.1.3", Verdict::Fail);
    node.mode("etc/proxy.conf", 0o600);
    expect(&node, "4.1.3", Verdict::Pass);
    let node = kubeadm();
    node.with(KUBELET, &["--cni-conf-dir=/opt/cni"]);
    node.file("opt/cni/10.conf", "{}").mode("opt/cni/10.conf", 0o644);
    expect(&node, "1.1.9", Verdict::Fail);
}

#[test]
fn what_a_distribution_keeps_below_usr_etc_counts_where_nothing_replaces_it() {
    let node = Node::new();
    node.file("usr/etc/ssh/sshd_config", "PermitRootLogin yes\n");
    node.file("usr/etc/sudoers", "dave ALL=(ALL) NOPASSWD: ALL\n");
    expect_of(&node, "node", "ssh-root", Verdict::Fail);
    expect_of(&node, "node", "sudo", Verdict::Fail);
    node.file("etc/ssh/sshd_config", "PermitRootLogin no\n");
    node.file("etc/sudoers", "dave ALL=(ALL) ALL\n");
    expect_of(&node, "node", "ssh-root", Verdict::Pass);
    expect_of(&node, "node", "sudo", Verdict::Pass);
}
