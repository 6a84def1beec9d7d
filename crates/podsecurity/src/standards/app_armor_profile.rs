//! `appArmorProfile`: AppArmor must not be switched off.

use seawall_model::workload::{APP_ARMOR_CONTAINER, Pod, ProfileType};
use seawall_model::{Level, Outcome};

use super::found::each_setter;
use super::seccomp_profile_baseline::profile_name;
use super::{Found, Revision, Setter, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "appArmorProfile",
    level: Level::Baseline,
    revisions: &[Revision {
        since: Version::v1(0),
        overrides: None,
        run: |pod, found| {
            each_setter(pod, found, field);
            annotations(pod, found)
        },
    }],
};

fn field<'a>(setter: Setter<'_, 'a>, found: &mut Found<'a>) -> Outcome<'a> {
    setter.security().readable()?;
    let Some(profile) = setter.security().app_armor_profile else { return Ok(()) };
    let (node, name) = profile_name(profile)?;
    if !matches!(name, "RuntimeDefault" | "Localhost") {
        let reason = format!(
            "{} sets the AppArmor profile {name:?}; write `type: RuntimeDefault` or a \
             `Localhost` profile",
            setter.noun()
        );
        found.forbid(node, reason);
    }
    Ok(())
}

/// The annotation of any container, whether the pod has it or not.
fn annotations<'a>(pod: &Pod<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    for (key, value) in pod.annotations()? {
        let Some(name) = key.text().strip_prefix(APP_ARMOR_CONTAINER) else { continue };
        if value.is_null() {
            continue;
        }
        let text = match value.string() {
            Ok(text) => text.value,
            Err(why) => {
                found.undecided.push(why);
                continue;
            }
        };
        let allowed = match ProfileType::of_app_armor_annotation(text) {
            ProfileType::RuntimeDefault | ProfileType::Localhost(_) => true,
            ProfileType::Unconfined | ProfileType::Invalid(_) => false,
        };
        if !allowed {
            let reason = format!(
                "the annotation sets the AppArmor profile of container {name} to {text:?}; write \
                 `appArmorProfile: {{type: RuntimeDefault}}` in its securityContext instead"
            );
            found.forbid(value, reason);
        }
    }
    Ok(())
}
