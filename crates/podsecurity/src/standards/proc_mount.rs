//! `procMount`: the paths of `/proc` that runtimes mask must stay masked.

use seawall_model::workload::Container;
use seawall_model::{Level, Outcome};

use super::{Found, Revision, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "procMount",
    level: Level::Baseline,
    revisions: &[
        Revision {
            since: Version::v1(0),
            overrides: None,
            run: |pod, found| {
                found.in_containers(pod, container);
                Ok(())
            },
        },
        Revision {
            since: Version::v1(35),
            overrides: None,
            run: |pod, found| {
                if !pod.has_user_namespace()? {
                    found.in_containers(pod, container);
                }
                Ok(())
            },
        },
    ],
};

/// Forbids any `procMount` of a container but `Default`.
pub fn container<'a>(container: &Container<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    if let Some(proc_mount) = container.proc_mount()?
        && proc_mount.value != "Default"
    {
        let reason = format!(
            "{} sets `procMount: {}`, which shows it what the runtime hides of the node's /proc; \
             remove it",
            container.noun(),
            proc_mount.value
        );
        found.forbid(proc_mount.node, reason);
    }
    Ok(())
}
