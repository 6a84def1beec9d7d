//! What is wrong with a seccomp or AppArmor profile.

use seawall_model::workload::ProfileType;

/// Why a profile does not confine, as the end of a sentence; `None` where it does.
pub(super) fn what_is_wrong(profile: ProfileType<'_>) -> Option<String> {
    match profile {
        ProfileType::RuntimeDefault => None,
        ProfileType::Localhost("") => Some("is Localhost but names no profile".to_owned()),
        ProfileType::Localhost(_) => None,
        ProfileType::Unconfined => Some("is Unconfined".to_owned()),
        ProfileType::Invalid(name) => Some(format!("is {name:?}, which Kubernetes does not know")),
    }
}
