//! `privileged`: containers must not be privileged.

use seawall_model::workload::Container;
use seawall_model::{Level, Outcome};

use super::{Found, Revision, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "privileged",
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

/// Forbids `privileged: true` of a container.
pub fn container<'a>(container: &Container<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    if let Some(privileged) = container.privileged()?
        && privileged.value
    {
        let reason = format!(
            "{} runs privileged; remove `privileged: true` and add only the capabilities it needs",
            container.noun()
        );
        found.forbid(privileged.node, reason);
    }
    Ok(())
}
