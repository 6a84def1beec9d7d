//! Seccomp and AppArmor profiles, as fields and as the annotations that came before them.

use super::Container;
use crate::document::Node;
use crate::read::{At, Undecided};

/// What a profile is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileType<'a> {
    /// The container runtime's default.
    RuntimeDefault,
    /// No confinement.
    Unconfined,
    /// A profile that must be on the node, by its name or path.
    Localhost(&'a str),
    /// A value that Kubernetes does not know.
    Invalid(&'a str),
}

/// A profile and how it was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile<'a> {
    /// What it is.
    pub profile_type: ProfileType<'a>,
    /// Whether it comes from a deprecated annotation.
    pub annotation: bool,
}

/// Annotation of a pod's seccomp profile; ignored by kubelets since 1.27.
pub const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
/// Prefix, before a container's name, of the annotation of its seccomp profile.
pub const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
/// Prefix, before a container's name, of the annotation of its AppArmor profile.
pub const APP_ARMOR_CONTAINER: &str = "container.apparmor.security.beta.kubernetes.io/";

fn from_field(node: Node<'_>) -> Result<At<'_, Profile<'_>>, Undecided<'_>> {
    node.map()?;
    let Some(name) = node.get("type") else {
        return Err(Undecided { node, why: "the profile has no type".into() });
    };
    let profile_type = match name.string()?.value {
        "RuntimeDefault" => ProfileType::RuntimeDefault,
        "Unconfined" => ProfileType::Unconfined,
        "Localhost" => ProfileType::Localhost(node.get("localhostProfile").map_or("", Node::text)),
        other => ProfileType::Invalid(other),
    };
    Ok(At { value: Profile { profile_type, annotation: false }, node: name })
}

fn from_annotation(node: Node<'_>) -> At<'_, Profile<'_>> {
    let text = node.text();
    let profile_type = match text {
        "runtime/default" | "docker/default" => ProfileType::RuntimeDefault,
        "unconfined" => ProfileType::Unconfined,
        _ => match text.strip_prefix("localhost/") {
            Some(name) => ProfileType::Localhost(name),
            None => ProfileType::Invalid(text),
        },
    };
    At { value: Profile { profile_type, annotation: true }, node }
}

/// In order: field of the container, annotation of the container, field of the pod, annotation of
/// the pod.
///
/// API servers up to 1.26 copied annotations into empty fields of the same level
/// (`applySeccompVersionSkew` in `pkg/registry/core/pod/strategy.go`); later ones read the fields
/// alone.
pub(super) fn seccomp<'a>(
    container: &Container<'a>,
) -> Result<Option<At<'a, Profile<'a>>>, Undecided<'a>> {
    let pod = &container.pod;
    effective(
        container.security.seccomp_profile,
        annotation(container, SECCOMP_CONTAINER),
        pod.security.seccomp_profile,
        pod.annotation(SECCOMP_POD),
    )
}

/// In order: field of the container, annotation of the container, field of the pod (`getProfile`
/// in `pkg/security/apparmor/helpers.go`).
pub(super) fn app_armor<'a>(
    container: &Container<'a>,
) -> Result<Option<At<'a, Profile<'a>>>, Undecided<'a>> {
    effective(
        container.security.app_armor_profile,
        annotation(container, APP_ARMOR_CONTAINER),
        container.pod.security.app_armor_profile,
        None,
    )
}

fn effective<'a>(
    own_field: Option<Node<'a>>,
    own_annotation: Option<Node<'a>>,
    pod_field: Option<Node<'a>>,
    pod_annotation: Option<Node<'a>>,
) -> Result<Option<At<'a, Profile<'a>>>, Undecided<'a>> {
    match (own_field, own_annotation, pod_field, pod_annotation) {
        (Some(field), _, _, _) | (None, None, Some(field), _) => from_field(field).map(Some),
        (None, Some(text), _, _) | (None, None, None, Some(text)) => {
            Ok(Some(from_annotation(text)))
        }
        (None, None, None, None) => Ok(None),
    }
}

fn annotation<'a>(container: &Container<'a>, prefix: &str) -> Option<Node<'a>> {
    let annotations = container.pod.metadata?.get("annotations")?;
    annotations
        .entries()
        .find(|(key, _)| key.text().strip_prefix(prefix) == Some(container.name))
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}
