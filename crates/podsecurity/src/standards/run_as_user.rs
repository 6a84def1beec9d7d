//! `runAsUser`: containers must not be told to run as root.

use seawall_model::workload::Pod;
use seawall_model::{Level, Outcome};

use super::found::each_setter;
use super::{Found, Revision, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "runAsUser",
    level: Level::Restricted,
    revisions: &[
        Revision { since: Version::v1(23), overrides: None, run: pod },
        Revision {
            since: Version::v1(35),
            overrides: None,
            run: |it, found| if it.has_user_namespace()? { Ok(()) } else { pod(it, found) },
        },
    ],
};

fn pod<'a>(pod: &Pod<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    each_setter(pod, found, |setter, found| {
        setter.security().readable()?;
        if let Some(node) = setter.security().run_as_user
            && node.integer()?.value == 0
        {
            let reason =
                format!("{} sets `runAsUser: 0`, which is root; write another user", setter.noun());
            found.forbid(node, reason);
        }
        Ok(())
    });
    Ok(())
}
