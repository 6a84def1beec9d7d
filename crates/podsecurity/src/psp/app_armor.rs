//! AppArmor profiles: annotations of the policy rule annotations of the pod.

use seawall_model::workload::APP_ARMOR_CONTAINER;

use super::container::Container;
use super::place::{Place, Rejection};
use super::pod::Pod;

/// Annotation of a policy: the profile of containers that have none.
pub const DEFAULT: &str = "apparmor.security.beta.kubernetes.io/defaultProfileName";
/// Annotation of a policy: the profiles that containers may have, with commas between.
pub const ALLOWED: &str = "apparmor.security.beta.kubernetes.io/allowedProfileNames";

/// What a policy's annotations say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppArmorRule {
    /// The profile of containers that have none; empty where they keep none.
    pub default: String,
    /// The profiles allowed, where only some are.
    pub allowed: Option<Vec<String>>,
}

impl AppArmorRule {
    pub(super) fn new(default: Option<&str>, allowed: Option<&str>) -> Self {
        AppArmorRule {
            default: default.unwrap_or_default().to_owned(),
            allowed: allowed.map(|names| names.split(',').map(str::to_owned).collect()),
        }
    }

    pub(super) fn default_container(&self, pod: &mut Pod, name: &str) {
        if self.default.is_empty() {
            return;
        }
        let profile = pod.annotations.entry(format!("{APP_ARMOR_CONTAINER}{name}")).or_default();
        if profile.is_empty() {
            profile.clone_from(&self.default);
        }
    }

    pub(super) fn check(&self, pod: &Pod, container: &Container, found: &mut Vec<Rejection>) {
        let Some(allowed) = &self.allowed else { return };
        let key = format!("{APP_ARMOR_CONTAINER}{}", container.name);
        let profile = pod.annotations.get(&key).map_or("", String::as_str);
        let names = || allowed.join(", ");
        let reason = if profile.is_empty() {
            format!("the policy requires an AppArmor profile of {}", names())
        } else if !allowed.iter().any(|name| name == profile) {
            format!("the AppArmor profile is {profile}; allowed are {}", names())
        } else {
            return;
        };
        found.push(Rejection::new(Place::annotation(key), reason));
    }
}
