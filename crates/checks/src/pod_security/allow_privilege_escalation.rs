//! A process that may gain privileges through setuid programs.

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Level, Mapping, Outcome, Safety, Scope, Severity, Unfixed, Value,
};
use seawall_podsecurity::standards::allow_privilege_escalation;

use crate::fix;

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
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "Setuid programs of the image, and programs that have capabilities \
             by their file, such as `ping` or a server on a low port, run \
             without them.",
        ),
        edits,
    }),
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

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let container = flaw.container()?;
    // `ValidateSecurityContext` in `pkg/apis/core/validation/validation.go`.
    let privileged = container.security.privileged.and_then(Node::as_bool) == Some(true);
    let added = container.security.capabilities.and_then(|capabilities| capabilities.get("add"));
    let admin = added.is_some_and(|add| add.items().any(|name| name.text() == "CAP_SYS_ADMIN"));
    if privileged || admin {
        let beside = if privileged { "`privileged: true`" } else { "CAP_SYS_ADMIN" };
        return Err(Unfixed::Refused(format!("the API server refuses it beside {beside}").into()));
    }
    let path = &["securityContext", "allowPrivilegeEscalation"];
    fix::in_container(flaw, path, Value::Bool(false))
}
