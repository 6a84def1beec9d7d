//! `windowsHostProcess`: containers must not run as processes of a Windows node.

use seawall_model::{At, Level};

use super::found::each_setter;
use super::{Found, Revision, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "windowsHostProcess",
    level: Level::Baseline,
    revisions: &[Revision {
        since: Version::v1(0),
        overrides: None,
        run: |pod, found| {
            each_setter(pod, found, |setter, found| {
                value(setter.security().host_process()?, || setter.noun(), found);
                Ok(())
            });
            Ok(())
        },
    }],
};

/// Forbids a `hostProcess` that is true; `who` sets it.
pub fn value<'a>(
    host_process: Option<At<'a, bool>>,
    who: impl Fn() -> String,
    found: &mut Found<'a>,
) {
    if let Some(host_process) = host_process.filter(|it| it.value) {
        let reason =
            format!("{} runs as a process of the Windows node; remove `hostProcess: true`", who());
        found.forbid(host_process.node, reason);
    }
}
