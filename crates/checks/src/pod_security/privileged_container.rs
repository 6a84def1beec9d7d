//! A privileged container is root on the node with one more command.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity, Value};
use seawall_podsecurity::standards::privileged;

use crate::fix;

use super::by_standard;

/// `securityContext.privileged: true`.
pub const CHECK: Check = Check {
    id: "privileged-container",
    title: "Container runs privileged",
    severity: Severity::High,
    rationale: "A privileged container has every capability, sees every device of the node and \
                runs without seccomp, AppArmor or SELinux confinement. Whoever breaks into it \
                mounts the node's disk and owns the node, and with it the credentials of every \
                pod there.",
    remedy: "Remove `privileged: true`. Where one privilege is needed, add the single capability \
             that gives it; where a device is needed, use a device plugin.",
    mapping: Mapping {
        nsa: &["C-0057"],
        cis: &["5.2.2"],
        pss: Some(Level::Baseline),
        mitre: &["T1610", "T1611"],
    },
    covers: &[
        "kubeaudit:PrivilegedTrue",
        "kubeaudit:PrivilegedNil",
        "kubescape:C-0057",
        "kubescape:C-0193",
        "trivy:KSV-0017",
        "checkov:CKV_K8S_16",
        "checkov:CKV_K8S_2",
        "kube-linter:privileged-container",
        "polaris:runAsPrivileged",
        "kube-score:container-security-context-privileged",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "What uses devices, mounts or the kernel through the privilege \
             stops working.",
        ),
        edits: |flaw| fix::here(flaw, Value::Bool(false)),
    }),
    cases: include_str!("privileged_container.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    by_standard(&privileged::CHECK, cx, |found| privileged::container(container, found))
}
