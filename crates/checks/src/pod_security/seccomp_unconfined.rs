//! Seccomp is switched off, or set to what Kubernetes does not know.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity};

use crate::fix;

use super::profile::what_is_wrong;

/// An effective seccomp profile that does not confine.
pub const CHECK: Check = Check {
    id: "seccomp-unconfined",
    title: "Seccomp is switched off",
    severity: Severity::Medium,
    rationale: "`Unconfined` opens every system call to the container, even on nodes that would \
                apply the runtime's profile by default. Flaws of the kernel that the profile shuts \
                off become ways to the node. A profile that Kubernetes does not know, or that \
                names no file, keeps the pod from starting.",
    remedy: "Write `seccompProfile: {type: RuntimeDefault}`. Where a program needs a call that it \
             closes, ship a profile of its own and name it with `type: Localhost` and \
             `localhostProfile`.",
    mapping: Mapping {
        nsa: &[],
        cis: &["5.6.2"],
        pss: Some(Level::Baseline),
        mitre: &["T1068", "T1611"],
    },
    covers: &[
        "kubeaudit:SeccompDisabledPod",
        "kubeaudit:SeccompDisabledContainer",
        "trivy:KSV-0104",
        "checkov:CKV_K8S_31",
    ],
    links: &[
        "https://kubernetes.io/docs/tutorials/security/seccomp/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "Somebody switched it off: a program may need a call that the \
             profile closes.",
        ),
        edits: fix::runtime_profile,
    }),
    cases: include_str!("seccomp_unconfined.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if container.pod.is_windows() {
        cx.not_applicable();
    } else if let Some(profile) = container.seccomp()?
        && let Some(wrong) = what_is_wrong(profile.value.profile_type)
    {
        cx.fail(
            profile.node,
            format!(
                "{}: the seccomp profile {wrong}; write `seccompProfile: {{type: RuntimeDefault}}`",
                container.noun()
            ),
        );
    }
    Ok(())
}
