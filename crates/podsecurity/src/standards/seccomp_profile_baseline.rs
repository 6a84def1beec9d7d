//! `seccompProfile_baseline`: seccomp must not be switched off.

use seawall_model::document::Node;
use seawall_model::workload::{Pod, ProfileType, SECCOMP_CONTAINER, SECCOMP_POD};
use seawall_model::{Level, Outcome, Undecided};

use super::found::each_setter;
use super::{Found, Revision, Setter, StandardCheck, Version};

/// The check. Up to 1.18 it looks at the annotations alone, since then at the fields alone.
pub const CHECK: StandardCheck = StandardCheck {
    id: "seccompProfile_baseline",
    level: Level::Baseline,
    revisions: &[
        Revision { since: Version::v1(0), overrides: None, run: annotations },
        Revision {
            since: Version::v1(19),
            overrides: None,
            run: |pod, found| {
                each_setter(pod, found, field);
                Ok(())
            },
        },
    ],
};

/// The annotation of the pod, and those of containers that it has.
fn annotations<'a>(pod: &Pod<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    for (key, value) in pod.annotations()? {
        let named = |name| pod.containers().iter().any(|container| container.name == name);
        let key = key.text();
        if key != SECCOMP_POD && !key.strip_prefix(SECCOMP_CONTAINER).is_some_and(named) {
            continue;
        }
        // Null is an empty string in a map of strings.
        let text = match value.string() {
            Ok(text) => text.value,
            Err(_) if value.is_null() => "",
            Err(why) => {
                found.undecided.push(why);
                continue;
            }
        };
        let allowed = match ProfileType::of_seccomp_annotation(text) {
            ProfileType::RuntimeDefault | ProfileType::Localhost(_) => true,
            ProfileType::Unconfined | ProfileType::Invalid(_) => false,
        };
        if !allowed {
            let reason = format!(
                "the annotation {key} sets the seccomp profile {text:?}; write `runtime/default`"
            );
            found.forbid(value, reason);
        }
    }
    Ok(())
}

/// Forbids a seccomp profile of a pod or container that is none of `RuntimeDefault` and
/// `Localhost`.
pub(super) fn field<'a>(setter: Setter<'_, 'a>, found: &mut Found<'a>) -> Outcome<'a> {
    setter.security().readable()?;
    let Some(profile) = setter.security().seccomp_profile else { return Ok(()) };
    let (node, name) = profile_name(profile)?;
    if !is_confined(name) {
        let reason = format!(
            "{} sets the seccomp profile {name:?}; write `type: RuntimeDefault` or a `Localhost` \
             profile",
            setter.noun()
        );
        found.forbid(node, reason);
    }
    Ok(())
}

/// Whether a type of seccomp profile confines.
pub(super) fn is_confined(name: &str) -> bool {
    matches!(name, "RuntimeDefault" | "Localhost")
}

/// The type of a profile, empty where there is none, and its place.
pub(super) fn profile_name<'a>(profile: Node<'a>) -> Result<(Node<'a>, &'a str), Undecided<'a>> {
    match profile.field("type")? {
        Some(name) => Ok((name, name.string()?.value)),
        None => Ok((profile, "")),
    }
}
