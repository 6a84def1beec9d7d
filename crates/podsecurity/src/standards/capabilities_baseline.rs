//! `capabilities_baseline`: only capabilities of the default set may be added.

use seawall_model::workload::Container;
use seawall_model::{Level, Outcome};

use super::{Found, Revision, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "capabilities_baseline",
    level: Level::Baseline,
    revisions: &[Revision {
        since: Version::v1(0),
        overrides: None,
        run: |pod, found| {
            found.in_containers(pod, container);
            Ok(())
        },
    }],
};

/// What may be added: what container runtimes give by default, but `NET_RAW`.
pub const ALLOWED: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Names are compared exactly, as upstream does: `CAP_CHOWN` is not allowed.
fn container<'a>(container: &Container<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    for name in container.capabilities_added()? {
        match name {
            Ok(name) if ALLOWED.contains(&name.value) => {}
            Ok(name) => {
                let reason = format!(
                    "{} adds the capability {}, which is not of the default set; remove it",
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
