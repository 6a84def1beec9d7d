//! Keys and values that guides print: what real versions do with them.
//!
//! Seccomp and sysctls were annotations before they were fields, under names that changed, and some
//! names in circulation were never read by anything. Each is told for what it is.

use seawall_model::document::Node;
use seawall_model::workload::{SECCOMP_CONTAINER, SECCOMP_POD};

/// A key or value with what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Note<'a> {
    /// The annotation.
    pub node: Node<'a>,
    /// The key.
    pub key: &'a str,
    /// What real versions do with it, and what to write instead.
    pub what: String,
}

/// The form of the design proposal of 2016, which guides copied.
const PROPOSED: &str = "security.alpha.kubernetes.io/seccomp/";

/// What is to be told of the annotations of a pod or policy.
pub fn notes<'a>(annotations: impl Iterator<Item = (Node<'a>, Node<'a>)>) -> Vec<Note<'a>> {
    annotations
        .filter_map(|(key, value)| {
            let what = note(key.text(), value.text())?;
            Some(Note { node: value, key: key.text(), what })
        })
        .collect()
}

fn note(key: &str, value: &str) -> Option<String> {
    if let Some(rest) = key.strip_prefix(PROPOSED) {
        let meant = match rest.strip_prefix("container/") {
            Some(name) => format!("{SECCOMP_CONTAINER}{name}"),
            None if rest.ends_with("ProfileName") || rest.ends_with("ProfileNames") => {
                format!("seccomp.security.alpha.kubernetes.io/{rest}")
            }
            None => SECCOMP_POD.to_owned(),
        };
        return Some(format!(
            "no API server and no kubelet reads this key, so it sets nothing; {meant} was the key up \
             to 1.26, and securityContext.seccompProfile is the field since 1.19"
        ));
    }
    match key {
        "security.alpha.kubernetes.io/sysctls" | "security.alpha.kubernetes.io/unsafe-sysctls" => {
            return Some(
                "read up to 1.10 and ignored since 1.11: on a pod the field is \
                 securityContext.sysctls, on a policy allowedUnsafeSysctls and forbiddenSysctls"
                    .to_owned(),
            );
        }
        _ => {}
    }
    let seccomp = key == SECCOMP_POD
        || key.starts_with(SECCOMP_CONTAINER)
        || key.starts_with("seccomp.security.alpha.kubernetes.io/");
    if !seccomp {
        return None;
    }
    let of_policy = key == super::seccomp::DEFAULT || key == super::seccomp::ALLOWED;
    let docker = value.split(',').any(|name| name == "docker/default");
    if docker {
        let first = "docker/default is the old name of runtime/default: to the plugin a list that \
                     holds one holds both";
        let second = if of_policy {
            "a pod that gets it as its default keeps the old name in its annotation, and the field \
             says RuntimeDefault"
        } else {
            "API servers of 1.19 to 1.26 copy it into the field as RuntimeDefault, and from 1.27 it \
             sets nothing"
        };
        return Some(format!("{first}; {second}"));
    }
    if of_policy {
        return None;
    }
    Some(
        "API servers of 1.19 to 1.26 copy it into securityContext.seccompProfile, kubelets ignore it \
         since 1.25, and from 1.27 it sets nothing: write the field"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::note;

    #[test]
    fn keys_are_told_apart() {
        let of = |key: &str, value: &str| note(key, value).unwrap_or_default();
        let misspelt = of("security.alpha.kubernetes.io/seccomp/container/app", "unconfined");
        assert!(misspelt.contains("sets nothing"), "{misspelt}");
        assert!(misspelt.contains("container.seccomp.security.alpha.kubernetes.io/app"));
        let docker = of("seccomp.security.alpha.kubernetes.io/pod", "docker/default");
        assert!(docker.contains("old name of runtime/default"), "{docker}");
        let allowed = "seccomp.security.alpha.kubernetes.io/allowedProfileNames";
        assert!(of(allowed, "docker/default,localhost/a").contains("holds both"));
        assert_eq!(note(allowed, "runtime/default"), None);
        assert!(of("security.alpha.kubernetes.io/sysctls", "a=b").contains("1.10"));
        assert_eq!(note("example.com/seccomp", "docker/default"), None);
    }
}
