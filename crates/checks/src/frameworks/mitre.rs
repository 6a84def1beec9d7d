//! MITRE ATT&CK for Containers.
//!
//! A technique is what an attacker does, so no object shows it; the checks that map to one show
//! what would let it succeed.

use super::{Framework, by_checks, elsewhere};

const RBAC: &str = "what all bindings together let a subject do, and the audit log";
const RUNTIME: &str = "what runs and talks in the cluster, which no object shows";

/// The framework.
pub(super) const MITRE: Framework = Framework {
    id: "mitre",
    title: "MITRE ATT&CK for Containers",
    controls: &[
        elsewhere("T1036", "Masquerading: names that look as if they belonged", RUNTIME),
        by_checks("T1046", "Network service discovery: looking for open ports"),
        elsewhere("T1053.007", "Scheduled job: CronJobs that bring the attacker back", RUNTIME),
        by_checks("T1068", "Exploiting a flaw for more privileges"),
        elsewhere("T1069", "Permission groups discovery: looking up who may do what", RBAC),
        by_checks("T1070", "Indicator removal: deleting logs and events"),
        elsewhere(
            "T1078",
            "Valid accounts: using somebody's credentials",
            "how users log in, and the audit log",
        ),
        by_checks("T1078.001", "Default accounts: using an account that was there before"),
        by_checks("T1098.006", "Additional cluster roles: binding more rights"),
        elsewhere(
            "T1110",
            "Brute force: guessing passwords and tokens",
            "the logs of what checks them",
        ),
        by_checks("T1133", "External remote services: coming in by an open API or dashboard"),
        elsewhere("T1136", "Creating an account", RBAC),
        elsewhere(
            "T1190",
            "Exploiting a public application",
            "the vulnerabilities of images, and what is reachable from outside",
        ),
        by_checks("T1204.003", "Malicious image: somebody runs what was planted"),
        by_checks("T1485", "Data destruction"),
        elsewhere("T1490", "Inhibiting recovery: deleting backups and snapshots", RBAC),
        by_checks("T1496", "Resource hijacking: mining and proxying at others' cost"),
        elsewhere("T1498", "Network denial of service", "what the network lets through"),
        by_checks("T1499", "Endpoint denial of service: using a node up"),
        by_checks("T1525", "Implanting an internal image"),
        by_checks("T1528", "Stealing an application's access token"),
        by_checks("T1543", "System services: starting with the node"),
        elsewhere("T1543.005", "Container service: containers that always come back", RUNTIME),
        elsewhere(
            "T1550.001",
            "Using an access token from elsewhere",
            "the audit log of the API server",
        ),
        by_checks("T1552", "Unsecured credentials"),
        by_checks("T1552.001", "Credentials in files"),
        by_checks("T1552.007", "Container API: credentials by the API server or the runtime"),
        elsewhere("T1562.001", "Impairing defences: switching tools off", RUNTIME),
        by_checks("T1609", "Container administration command: exec and its like"),
        by_checks("T1610", "Deploying a container"),
        by_checks("T1611", "Escape to the host"),
        elsewhere("T1612", "Building an image on the host", RUNTIME),
        by_checks("T1613", "Container and resource discovery: listing what there is"),
    ],
};
