//! In a user namespace the unmasked /proc is less dangerous, and still not for everybody.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity, Value};
use seawall_podsecurity::standards::{proc_mount, proc_mount_restricted};

use crate::fix;

use super::by_standard;
use super::proc_mount_unmasked::allowed_in_user_namespace;

/// `procMount` other than `Default` in a pod with `hostUsers: false`, which `baseline` allows since
/// 1.35 and `restricted` forbids (`CheckProcMountRestricted` in
/// `k8s.io/pod-security-admission/policy`).
pub const CHECK: Check = Check {
    id: "proc-mount-unmasked-in-user-namespace",
    title: "Container of a user namespace sees the unmasked /proc",
    severity: Severity::Low,
    rationale: "With `hostUsers: false` root of the container is nobody on the node, so it can't \
                write what only root may write in `/proc`. What everybody may read there of the \
                node it still reads, and more of the kernel lies open to it. Since Kubernetes 1.35 \
                the level `baseline` allows it in a user namespace; `restricted` never does.",
    remedy: "Remove `procMount` unless containers are built in the pod, and keep such pods in a \
             namespace of their own.",
    mapping: Mapping { nsa: &[], cis: &[], pss: Some(Level::Restricted), mitre: &["T1611"] },
    covers: &[
        "kubescape:C-0211",
        "trivy:KSV-0027",
        "kube-linter:unsafe-proc-mount",
        "polaris:procMount",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("Containers within the container no longer work."),
        edits: |flaw| fix::here(flaw, Value::str("Default")),
    }),
    cases: include_str!("proc_mount_unmasked_in_user_namespace.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if container.pod.is_windows() || !allowed_in_user_namespace(container, cx)? {
        cx.not_applicable();
        return Ok(());
    }
    by_standard(&proc_mount_restricted::CHECK, cx, |found| proc_mount::container(container, found))
}
