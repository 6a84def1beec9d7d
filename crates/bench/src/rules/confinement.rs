//! Whether running containers are confined as containers should be, whatever their pods say.

use seawall_podsecurity::capabilities::DEFAULT;

use crate::context::{Cx, either};
use crate::evidence::confined::{Confined, Modules, capabilities as set_of, names};
use crate::outcome::{Evidence, Outcome};
use crate::setting::unread;

fn each(
    cx: &Cx<'_>,
    good: impl Fn(&Confined) -> bool,
    show: impl Fn(&Confined) -> (&'static str, String),
    wrong: &str,
    right: &str,
) -> Outcome {
    either(cx.containers().map(|all| {
        if all.is_empty() {
            return Outcome::not_applicable("no container of a pod runs here");
        }
        let (good, bad): (Vec<&Confined>, Vec<&Confined>) = all.iter().partition(|one| good(one));
        let evidence = |some: &[&Confined]| -> Vec<Evidence> {
            some.iter()
                .map(|one| {
                    let (item, value) = show(one);
                    one.evidence(item, value)
                })
                .collect()
        };
        if bad.is_empty() {
            Outcome::pass(format!("all {} containers {right}", all.len())).with(evidence(&good))
        } else {
            let names: Vec<&str> = bad.iter().map(|one| one.program.as_str()).collect();
            Outcome::fail(format!(
                "{} of {} containers {wrong}: {}",
                bad.len(),
                all.len(),
                names.join(", ")
            ))
            .with(evidence(&bad))
        }
    }))
}

/// Every container has a seccomp filter.
pub fn seccomp(cx: &Cx<'_>) -> Outcome {
    each(
        cx,
        |one| one.seccomp != 0,
        |one| ("seccomp mode", one.seccomp.to_string()),
        "run without seccomp",
        "run with seccomp",
    )
}

/// No container can gain privileges.
pub fn no_new_privileges(cx: &Cx<'_>) -> Outcome {
    each(
        cx,
        |one| one.no_new_privileges,
        |one| ("no-new-privileges", one.no_new_privileges.to_string()),
        "can gain privileges",
        "can't gain privileges",
    )
}

/// No container can have more capabilities than engines give to all.
pub fn capabilities(cx: &Cx<'_>) -> Outcome {
    let default = set_of(DEFAULT.iter().copied());
    each(
        cx,
        |one| default.contains(one.capabilities),
        |one| ("bounding capabilities", names(one.capabilities).join(",")),
        "can have more capabilities than engines give to all",
        "have no more capabilities than engines give to all",
    )
}

/// Types of SELinux that processes of containers have where nobody confines them: the engine's own,
/// and those of the system and of users.
const UNCONFINED: &[&str] = &[
    "container_runtime_t",
    "init_t",
    "initrc_t",
    "kernel_t",
    "spc_t",
    "unconfined_service_t",
    "unconfined_t",
];

/// Every container has an AppArmor profile or SELinux label that confines it.
pub fn label(cx: &Cx<'_>) -> Outcome {
    either(cx.host().and_then(|host| {
        let modules = Modules::read(host).map_err(|why| unread(&why))?;
        let confined: fn(&Confined) -> bool = match modules {
            Modules::None => {
                return Ok(Outcome::not_applicable("neither AppArmor nor SELinux is loaded"));
            }
            Modules::SeLinux { enforces: false } => {
                return Ok(Outcome::fail("SELinux is loaded but only warns"));
            }
            Modules::SeLinux { enforces: true } => |one| {
                let kind = one.label.as_deref().ok().and_then(|label| label.split(':').nth(2));
                kind.is_some_and(|kind| !UNCONFINED.contains(&kind))
            },
            // A profile in the mode `complain` or `unconfined` only looks on.
            Modules::AppArmor => {
                |one| one.app_armor().is_some_and(|(_, mode)| matches!(mode, "enforce" | "kill"))
            }
        };
        if let Some(why) = cx.containers()?.iter().find_map(|one| one.label.as_ref().err()) {
            return Err(unread(why));
        }
        Ok(each(
            cx,
            confined,
            |one| ("label", one.label.clone().unwrap_or_default()),
            "are not confined by AppArmor or SELinux",
            "are confined by AppArmor or SELinux",
        ))
    }))
}
