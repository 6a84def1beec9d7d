//! With the node's process IDs a container sees, signals and may enter every process there.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity, Value};

use crate::fix;

/// `hostPID: true`.
pub const CHECK: Check = Check {
    id: "host-pid",
    title: "Pod shares the node's process IDs",
    severity: Severity::High,
    rationale: "The containers see every process of the node, with its command line and, as root, \
                its environment and files under `/proc/<pid>/root`: tokens and keys of other pods \
                and of the kubelet. With `SYS_PTRACE` or `privileged` it is a shell on the node.",
    remedy: "Remove `hostPID: true`. Where containers of one pod must see each other's processes, \
             use `shareProcessNamespace: true`.",
    mapping: Mapping {
        nsa: &["C-0038"],
        cis: &["5.2.3"],
        pss: Some(Level::Baseline),
        mitre: &["T1611"],
    },
    covers: &[
        "kubeaudit:NamespaceHostPIDTrue",
        "kubescape:C-0038",
        "kubescape:C-0275",
        "kubescape:C-0194",
        "kubescape:C-0214",
        "trivy:KSV-0010",
        "checkov:CKV_K8S_17",
        "checkov:CKV_K8S_1",
        "kube-linter:host-pid",
        "polaris:hostPIDSet",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("What looks at the node's processes sees only its own."),
        edits: |flaw| fix::here(flaw, Value::Bool(false)),
    }),
    cases: include_str!("host_pid.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if let Some(flag) = pod.flag("hostPID")?
        && flag.value
    {
        cx.fail(
            flag.node,
            "the pod shares the node's process IDs and so sees every process there; remove \
             `hostPID: true`",
        );
    }
    Ok(())
}
