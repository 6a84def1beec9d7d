//! Where kube-bench 0.15 passes what is wrong, or fails what is right: each must come out as it is.

mod support;

use seawall_bench::Verdict;
use support::{API_SERVER, CONTROLLER_MANAGER, KUBELET, PROXY, inventory, kubeadm, one, report};

const CONFIG: &str = "var/lib/kubelet/config.yaml";

#[test]
fn a_seccomp_default_of_false_is_set_and_fails() {
    let node = kubeadm();
    node.replace(CONFIG, "seccompDefault: true", "seccompDefault: false");
    assert_eq!(node.verdict("4.2.14"), Verdict::Fail);
    // Either of the two switches it on.
    node.with(KUBELET, &["--seccomp-default"]);
    assert_eq!(node.verdict("4.2.14"), Verdict::Pass);
}

#[test]
fn a_limit_of_minus_one_processes_is_none() {
    let node = kubeadm();
    node.replace(CONFIG, "podPidsLimit: 4096", "podPidsLimit: -1");
    assert_eq!(node.verdict("4.2.13"), Verdict::Fail);
}

#[test]
fn a_proxy_with_a_file_is_judged_by_the_file() {
    let node = kubeadm();
    let path = format!("proc/{PROXY}/root/var/lib/kube-proxy/config.conf");
    node.file(&path, "metricsBindAddress: 0.0.0.0:10249\n");
    let result = node.control("4.3.1");
    assert_eq!(result.verdict, Verdict::Fail, "{}", result.reason);
    node.remove(&path);
    assert_eq!(node.verdict("4.3.1"), Verdict::Unknown);
}

#[test]
fn whoever_reads_secrets_by_name_of_the_verb_is_found() {
    let objects = inventory(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- apiGroups: ['']
  resources: [secrets]
  verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {kind: ServiceAccount, name: app, namespace: shop}
",
    );
    let result = one(&report(None, Some(&objects), "cis-2.0", &[]), "5.1.2");
    assert_eq!(result.verdict, Verdict::Fail, "{}", result.reason);
}

fn pod(spec: &str) -> seawall_bench::Report {
    let text =
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: shop}}\nspec:\n{spec}");
    report(None, Some(&inventory(&text)), "cis-2.0", &[])
}

#[test]
fn privilege_escalation_that_nobody_forbids_is_allowed() {
    let report = pod("  containers:\n  - {name: c, image: i}\n");
    assert_eq!(one(&report, "5.2.6").verdict, Verdict::Fail);
    let good = pod("  containers:\n  - {name: c, image: i, securityContext: \
                    {allowPrivilegeEscalation: false}}\n");
    assert_eq!(one(&good, "5.2.6").verdict, Verdict::Pass);
}

#[test]
fn init_containers_are_containers() {
    let report = pod(
        "  initContainers:\n  - {name: i, image: i, securityContext: {privileged: true}}\n  \
         containers:\n  - {name: c, image: i, securityContext: {allowPrivilegeEscalation: false}}\n",
    );
    assert_eq!(one(&report, "5.2.2").verdict, Verdict::Fail);
    assert_eq!(one(&report, "5.2.6").verdict, Verdict::Fail);
}

#[test]
fn cluster_admin_for_somebody_is_found_without_a_shell() {
    let objects = inventory(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: dev}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects:
- {kind: User, name: dave, apiGroup: rbac.authorization.k8s.io}
",
    );
    let result = one(&report(None, Some(&objects), "cis-2.0", &[]), "5.1.1");
    assert_eq!(result.verdict, Verdict::Fail, "{}", result.reason);
}

#[test]
fn a_right_idle_timeout_passes_on_k3s() {
    let node = support::Node::new();
    node.process(50, &["/usr/local/bin/k3s server"]);
    node.file(
        "etc/rancher/k3s/config.yaml",
        "kubelet-arg: [streaming-connection-idle-timeout=5m]\n",
    );
    node.file("etc/systemd/system/k3s.service", "[Service]\nExecStart=/usr/local/bin/k3s server\n");
    assert_eq!(node.verdict("4.2.5"), Verdict::Pass);
    node.replace("etc/rancher/k3s/config.yaml", "5m", "0");
    assert_eq!(node.verdict("4.2.5"), Verdict::Fail);
}

#[test]
fn a_flag_with_a_blank_has_its_value() {
    let node = kubeadm();
    node.without(API_SERVER, "--audit-log-maxage=30");
    node.with(API_SERVER, &["--audit-log-maxage", "7"]);
    assert_eq!(node.control("1.2.17").evidence[0].value.as_deref(), Some("7"));
    assert_eq!(node.verdict("1.2.17"), Verdict::Fail);
}

#[test]
fn a_longer_name_is_another_flag() {
    let node = kubeadm();
    node.without(API_SERVER, "--audit-log-path=/var/log/kubernetes/audit.log");
    node.with(API_SERVER, &["--audit-log-path-other=/x"]);
    assert_eq!(node.verdict("1.2.16"), Verdict::Fail);
}

#[test]
fn of_a_flag_that_is_given_twice_the_last_counts() {
    let node = kubeadm();
    node.with(API_SERVER, &["--anonymous-auth=true"]);
    assert_eq!(node.verdict("1.2.1"), Verdict::Fail);
    node.with(API_SERVER, &["--anonymous-auth=false"]);
    assert_eq!(node.verdict("1.2.1"), Verdict::Pass);
}

#[test]
fn nobody_setting_an_address_is_no_local_address() {
    let node = kubeadm();
    node.without(CONTROLLER_MANAGER, "--bind-address=127.0.0.1");
    let result = node.control("1.3.7");
    assert_eq!(result.verdict, Verdict::Fail);
    assert!(result.reason.contains("0.0.0.0 by default"), "{}", result.reason);
}

#[test]
fn rotation_that_nobody_switches_on_is_off() {
    let node = kubeadm();
    node.replace(CONFIG, "rotateCertificates: true\n", "");
    assert_eq!(node.verdict("4.2.10"), Verdict::Fail);
    // Who logs in with a token has nothing to rotate.
    node.file("etc/kubernetes/kubelet.conf", "users:\n- name: x\n  user: {exec: {command: aws}}\n");
    assert_eq!(node.verdict("4.2.10"), Verdict::NotApplicable);
}

#[test]
fn the_scheduler_s_file_counts_and_not_its_flag() {
    let node = kubeadm();
    node.with(support::SCHEDULER, &["--config=/etc/kubernetes/scheduler.yaml"]);
    node.file("etc/kubernetes/scheduler.yaml", "kind: KubeSchedulerConfiguration\n");
    assert_eq!(node.verdict("1.4.1"), Verdict::Fail);
    node.file("etc/kubernetes/scheduler.yaml", "enableProfiling: false\n");
    assert_eq!(node.verdict("1.4.1"), Verdict::Pass);
}

#[test]
fn no_rows_are_no_pass() {
    let objects = inventory("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
    let report = report(None, Some(&objects), "cis-2.0", &[]);
    for result in report.results.iter().filter(|result| result.id.starts_with("5.1.")) {
        assert_ne!(result.verdict, Verdict::Pass, "{}: {}", result.id, result.reason);
    }
}
