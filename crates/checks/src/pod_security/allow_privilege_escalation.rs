//! A process that may gain privileges through setuid programs.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Level, Mapping, Outcome, Scope, Severity};
use seawall_podsecurity::standards::allow_privilege_escalation;

use super::by_standard;

/// `securityContext.allowPrivilegeEscalation` that is not false.
pub const CHECK: Check = Check {
    id: "allow-privilege-escalation",
    title: "Container may gain privileges",
    severity: Severity::Medium,
    rationale: "Unless `allowPrivilegeEscalation` is false, a process may gain more privileges \
                than its parent: a setuid program of the image, such as `su` or a vulnerable \
                `sudo`, makes an intruder root in the container, from where the way to the kernel \
                and the node is shorter.",
    remedy: "Write `allowPrivilegeEscalation: false` in the `securityContext` of each container. \
             This sets the `no_new_privs` flag of its processes; programs that need no setuid do \
             not notice it.",
    mapping: Mapping {
        nsa: &["C-0016"],
        cis: &["5.2.6"],
        pss: Some(Level::Restricted),
        mitre: &["T1068", "T1611"],
    },
    covers: &[
        "kubeaudit:AllowPrivilegeEscalationNil",
        "kubeaudit:AllowPrivilegeEscalationTrue",
        "kubescape:C-0016",
        "kubescape:C-0197",
        "kubescape:C-0217",
        "trivy:KSV-0001",
        "checkov:CKV_K8S_20",
        "checkov:CKV_K8S_5",
        "kube-linter:privilege-escalation-container",
        "polaris:privilegeEscalationAllowed",
    ],
    links: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Container(run),
    fix: None,
    cases: include_str!("allow_privilege_escalation.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if container.pod.is_windows() {
        cx.not_applicable();
        return Ok(());
    }
    by_standard(&allow_privilege_escalation::CHECK, cx, |found| {
        allow_privilege_escalation::container(container, found)
    })
}
