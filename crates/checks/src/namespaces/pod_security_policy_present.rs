//! A PodSecurityPolicy guards nothing since Kubernetes 1.25.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// Any PodSecurityPolicy.
pub const CHECK: Check = Check {
    id: "pod-security-policy-present",
    title: "PodSecurityPolicy is no longer enforced",
    severity: Severity::Low,
    rationale: "PodSecurityPolicies were removed in Kubernetes 1.25. A newer cluster refuses the \
                object, and who still counts on it has no guard at all over what pods may do.",
    remedy: "Label namespaces for Pod Security Admission (`pod-security.kubernetes.io/enforce`) or \
             write ValidatingAdmissionPolicies, then delete the PodSecurityPolicy and the roles \
             that allow its use.",
    mapping: Mapping { nsa: &["C-0068"], cis: &[], pss: None, mitre: &[] },
    covers: &["kubescape:C-0068"],
    links: &["https://kubernetes.io/docs/tasks/configure-pod-container/migrate-from-psp/"],
    scope: Scope::Object(&[ObjectKind::PodSecurityPolicy], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("pod_security_policy_present.yaml"),
};

fn run<'a>(policy: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    cx.fail(
        policy.root(),
        format!(
            "PodSecurityPolicy {} guards nothing since Kubernetes 1.25; \
             label namespaces for Pod Security Admission",
            policy.name()
        ),
    );
    Ok(())
}
