//! `sysctls`: only those that are isolated from other pods and the node.

use seawall_model::document::Node;
use seawall_model::workload::PodHead;
use seawall_model::{Level, Outcome};

use super::{Found, Revision, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "sysctls",
    level: Level::Baseline,
    revisions: &[
        Revision {
            since: Version::v1(0),
            overrides: None,
            run: |it, found| pod(it, Version::v1(0), found),
        },
        Revision {
            since: Version::v1(27),
            overrides: None,
            run: |it, found| pod(it, Version::v1(27), found),
        },
        Revision {
            since: Version::v1(29),
            overrides: None,
            run: |it, found| pod(it, Version::v1(29), found),
        },
        Revision {
            since: Version::v1(32),
            overrides: None,
            run: |it, found| pod(it, Version::v1(32), found),
        },
        Revision {
            since: Version::v1(37),
            overrides: None,
            run: |it, found| pod(it, Version::v1(37), found),
        },
    ],
};

/// The sysctls that are safe, and since when.
pub const SAFE: &[(&str, Version)] = &[
    ("kernel.shm_rmid_forced", Version::v1(0)),
    ("net.ipv4.ip_local_port_range", Version::v1(0)),
    ("net.ipv4.tcp_syncookies", Version::v1(0)),
    ("net.ipv4.ping_group_range", Version::v1(0)),
    ("net.ipv4.ip_unprivileged_port_start", Version::v1(0)),
    ("net.ipv4.ip_local_reserved_ports", Version::v1(27)),
    ("net.ipv4.tcp_keepalive_time", Version::v1(29)),
    ("net.ipv4.tcp_fin_timeout", Version::v1(29)),
    ("net.ipv4.tcp_keepalive_intvl", Version::v1(29)),
    ("net.ipv4.tcp_keepalive_probes", Version::v1(29)),
    ("net.ipv4.tcp_rmem", Version::v1(32)),
    ("net.ipv4.tcp_wmem", Version::v1(32)),
    ("net.ipv4.tcp_slow_start_after_idle", Version::v1(37)),
    ("net.ipv4.tcp_notsent_lowat", Version::v1(37)),
];

/// Forbids the sysctls of a pod that are not safe at a version.
pub fn pod<'a>(pod: &PodHead<'a>, version: Version, found: &mut Found<'a>) -> Outcome<'a> {
    pod.security.readable()?;
    let Some(sysctls) = pod.security.sysctls else { return Ok(()) };
    for sysctl in sysctls.list()? {
        // Without a name it is the empty one.
        let (node, name) = match sysctl.field("name").and_then(|n| n.map(Node::string).transpose())
        {
            Ok(Some(name)) => (name.node, name.value),
            Ok(None) => (sysctl, ""),
            Err(why) => {
                found.undecided.push(why);
                continue;
            }
        };
        if !SAFE.iter().any(|(safe, since)| *since <= version && *safe == name) {
            let reason = format!(
                "the pod sets the sysctl {name:?}, which may reach beyond the pod; remove it, or \
                 set it on the node"
            );
            found.forbid(node, reason);
        }
    }
    Ok(())
}
