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
    let Some(name) = node.field("type")? else {
        return Err(Undecided { node, why: "the profile has no type".into() });
    };
    let profile_type = match name.string()?.value {
        "RuntimeDefault" => ProfileType::RuntimeDefault,
        "Unconfined" => ProfileType::Unconfined,
        "Localhost" => ProfileType::Localhost(match node.get("localhostProfile") {
            Some(path) => path.string()?.value,
            None => "",
        }),
        other => ProfileType::Invalid(other),
    };
    Ok(At { value: Profile { profile_type, annotation: false }, node: name })
}

impl<'a> ProfileType<'a> {
    /// What the value of a seccomp annotation means.
    pub fn of_seccomp_annotation(value: &'a str) -> Self {
        // `docker/default` is the older name.
        if value == "docker/default" {
            return ProfileType::RuntimeDefault;
        }
        Self::of_annotation(value)
    }

    /// What the value of an AppArmor annotation means.
    pub fn of_app_armor_annotation(value: &'a str) -> Self {
        // An empty value is none at all to the API server, which leaves the runtime's default.
        if value.is_empty() {
            return ProfileType::RuntimeDefault;
        }
        Self::of_annotation(value)
    }

    fn of_annotation(value: &'a str) -> Self {
        match value {
            "runtime/default" => ProfileType::RuntimeDefault,
            "unconfined" => ProfileType::Unconfined,
            _ => match value.strip_prefix("localhost/") {
                Some(name) => ProfileType::Localhost(name),
                None => ProfileType::Invalid(value),
            },
        }
    }
}

/// In order: field of the container, annotation of the container, field of the pod, annotation of
/// the pod.
///
/// API servers up to 1.26 copied annotations into empty fields of the same level
/// (`applySeccompVersionSkew` in `pkg/registry/core/pod/strategy.go`); later ones read the fields
/// alone.
pub(super) fn seccomp<'a>(container: &Container<'a>) -> Declared<'a> {
    container.security.readable()?;
    if let Some(field) = container.security.seccomp_profile {
        return from_field(field).map(Some);
    }
    let read = ProfileType::of_seccomp_annotation;
    if let Some(own) = annotation(container, SECCOMP_CONTAINER, read)? {
        return Ok(Some(own));
    }
    let pod = &container.pod;
    pod.security.readable()?;
    match pod.security.seccomp_profile {
        Some(field) => from_field(field).map(Some),
        None => pod.annotation(SECCOMP_POD).map(|node| from_annotation(node, read)).transpose(),
    }
}

/// In order: field of the container, annotation of the container, field of the pod (`getProfile`
/// in `pkg/security/apparmor/helpers.go`).
pub(super) fn app_armor<'a>(container: &Container<'a>) -> Declared<'a> {
    container.security.readable()?;
    if let Some(field) = container.security.app_armor_profile {
        return from_field(field).map(Some);
    }
    let read = ProfileType::of_app_armor_annotation;
    if let Some(own) = annotation(container, APP_ARMOR_CONTAINER, read)? {
        return Ok(Some(own));
    }
    container.pod.security.readable()?;
    container.pod.security.app_armor_profile.map(from_field).transpose()
}

/// A profile, if one is declared.
type Declared<'a> = Result<Option<At<'a, Profile<'a>>>, Undecided<'a>>;

fn annotation<'a>(
    container: &Container<'a>,
    prefix: &str,
    read: fn(&'a str) -> ProfileType<'a>,
) -> Declared<'a> {
    container
        .pod
        .annotations()?
        .find(|(key, _)| key.text().strip_prefix(prefix) == Some(container.name))
        .filter(|(_, value)| !value.is_null())
        .map(|(_, value)| from_annotation(value, read))
        .transpose()
}

fn from_annotation<'a>(
    node: Node<'a>,
    read: fn(&'a str) -> ProfileType<'a>,
) -> Result<At<'a, Profile<'a>>, Undecided<'a>> {
    let profile_type = read(node.string()?.value);
    Ok(At { value: Profile { profile_type, annotation: true }, node })
}
