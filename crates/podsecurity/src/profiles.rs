//! Which seccomp and AppArmor profile does a container get, and is it there?
//!
//! A profile can be asked for in four places, and in the spelling of three generations. The kubelet
//! looks at fields; API servers of some versions copied annotations into them. What a container
//! gets in the end, who said so, and what was said in vain is told here.

use std::collections::BTreeSet;

use seawall_model::Undecided;
use seawall_model::document::Node;
use seawall_model::workload::{
    APP_ARMOR_CONTAINER, Container, PodHead, ProfileType, SECCOMP_CONTAINER, SECCOMP_POD,
};

use crate::{Remark, Weight};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileKind {
    /// System calls.
    Seccomp,
    /// Files, capabilities and networks.
    AppArmor,
}

impl std::fmt::Display for ProfileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ProfileKind::Seccomp => "seccomp",
            ProfileKind::AppArmor => "AppArmor",
        })
    }
}

/// Where a profile was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A field of the container's security context.
    ContainerField,
    /// An annotation that names the container.
    ContainerAnnotation,
    /// A field of the pod's security context.
    PodField,
    /// An annotation for the whole pod.
    PodAnnotation,
    /// Nowhere.
    Nowhere,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Origin::ContainerField => "container field",
            Origin::ContainerAnnotation => "container annotation",
            Origin::PodField => "pod field",
            Origin::PodAnnotation => "pod annotation",
            Origin::Nowhere => "nothing",
        })
    }
}

/// Profiles that nodes have.
#[derive(Clone, Debug, Default)]
pub struct Available {
    /// Files below the kubelet's seccomp folder, by their path in it, such as
    /// `profiles/web.json`.
    pub seccomp: BTreeSet<String>,
    /// Names of AppArmor profiles that are loaded.
    pub app_armor: BTreeSet<String>,
}

impl Available {
    /// Whether a profile is there.
    fn has(&self, kind: ProfileKind, name: &str) -> bool {
        match kind {
            ProfileKind::Seccomp => self.seccomp.contains(name.trim_start_matches("./")),
            ProfileKind::AppArmor => self.app_armor.contains(name),
        }
    }
}

/// What a container gets.
#[derive(Clone, Debug)]
pub struct Resolved<'a> {
    /// Which of the two.
    pub kind: ProfileKind,
    /// The profile; `None` where none is asked for.
    pub profile: Option<ProfileType<'a>>,
    /// Where it was asked for.
    pub origin: Origin,
    /// What is to say of it.
    pub remarks: Vec<Remark<'a>>,
}

impl Resolved<'_> {
    /// The profile as Kubernetes writes it: `RuntimeDefault`, `Localhost web.json`.
    pub fn name(&self) -> String {
        match self.profile {
            None => "none".to_owned(),
            Some(ProfileType::RuntimeDefault) => "RuntimeDefault".to_owned(),
            Some(ProfileType::Unconfined) => "Unconfined".to_owned(),
            Some(ProfileType::Localhost(name)) => format!("Localhost {name}"),
            Some(ProfileType::Invalid(value)) => format!("invalid {value:?}"),
        }
    }
}

/// Finds the profile of a container, and what is wrong with it.
///
/// # Errors
///
/// Where a field is of the wrong type.
pub fn resolve<'a>(
    container: &Container<'a>,
    kind: ProfileKind,
    available: Option<&Available>,
) -> Result<Resolved<'a>, Undecided<'a>> {
    let effective = match kind {
        ProfileKind::Seccomp => container.seccomp()?,
        ProfileKind::AppArmor => container.app_armor()?,
    };
    let own = field(kind, container.security.seccomp_profile, container.security.app_armor_profile);
    let mut resolved = Resolved {
        kind,
        profile: effective.map(|it| it.value.profile_type),
        origin: Origin::Nowhere,
        remarks: Vec::new(),
    };
    if let Some(it) = effective {
        resolved.origin = match (it.value.annotation, own.is_some_and(|own| own.contains(it.node)))
        {
            (true, _) if it.node.key().is_some_and(|key| key.text() == SECCOMP_POD) => {
                Origin::PodAnnotation
            }
            (true, _) => Origin::ContainerAnnotation,
            (false, true) => Origin::ContainerField,
            (false, false) => Origin::PodField,
        };
        resolved.annotation(it.value.annotation, it.node);
        resolved.value(it.node, available);
    } else {
        resolved.missing(container.node);
    }
    resolved.conflicts(container)?;
    let privileged = container.privileged()?.is_some_and(|it| it.value);
    let ignored = match resolved.profile {
        Some(ProfileType::RuntimeDefault) => true,
        Some(ProfileType::Localhost(_)) => kind == ProfileKind::Seccomp,
        _ => false,
    };
    if privileged && ignored {
        let message = format!(
            "the container is privileged, and runtimes give such containers no {kind} profile"
        );
        resolved.remark("profile-ignored", Weight::Error, container.node, message);
    }
    Ok(resolved)
}

fn field<'a>(
    kind: ProfileKind,
    seccomp: Option<Node<'a>>,
    app_armor: Option<Node<'a>>,
) -> Option<Node<'a>> {
    match kind {
        ProfileKind::Seccomp => seccomp,
        ProfileKind::AppArmor => app_armor,
    }
}

impl<'a> Resolved<'a> {
    fn remark(
        &mut self,
        id: &'static str,
        weight: Weight,
        node: Node<'a>,
        message: impl Into<String>,
    ) {
        self.remarks.push(Remark { id, weight, node, message: message.into() });
    }

    fn missing(&mut self, node: Node<'a>) {
        match self.kind {
            ProfileKind::Seccomp => self.remark(
                "profile-missing",
                Weight::Warning,
                node,
                "no seccomp profile is asked for: every call is allowed, unless the kubelet runs \
                 with seccompDefault",
            ),
            ProfileKind::AppArmor => self.remark(
                "profile-missing",
                Weight::Note,
                node,
                "no AppArmor profile is asked for: nodes with AppArmor give the runtime's own, \
                 others none",
            ),
        }
    }

    fn annotation(&mut self, annotation: bool, node: Node<'a>) {
        if !annotation {
            return;
        }
        let key = node.key().map_or("", Node::text);
        match self.kind {
            ProfileKind::Seccomp => self.remark(
                "annotation-ignored",
                Weight::Error,
                node,
                format!(
                    "Kubernetes reads the annotation {key} no more since 1.27; set \
                     securityContext.seccompProfile"
                ),
            ),
            ProfileKind::AppArmor => self.remark(
                "annotation-deprecated",
                Weight::Note,
                node,
                format!(
                    "the annotation {key} is deprecated since 1.30; set \
                     securityContext.appArmorProfile"
                ),
            ),
        }
        if node.as_str() == Some("docker/default") {
            let message = "docker/default is the older name of runtime/default, and deprecated";
            self.remark("profile-name-old", Weight::Note, node, message);
        }
    }

    fn value(&mut self, node: Node<'a>, available: Option<&Available>) {
        let kind = self.kind;
        match self.profile {
            Some(ProfileType::Unconfined) => {
                let message = format!("the container runs without {kind}");
                self.remark("profile-unconfined", Weight::Warning, node, message);
            }
            Some(ProfileType::Invalid(value)) => {
                let message = format!(
                    "{value:?} is no {kind} profile; they are RuntimeDefault, Localhost and \
                     Unconfined, in annotations runtime/default, localhost/NAME and unconfined"
                );
                self.remark("profile-invalid", Weight::Error, node, message);
            }
            Some(ProfileType::Localhost("")) => {
                let message = format!("a Localhost {kind} profile needs localhostProfile");
                self.remark("profile-invalid", Weight::Error, node, message);
            }
            Some(ProfileType::Localhost(name)) => {
                let leaves = name.starts_with('/') || name.split('/').any(|part| part == "..");
                if kind == ProfileKind::Seccomp && leaves {
                    let message = format!(
                        "{name:?} must be a path below the kubelet's seccomp folder; the API \
                         server refuses others"
                    );
                    self.remark("profile-invalid", Weight::Error, node, message);
                } else if available.is_some_and(|available| !available.has(kind, name)) {
                    let message = format!(
                        "the {kind} profile {name} is not among those that nodes have, so the \
                         container does not start"
                    );
                    self.remark("profile-not-on-node", Weight::Error, node, message);
                }
            }
            _ => {}
        }
    }

    /// Annotations that say something else than the field that counts.
    fn conflicts(&mut self, container: &Container<'a>) -> Result<(), Undecided<'a>> {
        let Some(effective) = self.profile else { return Ok(()) };
        if !matches!(self.origin, Origin::ContainerField | Origin::PodField) {
            return Ok(());
        }
        let kind = self.kind;
        let mut found = Vec::new();
        for (key, value) in container.pod.annotations()? {
            let (prefix, read): (_, fn(&'a str) -> ProfileType<'a>) = match kind {
                ProfileKind::Seccomp => (SECCOMP_CONTAINER, ProfileType::of_seccomp_annotation),
                ProfileKind::AppArmor => {
                    (APP_ARMOR_CONTAINER, ProfileType::of_app_armor_annotation)
                }
            };
            let own = key.text().strip_prefix(prefix) == Some(container.name);
            let pods = kind == ProfileKind::Seccomp
                && key.text() == SECCOMP_POD
                && self.origin == Origin::PodField;
            let Some(text) = value.as_str().filter(|_| own || pods) else { continue };
            if read(text) != effective {
                found.push((value, key.text()));
            }
        }
        let counts = self.name();
        for (node, key) in found {
            let message = format!(
                "the annotation {key} says otherwise than the field, which counts ({counts}); API \
                 servers that know both refuse the pod"
            );
            self.remark("profile-conflict", Weight::Error, node, message);
        }
        Ok(())
    }
}

/// Keys that were never read, or by versions long gone, and what is meant by them.
const STRAY: &[(&str, &str)] = &[
    (
        "security.alpha.kubernetes.io/seccomp/",
        "a misspelling of guides for the seccomp annotations",
    ),
    ("seccomp.security.alpha.kubernetes.io/container/", "the seccomp annotation of Kubernetes 1.3"),
    ("seccomp.security.beta.kubernetes.io/", "there never was a beta of the seccomp annotations"),
    (
        "container.seccomp.security.beta.kubernetes.io/",
        "there never was a beta of the seccomp annotations",
    ),
    (
        "container.apparmor.security.alpha.kubernetes.io/",
        "the AppArmor annotation's name before 1.4",
    ),
    ("apparmor.security.beta.kubernetes.io/pod", "AppArmor has no annotation for the whole pod"),
    ("apparmor.security.alpha.kubernetes.io/pod", "AppArmor has no annotation for the whole pod"),
];

/// Annotations of a pod that look as if they set a profile and do not: keys that nobody reads, and
/// those of containers that the pod does not have.
///
/// # Errors
///
/// Where the annotations are no map.
pub fn stray<'a>(
    pod: &PodHead<'a>,
    containers: &[Container<'a>],
) -> Result<Vec<Remark<'a>>, Undecided<'a>> {
    let mut remarks = Vec::new();
    for (key, value) in pod.annotations()? {
        let text = key.text();
        if let Some((_, why)) = STRAY.iter().find(|(prefix, _)| text.starts_with(prefix)) {
            remarks.push(Remark {
                id: "annotation-unknown",
                weight: Weight::Error,
                node: value,
                message: format!("nothing reads the annotation {text}: {why}"),
            });
            continue;
        }
        let named = [SECCOMP_CONTAINER, APP_ARMOR_CONTAINER]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix));
        if let Some(name) = named.filter(|name| containers.iter().all(|it| it.name != *name)) {
            remarks.push(Remark {
                id: "annotation-without-container",
                weight: Weight::Error,
                node: value,
                message: format!(
                    "the pod has no container {name:?}, so the annotation sets nothing"
                ),
            });
        }
    }
    Ok(remarks)
}
