//! Shared memory of the node's processes is open to a pod in the node's IPC namespace.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity, Value};

use crate::fix;

/// `hostIPC: true`.
pub const CHECK: Check = Check {
    id: "host-ipc",
    title: "Pod shares the node's inter-process communication",
    severity: Severity::High,
    rationale: "The containers reach the shared memory, semaphores and message queues of the \
                node's processes and of every other pod that shares them, and so read or change \
                what these exchange.",
    remedy: "Remove `hostIPC: true`. Containers of one pod share their own IPC namespace already.",
    mapping: Mapping {
        nsa: &["C-0038"],
        cis: &["5.2.4"],
        pss: Some(Level::Baseline),
        mitre: &["T1611"],
    },
    covers: &[
        "kubeaudit:NamespaceHostIPCTrue",
        "kubescape:C-0038",
        "kubescape:C-0276",
        "kubescape:C-0195",
        "kubescape:C-0215",
        "trivy:KSV-0008",
        "checkov:CKV_K8S_18",
        "checkov:CKV_K8S_3",
        "kube-linter:host-ipc",
        "polaris:hostIPCSet",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("What shares memory with the node no longer does."),
        edits: |flaw| fix::here(flaw, Value::Bool(false)),
    }),
    cases: include_str!("host_ipc.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if let Some(flag) = pod.flag("hostIPC")?
        && flag.value
    {
        cx.fail(
            flag.node,
            "the pod shares the node's shared memory and message queues; remove `hostIPC: true`",
        );
    }
    Ok(())
}
