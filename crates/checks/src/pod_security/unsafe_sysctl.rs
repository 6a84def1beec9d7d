//! Kernel settings that reach beyond the pod.

use seawall_model::workload::Pod;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Level, Mapping, Outcome, Safety, Scope, Severity,
};
use seawall_podsecurity::standards::{Version, sysctls};

use crate::fix;

use super::by_standard;

/// Sysctls outside the safe set.
pub const CHECK: Check = Check {
    id: "unsafe-sysctl",
    title: "Pod sets an unsafe sysctl",
    severity: Severity::Medium,
    rationale: "A sysctl is safe if it holds for the pod alone and can't hurt its neighbours or \
                the node. Others change the kernel for all, exhaust its memory or take away its \
                protections. Kubelets refuse them unless they are told to allow them by name, so \
                the pod may not even start.",
    remedy: "Remove it from `securityContext.sysctls`. Where the node needs the setting, set it on \
             the node; where the pod does, allow it by name with the kubelet's \
             `--allowed-unsafe-sysctls` on nodes kept for it.",
    mapping: Mapping { nsa: &[], cis: &[], pss: Some(Level::Baseline), mitre: &["T1611"] },
    covers: &["kubescape:C-0211", "trivy:KSV-0026", "kube-linter:unsafe-sysctls"],
    links: &[
        "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("The kernel keeps its own value, which a program may find too low."),
        edits,
    }),
    cases: include_str!("unsafe_sysctl.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    by_standard(&sysctls::CHECK, cx, |found| sysctls::pod(&pod.head(), Version::LATEST, found))
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    fix::remove_item(flaw, flaw.pod()?.security.sysctls)
}
