//! `capabilities_restricted`: containers must drop all capabilities and may only add
//! `NET_BIND_SERVICE`.

use std::borrow::Cow;

use seawall_model::document::Node;
use seawall_model::workload::{Container, Pod};
use seawall_model::{Level, Outcome, Undecided};

use super::{Found, Revision, StandardCheck, Version, absent, capabilities_baseline};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "capabilities_restricted",
    level: Level::Restricted,
    revisions: &[
        Revision {
            since: Version::v1(22),
            overrides: Some(capabilities_baseline::CHECK.id),
            run: pod,
        },
        Revision {
            since: Version::v1(25),
            overrides: Some(capabilities_baseline::CHECK.id),
            run: |it, found| if it.is_windows() { Ok(()) } else { pod(it, found) },
        },
    ],
};

/// The one capability that may be added.
pub const ALLOWED: &str = "NET_BIND_SERVICE";

fn pod<'a>(pod: &Pod<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    found.in_containers(pod, |container, found| {
        // Exactly, as upstream does: `all` is not enough.
        dropped(container, found, |name| name == "ALL")?;
        added(container, found)
    });
    Ok(())
}

/// Requires that a container drops `ALL`; `is_all` tells that name.
pub fn dropped<'a>(
    container: &Container<'a>,
    found: &mut Found<'a>,
    is_all: impl Fn(&str) -> bool,
) -> Outcome<'a> {
    if !drops(container, is_all)? {
        let (node, missing) = drop_list(container);
        let reason = format!(
            "{} keeps the capabilities that the runtime gives by default; write \
             `capabilities: {{drop: [ALL]}}` in its securityContext",
            container.noun()
        );
        found.require(node, missing, reason);
    }
    Ok(())
}

/// Whether a container drops a capability that `is_it` tells.
pub fn drops<'a>(
    container: &Container<'a>,
    is_it: impl Fn(&str) -> bool,
) -> Result<bool, Undecided<'a>> {
    let mut malformed = None;
    for name in container.capabilities_dropped()? {
        match name {
            Ok(name) if is_it(name.value) => return Ok(true),
            Ok(_) => {}
            Err(why) => malformed = Some(why),
        }
    }
    malformed.map_or(Ok(false), Err)
}

/// Where the capabilities that a container drops stand or would stand: the nearest parent that is
/// there, and what is missing below it.
pub fn drop_list<'a>(container: &Container<'a>) -> (Node<'a>, Cow<'static, str>) {
    match container.security.capabilities {
        Some(capabilities) => match capabilities.get("drop") {
            Some(drop) => (drop, "".into()),
            None => (capabilities, "drop".into()),
        },
        None => absent(container, "capabilities.drop"),
    }
}

fn added<'a>(container: &Container<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    for name in container.capabilities_added()? {
        match name {
            Ok(name) if name.value == ALLOWED => {}
            Ok(name) => {
                let reason = format!(
                    "{} adds the capability {}; remove it, only {ALLOWED} may be added",
                    container.noun(),
                    name.value
                );
                found.forbid(name.node, reason);
            }
            Err(why) => found.undecided.push(why),
        }
    }
    Ok(())
}
