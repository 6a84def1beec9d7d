//! Annotations that set a seccomp profile, and no longer do.

use seawall_model::workload::{Pod, ProfileType, SECCOMP_CONTAINER, SECCOMP_POD};
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity, Value,
};

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
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The annotation is ignored since Kubernetes 1.27, and older \
             versions read the field as they read it; only the runtime's own \
             profile is moved.",
        ),
        edits,
    }),
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

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let remove = Edit::remove(flaw.node);
    let pod = flaw.pod()?;
    let (place, security) = if flaw.container.is_empty() {
        (pod.spec, pod.security)
    } else {
        let named = pod.containers().iter().find(|c| c.name == flaw.container);
        match named {
            Some(container) => (container.node, container.security),
            // An annotation for a container that is not there never meant anything.
            None => return Ok(vec![remove]),
        }
    };
    if security.seccomp_profile.is_some() {
        return Ok(vec![remove]);
    }
    match ProfileType::of_seccomp_annotation(flaw.node.text()) {
        ProfileType::RuntimeDefault => {
            let path = &["securityContext", "seccompProfile", "type"];
            Ok(vec![remove, Edit::set(place, path, Value::str("RuntimeDefault"))])
        }
        ProfileType::Localhost(_) => Err("whether the nodes have the profile is not known".into()),
        _ => Err("it asks for no confinement, which may be needed".into()),
    }
}
