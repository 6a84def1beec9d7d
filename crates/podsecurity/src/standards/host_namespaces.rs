//! `hostNamespaces`: pods must not share namespaces of the node.

use seawall_model::workload::PodHead;
use seawall_model::{Level, Outcome};

use super::{Found, Revision, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "hostNamespaces",
    level: Level::Baseline,
    revisions: &[Revision {
        since: Version::v1(0),
        overrides: None,
        run: |pod, found| {
            for field in ["hostNetwork", "hostPID", "hostIPC"] {
                if let Err(why) = namespace(&pod.head(), field, found) {
                    found.undecided.push(why);
                }
            }
            Ok(())
        },
    }],
};

/// Forbids one of `hostNetwork`, `hostPID` and `hostIPC`.
pub fn namespace<'a>(pod: &PodHead<'a>, field: &str, found: &mut Found<'a>) -> Outcome<'a> {
    if let Some(host) = pod.flag(field)?
        && host.value
    {
        let what = match field {
            "hostNetwork" => "network",
            "hostPID" => "process ID",
            _ => "IPC",
        };
        let reason = format!("the pod shares the node's {what} namespace; remove `{field}: true`");
        found.forbid(host.node, reason);
    }
    Ok(())
}
