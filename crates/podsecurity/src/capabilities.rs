//! Which capabilities does a container have?
//!
//! The runtime starts with its own set, drops what is dropped and adds what is added; `ALL` stands
//! for all of them (`WithAddedCapabilities` and `WithDroppedCapabilities` of containerd's CRI
//! plugin, in this order: add ALL, drop ALL, add, drop).

use seawall_model::Undecided;
use seawall_model::workload::{Container, capability};

/// What containerd gives a container that asks for nothing (`defaultUnixCaps` in its
/// `pkg/oci/spec.go`), without `CAP_`.
pub const DEFAULT: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// All that the kernel knows (`linux/capability.h`), without `CAP_`.
pub const ALL: &[&str] = &[
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// What is left of the runtime's own set after adding and dropping; names with or without `CAP_`,
/// in any case; the result sorted, in capitals, without `CAP_`.
pub fn after(added: &[&str], dropped: &[&str]) -> Vec<String> {
    let bare = |name: &&str| capability(name).to_ascii_uppercase();
    let added: Vec<String> = added.iter().map(bare).collect();
    let dropped: Vec<String> = dropped.iter().map(bare).collect();
    let all = |list: &[String]| list.iter().any(|name| name == "ALL");
    let mut left: Vec<String> = if all(&dropped) {
        Vec::new()
    } else {
        let start = if all(&added) { ALL } else { DEFAULT };
        start.iter().map(|name| (*name).to_owned()).collect()
    };
    left.extend(added.into_iter().filter(|name| name != "ALL"));
    left.retain(|name| !dropped.contains(name));
    left.sort_unstable();
    left.dedup();
    left
}

/// The capabilities of a container.
///
/// # Errors
///
/// Where a field is of the wrong type.
pub fn of<'a>(container: &Container<'a>) -> Result<Vec<String>, Undecided<'a>> {
    if container.privileged()?.is_some_and(|it| it.value) {
        return Ok(ALL.iter().map(|name| (*name).to_owned()).collect());
    }
    let names = |strings: seawall_model::workload::Strings<'a>| {
        strings.map(|name| Ok(name?.value)).collect::<Result<Vec<&str>, Undecided<'a>>>()
    };
    let added = names(container.capabilities_added()?)?;
    let dropped = names(container.capabilities_dropped()?)?;
    Ok(after(&added, &dropped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_and_dropping() {
        assert_eq!(after(&[], &[]).len(), 14);
        assert_eq!(after(&["NET_BIND_SERVICE"], &["ALL"]), ["NET_BIND_SERVICE"]);
        assert_eq!(after(&["cap_sys_admin"], &["all"]), ["SYS_ADMIN"]);
        assert_eq!(after(&["ALL"], &["SYS_ADMIN"]).len(), ALL.len() - 1);
        assert_eq!(after(&["SYS_TIME", "CHOWN"], &["CHOWN"]).len(), 14);
    }
}
