//! `allowPrivilegeEscalation`: containers must set it to false.

use seawall_model::workload::Container;
use seawall_model::{Level, Outcome};

use super::{Found, Revision, StandardCheck, Version, absent};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "allowPrivilegeEscalation",
    level: Level::Restricted,
    revisions: &[
        Revision {
            since: Version::v1(8),
            overrides: None,
            run: |pod, found| {
                found.in_containers(pod, container);
                Ok(())
            },
        },
        Revision {
            since: Version::v1(25),
            overrides: None,
            run: |pod, found| {
                if !pod.is_windows() {
                    found.in_containers(pod, container);
                }
                Ok(())
            },
        },
    ],
};

/// Requires `allowPrivilegeEscalation: false` of a container.
pub fn container<'a>(container: &Container<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    match container.allow_privilege_escalation()? {
        Some(allow) if !allow.value => {}
        Some(allow) => {
            let reason = format!(
                "{} allows privilege escalation; write `allowPrivilegeEscalation: false`",
                container.noun()
            );
            found.forbid(allow.node, reason);
        }
        None => {
            let (node, missing) = absent(container, "allowPrivilegeEscalation");
            let reason = format!(
                "{} does not rule out privilege escalation; write \
                 `allowPrivilegeEscalation: false` in its securityContext",
                container.noun()
            );
            found.require(node, missing, reason);
        }
    }
    Ok(())
}
