//! Seccomp profiles: annotations of the policy rule annotations and fields of the pod.
//!
//! Up to 1.24 a profile is an annotation, and since 1.19 also a field. The plugin looks at
//! annotations and takes a field for the annotation that it would be; a pod whose profile stands in
//! a field alone gets the annotation, and so counts as changed. Behind the plugin the API server
//! copies each into the other ([`sync`]).

use seawall_model::Undecided;
use seawall_model::document::Node;
use seawall_model::workload::{SECCOMP_CONTAINER, SECCOMP_POD};

use super::container::Container;
use super::place::{Place, Rejection};
use super::pod::Pod;
use super::read::{optional_text, text};

/// Annotation of a policy: the profile of pods that have none.
pub const DEFAULT: &str = "seccomp.security.alpha.kubernetes.io/defaultProfileName";
/// Annotation of a policy: the profiles that pods may have, with commas between.
pub const ALLOWED: &str = "seccomp.security.alpha.kubernetes.io/allowedProfileNames";

const DOCKER: &str = "docker/default";
const RUNTIME: &str = "runtime/default";
const UNCONFINED: &str = "unconfined";
const LOCALHOST: &str = "localhost/";

/// A `seccompProfile`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seccomp {
    /// `type`.
    pub profile_type: String,
    /// `localhostProfile`.
    pub localhost: Option<String>,
}

impl Seccomp {
    /// `seccompProfile` below a node.
    pub(super) fn read(below: Node<'_>) -> Result<Option<Self>, Undecided<'_>> {
        let Some(node) = below.field("seccompProfile")? else { return Ok(None) };
        let localhost = optional_text(node, "localhostProfile")?;
        Ok(Some(Seccomp { profile_type: text(node, "type")?, localhost }))
    }

    /// The annotation that says the same; empty where there is none
    /// (`SeccompAnnotationForField`).
    fn annotation(&self) -> String {
        match (self.profile_type.as_str(), &self.localhost) {
            ("Unconfined", _) => UNCONFINED.to_owned(),
            ("RuntimeDefault", _) => RUNTIME.to_owned(),
            ("Localhost", Some(profile)) => format!("{LOCALHOST}{profile}"),
            _ => String::new(),
        }
    }

    /// The field that says the same as an annotation (`SeccompFieldForAnnotation`).
    pub fn of_annotation(annotation: &str) -> Option<Self> {
        let (profile_type, localhost) = match annotation {
            UNCONFINED => ("Unconfined", None),
            DOCKER | RUNTIME => ("RuntimeDefault", None),
            _ => match annotation.strip_prefix(LOCALHOST) {
                Some(profile) if !profile.is_empty() => ("Localhost", Some(profile.to_owned())),
                _ => return None,
            },
        };
        Some(Seccomp { profile_type: profile_type.to_owned(), localhost })
    }
}

/// What a policy's annotations say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeccompRule {
    /// The profile of pods that have none; empty where they keep none.
    pub default: String,
    /// The profiles allowed, as written.
    pub allowed: Vec<String>,
}

impl SeccompRule {
    pub(super) fn new(default: Option<&str>, allowed: Option<&str>) -> Self {
        let allowed = allowed.map(|names| names.split(',').map(str::to_owned).collect());
        SeccompRule {
            default: default.unwrap_or_default().to_owned(),
            allowed: allowed.unwrap_or_default(),
        }
    }

    /// Whether any profile may be set.
    pub fn allows_any(&self) -> bool {
        self.allowed.iter().any(|name| name == "*")
    }

    pub(super) fn default_pod(&self, pod: &mut Pod) {
        let own = pod.annotations.get(SECCOMP_POD).filter(|profile| !profile.is_empty());
        let profile = match (own, &pod.security.seccomp) {
            (Some(_), _) => return,
            (None, Some(field)) => field.annotation(),
            (None, None) => self.default.clone(),
        };
        if !profile.is_empty() {
            pod.annotations.insert(SECCOMP_POD.to_owned(), profile);
        }
    }

    pub(super) fn check_pod(&self, pod: &Pod, found: &mut Vec<Rejection>) {
        let profile = match pod.annotations.get(SECCOMP_POD) {
            Some(profile) if !profile.is_empty() => profile.clone(),
            _ => pod.security.seccomp.as_ref().map(Seccomp::annotation).unwrap_or_default(),
        };
        self.check(&profile, found, || match &pod.security.seccomp {
            Some(_) => Place::spec(&["securityContext", "seccompProfile"]),
            None => Place::annotation(SECCOMP_POD.to_owned()),
        });
    }

    pub(super) fn check_container(
        &self,
        pod: &Pod,
        container: &Container,
        found: &mut Vec<Rejection>,
    ) {
        let key = format!("{SECCOMP_CONTAINER}{}", container.name);
        let own = container.own(|own| own.seccomp.as_ref());
        let profile = match (own, pod.annotations.get(&key), &pod.security.seccomp) {
            (Some(field), _, _) => field.annotation(),
            (None, Some(annotation), _) => annotation.clone(),
            (None, None, Some(field)) => field.annotation(),
            (None, None, None) => pod.annotations.get(SECCOMP_POD).cloned().unwrap_or_default(),
        };
        self.check(&profile, found, || match own {
            Some(_) => container.place(&["securityContext", "seccompProfile"]),
            None => Place::annotation(key.clone()),
        });
    }

    fn check(&self, profile: &str, found: &mut Vec<Rejection>, place: impl Fn() -> Place) {
        // `*` is no profile of the list, which is what an empty profile depends on.
        let listed = self.allowed.iter().any(|name| name != "*");
        if !self.allows_any() && !listed && !profile.is_empty() {
            let reason = format!("the policy allows no seccomp profile, and this is {profile}");
            found.push(Rejection::new(place(), reason));
            return;
        }
        let same = |allowed: &String| {
            let both = [allowed.as_str(), profile];
            allowed == profile || both.iter().all(|name| [DOCKER, RUNTIME].contains(name))
        };
        let allowed = self.allows_any()
            || (!listed && profile.is_empty())
            || self.allowed.iter().filter(|name| *name != "*").any(same);
        if !allowed {
            let names = self.allowed.join(", ");
            let reason = if profile.is_empty() {
                format!("the policy requires a seccomp profile of {names}")
            } else {
                format!("the seccomp profile is {profile}; allowed are {names}")
            };
            found.push(Rejection::new(place(), reason));
        }
    }
}

/// Copies fields into annotations and the other way round, where one of them is absent
/// (`applySeccompVersionSkew` in `pkg/registry/core/pod/strategy.go` of 1.19 to 1.24).
pub(super) fn sync(pod: &mut Pod) {
    let Pod { annotations, security, containers, .. } = pod;
    let pod_wide = (SECCOMP_POD.to_owned(), None);
    let own = containers.iter_mut().map(|c| (format!("{SECCOMP_CONTAINER}{}", c.name), Some(c)));
    for (key, container) in std::iter::once(pod_wide).chain(own) {
        let field = match &container {
            None => security.seccomp.as_ref(),
            Some(container) => container.own(|own| own.seccomp.as_ref()),
        };
        match (field, annotations.get(&key)) {
            (Some(field), None) => {
                let annotation = field.annotation();
                if !annotation.is_empty() {
                    annotations.insert(key, annotation);
                }
            }
            (None, Some(annotation)) => {
                let Some(field) = Seccomp::of_annotation(annotation) else { continue };
                match container {
                    None => security.seccomp = Some(field),
                    Some(container) => container.context().seccomp = Some(field),
                }
            }
            _ => {}
        }
    }
}
