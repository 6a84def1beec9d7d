//! `runAsNonRoot`: it must be required that containers do not run as root.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Level, Outcome};

use super::found::each_setter;
use super::{Found, Revision, Setter, StandardCheck, Version, absent};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "runAsNonRoot",
    level: Level::Restricted,
    revisions: &[
        Revision { since: Version::v1(0), overrides: None, run: pod },
        Revision {
            since: Version::v1(35),
            overrides: None,
            run: |it, found| if it.has_user_namespace()? { Ok(()) } else { pod(it, found) },
        },
    ],
};

fn pod<'a>(pod: &Pod<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    let pod_wide = pod.security.run_as_non_root.and_then(Node::as_bool) == Some(true);
    each_setter(pod, found, |setter, found| {
        setter.security().readable()?;
        if let Some(node) = setter.security().run_as_non_root {
            if !node.boolean()?.value {
                let reason = format!(
                    "{} sets `runAsNonRoot: false`; write `runAsNonRoot: true`",
                    setter.noun()
                );
                found.forbid(node, reason);
            }
        } else if let Setter::Container(container) = setter
            && !pod_wide
        {
            let (node, missing) = absent(container, "runAsNonRoot");
            let reason = format!(
                "{} may run as root; write `runAsNonRoot: true` in its securityContext or the \
                 pod's",
                container.noun()
            );
            found.require(node, missing, reason);
        }
        Ok(())
    });
    Ok(())
}
