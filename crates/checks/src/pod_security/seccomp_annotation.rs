//! Annotations that set a seccomp profile, and no longer do.

use seawall_model::workload::{Pod, ProfileType, SECCOMP_CONTAINER, SECCOMP_POD};
use seawall_model::{Check, Cx, Mapping, Outcome, Scope, Severity};

/// The alpha annotations of seccomp profiles.
pub const CHECK: Check = Check {
    id: "seccomp-annotation",
    title: "Seccomp profile is set by a deprecated annotation",
    severity: Severity::Low,
    rationale: "Kubernetes ignores these annotations since 1.27. The profile that they name is not \
                applied, and nothing says so: the container runs without seccomp while its \
                manifest reads as if it were confined.",
    remedy: "Remove the annotation and write the profile into `seccompProfile` of the \
             `securityContext` of the pod or the container.",
    mapping: Mapping { nsa: &[], cis: &[], pss: None, mitre: &[] },
    covers: &["kubeaudit:SeccompDeprecatedAnnotations"],
    links: &["https://kubernetes.io/docs/tutorials/security/seccomp/"],
    scope: Scope::Pod(run),
    fix: None,
    cases: include_str!("seccomp_annotation.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    for (key, value) in pod.annotations()? {
        let container = match key.text().strip_prefix(SECCOMP_CONTAINER) {
            Some(container) => container,
            None if key.text() == SECCOMP_POD => "",
            None => continue,
        };
        let instead = match ProfileType::of_seccomp_annotation(value.text()) {
            ProfileType::Localhost(path) => {
                format!("{{type: Localhost, localhostProfile: {path}}}")
            }
            _ => "{type: RuntimeDefault}".to_owned(),
        };
        cx.in_container(container).fail(
            value,
            format!(
                "the annotation {} is ignored since Kubernetes 1.27; write `seccompProfile: \
                 {instead}` in the securityContext of {} instead",
                key.text(),
                if container.is_empty() {
                    "the pod".to_owned()
                } else {
                    format!("container {container}")
                },
            ),
        );
    }
    Ok(())
}
