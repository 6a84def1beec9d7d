//! The masks over the node's /proc are taken away.

use seawall_model::workload::Container;
use seawall_model::{
    Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity, Undecided, Value,
};
use seawall_podsecurity::standards::proc_mount;

use crate::fix;

use super::by_standard;

/// `procMount` other than `Default`, as `baseline` forbids it: since 1.35 not in a user namespace
/// (`procMount1_35baseline` in `k8s.io/pod-security-admission/policy`), of which
/// `proc-mount-unmasked-in-user-namespace` speaks then.
pub const CHECK: Check = Check {
    id: "proc-mount-unmasked",
    title: "Container sees the unmasked /proc",
    severity: Severity::Medium,
    rationale: "Runtimes hide or protect the parts of `/proc` that speak for the whole node: \
                kernel memory, keys, timers, settings that can be written. With `procMount: \
                Unmasked` a container reads them, and as root writes them, which is a way out. \
                Builders of nested containers need it, and then in a user namespace.",
    remedy: "Remove `procMount`. Where containers are built in the pod, set `hostUsers: false`, \
             without which the API server refuses it since Kubernetes 1.30. The level `baseline` \
             allows it so since 1.35; `restricted` forbids it even then.",
    mapping: Mapping { nsa: &[], cis: &[], pss: Some(Level::Baseline), mitre: &["T1611"] },
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
    cases: include_str!("proc_mount_unmasked.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if container.pod.is_windows() {
        cx.not_applicable();
        return Ok(());
    }
    if allowed_in_user_namespace(container, cx)? {
        cx.not_applicable();
        return Ok(());
    }
    by_standard(&proc_mount::CHECK, cx, |found| proc_mount::container(container, found))
}

/// Whether `baseline` lets the pod do it, for it has a user namespace and the cluster aimed at
/// knows the relaxed rule.
pub(super) fn allowed_in_user_namespace<'a>(
    container: &Container<'a>,
    cx: &Cx<'a>,
) -> Result<bool, Undecided<'a>> {
    let knows = cx.settings().kubernetes_minor.is_none_or(|minor| minor >= 35);
    Ok(knows && container.proc_mount()?.is_some() && container.pod.has_user_namespace()?)
}
