//! `procMount_restricted`: where baseline came to allow pods in a user namespace to unmask
//! `/proc`, restricted did not.

use seawall_model::Level;

use super::{Revision, StandardCheck, Version, proc_mount};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "procMount_restricted",
    level: Level::Restricted,
    revisions: &[Revision {
        since: Version::v1(35),
        overrides: Some(proc_mount::CHECK.id),
        run: |pod, found| {
            found.in_containers(pod, proc_mount::container);
            Ok(())
        },
    }],
};
