//! No seccomp profile, so every system call is open.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity, Value};

use crate::fix;

use super::missing::fail_missing;

/// No effective seccomp profile.
pub const CHECK: Check = Check {
    id: "seccomp-missing",
    title: "No seccomp profile is set",
    severity: Severity::Low,
    rationale: "Without a profile a container may make every system call that the kernel knows, \
                also the hundreds that programs never use and in which flaws of the kernel are \
                found. Nodes apply the runtime's profile by themselves only where the kubelet runs \
                with `seccompDefault`.",
    remedy: "Write `seccompProfile: {type: RuntimeDefault}` in the `securityContext` of the pod. \
             The runtime's profile closes some fifty dangerous calls and is noticed by few \
             programs.",
    mapping: Mapping {
        nsa: &["C-0055"],
        cis: &["5.6.2"],
        pss: Some(Level::Restricted),
        mitre: &["T1068", "T1611"],
    },
    covers: &[
        "kubeaudit:SeccompProfileMissing",
        "kubescape:C-0210",
        "kubescape:C-0211",
        "kubescape:C-0055",
        "trivy:KSV-0030",
        "checkov:CKV_K8S_31",
        "checkov:CKV_K8S_32",
        "polaris:linuxHardening",
        "kube-score:container-seccomp-profile",
    ],
    links: &[
        "https://kubernetes.io/docs/tutorials/security/seccomp/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The runtime's profile closes calls that administer a machine; it \
             is the default of Docker, and of kubelets with `seccompDefault`.",
        ),
        edits: |flaw| {
            let path = &["securityContext", "seccompProfile", "type"];
            fix::in_container(flaw, path, Value::str("RuntimeDefault"))
        },
    }),
    cases: include_str!("seccomp_missing.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if container.pod.is_windows() {
        cx.not_applicable();
    } else if container.seccomp()?.is_none() {
        let message = format!(
            "{} has no seccomp profile; write `seccompProfile: {{type: RuntimeDefault}}` in its \
             securityContext or the pod's",
            container.noun()
        );
        fail_missing(container, "seccompProfile", message, cx);
    }
    Ok(())
}
