//! What confines each running container in fact, and whether its pod declares more.
//!
//! The kernel says what a process may do: `/proc/PID/status` has its capabilities, its seccomp mode
//! and no-new-privileges, `/proc/PID/attr/current` its AppArmor profile or SELinux label. Its control
//! group says which container it belongs to.

use std::collections::BTreeMap;

use seawall_model::document::Node;
use seawall_model::workload::{Container, Pod, pods_of};
use seawall_model::{Inventory, ObjectKind};

use crate::context::{Cx, either};
use crate::evidence::host::{Host, Unread};
use crate::evidence::process;
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;

/// The capabilities that engines give to a container that asks for none: containerd's and Docker's
/// fourteen (`contrib/seccomp`, `oci/spec_opts.go`).
const DEFAULT: u64 = 0x0000_0000_a804_25fb;

/// A container's first process, as the kernel confines it.
#[derive(Clone, Debug)]
pub struct Confined {
    pid: u32,
    /// The container's id, 64 hexadecimal digits.
    id: String,
    program: String,
    capabilities: u64,
    /// 0 none, 1 strict, 2 a filter.
    seccomp: u32,
    no_new_privileges: bool,
    /// The AppArmor profile or SELinux label; none where neither is loaded.
    label: Option<String>,
}

impl Confined {
    fn evidence(&self, item: &str, value: String) -> Evidence {
        let short = self.id.get(..12).unwrap_or(&self.id);
        Evidence::new(
            format!("{item} of {} (container {short})", self.program),
            value,
            OriginKind::Kernel,
            format!("/proc/{}", self.pid),
        )
    }
}

/// The containers of pods that run on the node, by their first process. Looked at once: there may
/// be thousands of processes.
///
/// # Errors
///
/// With the outcome where they can't be told.
pub fn running(cx: &Cx<'_>) -> Result<Vec<Confined>, Outcome> {
    let host = cx.host()?;
    let processes = cx.processes.as_ref().map_err(unread)?;
    if processes.contained() {
        return Err(Outcome::unknown("/proc shows only the processes of a container"));
    }
    let mut first: BTreeMap<String, Confined> = BTreeMap::new();
    for process in processes.all() {
        let path = format!("/proc/{}/cgroup", process.pid);
        let groups = host.read(&path).map_err(|why| unread(&why))?.unwrap_or_default();
        let Some(id) = container_of(&groups) else { continue };
        // The sandbox's own process holds namespaces and runs nothing.
        if process.name == "pause" || first.contains_key(&id) {
            continue;
        }
        if let Some(confined) = look(host, process, &id).map_err(|why| unread(&why))? {
            first.insert(id, confined);
        }
    }
    Ok(first.into_values().collect())
}

fn look(host: &Host, process: &process::Process, id: &str) -> Result<Option<Confined>, Unread> {
    let Some(status) = process::status(host, process.pid)? else { return Ok(None) };
    let path = format!("/proc/{}/status", process.pid);
    let field = |name: &str| {
        status.get(name).ok_or_else(|| Unread::new(&path, &format!("it has no {name}")))
    };
    let capabilities =
        u64::from_str_radix(field("CapBnd")?, 16).map_err(|error| Unread::new(&path, &error))?;
    let seccomp = field("Seccomp")?.parse().map_err(|error| Unread::new(&path, &error))?;
    // Without a security module the file can't be read.
    let label = host.read(&format!("/proc/{}/attr/current", process.pid)).unwrap_or_default();
    let label = label.map(|label| label.trim_end_matches(['\0', '\n']).to_owned());
    Ok(Some(Confined {
        pid: process.pid,
        id: id.to_owned(),
        program: process.name.clone(),
        capabilities,
        seccomp,
        no_new_privileges: field("NoNewPrivs")? == "1",
        label: label.filter(|label| !label.is_empty()),
    }))
}

/// The id in a control group such as `…/kubepods-pod…slice/cri-containerd-ID.scope`; none outside
/// pods.
fn container_of(groups: &str) -> Option<String> {
    let line = groups.lines().find(|line| line.contains("kubepods"))?;
    let last = line.rsplit('/').next()?.trim_end_matches(".scope");
    let id = last.rsplit('-').next()?;
    (id.len() == 64 && id.chars().all(|c| c.is_ascii_hexdigit())).then(|| id.to_owned())
}

fn each(
    cx: &Cx<'_>,
    good: impl Fn(&Confined) -> bool,
    show: impl Fn(&Confined) -> (&'static str, String),
    wrong: &str,
    right: &str,
) -> Outcome {
    either(cx.containers().map(|all| {
        if all.is_empty() {
            return Outcome::not_applicable("no container of a pod runs here");
        }
        let bad: Vec<&Confined> = all.iter().filter(|one| !good(one)).collect();
        let evidence = |some: &[&Confined]| -> Vec<Evidence> {
            some.iter()
                .map(|one| {
                    let (item, value) = show(one);
                    one.evidence(item, value)
                })
                .collect()
        };
        if bad.is_empty() {
            let all: Vec<&Confined> = all.iter().collect();
            Outcome::pass(format!("all {} containers {right}", all.len())).with(evidence(&all))
        } else {
            let names: Vec<&str> = bad.iter().map(|one| one.program.as_str()).collect();
            Outcome::fail(format!(
                "{} of {} containers {wrong}: {}",
                bad.len(),
                all.len(),
                names.join(", ")
            ))
            .with(evidence(&bad))
        }
    }))
}

/// Every container has a seccomp filter.
pub fn seccomp(cx: &Cx<'_>) -> Outcome {
    each(
        cx,
        |one| one.seccomp != 0,
        |one| ("seccomp mode", one.seccomp.to_string()),
        "run without seccomp",
        "run with seccomp",
    )
}

/// No container can gain privileges.
pub fn no_new_privileges(cx: &Cx<'_>) -> Outcome {
    each(
        cx,
        |one| one.no_new_privileges,
        |one| ("no-new-privileges", one.no_new_privileges.to_string()),
        "can gain privileges",
        "can't gain privileges",
    )
}

/// No container can have more capabilities than engines give to all.
pub fn capabilities(cx: &Cx<'_>) -> Outcome {
    each(
        cx,
        |one| one.capabilities & !DEFAULT == 0,
        |one| ("bounding capabilities", names(one.capabilities).join(",")),
        "can have more capabilities than engines give to all",
        "have no more capabilities than engines give to all",
    )
}

/// Every container has an AppArmor profile or SELinux label that confines it.
pub fn label(cx: &Cx<'_>) -> Outcome {
    either(cx.host().and_then(|host| {
        let read = |path: &str| host.read(path).map_err(|why| unread(&why));
        let apparmor = read("/sys/module/apparmor/parameters/enabled")?.unwrap_or_default();
        if apparmor.trim() != "Y" && read("/sys/fs/selinux/enforce")?.is_none() {
            return Ok(Outcome::not_applicable("neither AppArmor nor SELinux is loaded"));
        }
        Ok(each(
            cx,
            |one| {
                one.label.as_ref().is_some_and(|label| {
                    !label.starts_with("unconfined")
                        && !label.contains(":unconfined_t:")
                        && !label.contains(":spc_t:")
                })
            },
            |one| ("label", one.label.clone().unwrap_or_else(|| "none".to_owned())),
            "are not confined by AppArmor or SELinux",
            "are confined by AppArmor or SELinux",
        ))
    }))
}

/// What pods declare is so: nothing that a pod asks for is missing in the kernel.
pub fn declared(cx: &Cx<'_>) -> Outcome {
    either(cx.containers().and_then(|all| {
        let (inventory, _) = cx.objects()?;
        let mut outcomes = Vec::new();
        for one in all {
            match container(inventory, &one.id, |container| compare(one, container)) {
                Some(outcome) => outcomes.push(outcome),
                None => outcomes.push(Outcome::unknown(format!(
                    "no pod that was read has the container of {} (pid {})",
                    one.program, one.pid
                ))),
            }
        }
        Ok(Outcome::worst(outcomes, "no container of a pod runs here"))
    }))
}

/// Looks at the container of a running id, by the statuses of pods.
fn container<T>(
    inventory: &Inventory,
    id: &str,
    look: impl FnOnce(&Container<'_>) -> T,
) -> Option<T> {
    for pod in inventory.of_kind(ObjectKind::Pod) {
        let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
        let status = lists
            .iter()
            .filter_map(|list| pod.root().at_path(&["status", list]))
            .flat_map(Node::items)
            .find(|status| status.get("containerID").is_some_and(|node| node.text().ends_with(id)));
        let Some(name) = status.and_then(|status| status.get("name")) else { continue };
        let views = pods_of(pod);
        let found = views.iter().flat_map(Pod::containers).find(|c| c.name == name.text());
        return found.map(look);
    }
    None
}

fn compare(one: &Confined, container: &Container<'_>) -> Outcome {
    let pod = &container.pod;
    let name = format!("{}/{}", pod.object.id(), container.name);
    let mut missing = Vec::new();
    let is = |node: Option<Node<'_>>, wanted: bool| node.and_then(Node::as_bool) == Some(wanted);
    let privileged = is(container.security.privileged, true);
    if is(container.security.allow_privilege_escalation, false) && !one.no_new_privileges {
        missing.push(
            "it declares allowPrivilegeEscalation: false, and can gain privileges".to_owned(),
        );
    }
    let profile = container.security.seccomp_profile.or(pod.security.seccomp_profile);
    let kind = profile.and_then(|profile| profile.get("type")).map(Node::text);
    if matches!(kind, Some("RuntimeDefault" | "Localhost")) && one.seccomp == 0 {
        missing.push("it declares a seccomp profile, and has none".to_owned());
    }
    if !privileged {
        let list = |key: &str| -> Vec<String> {
            container
                .security
                .capabilities
                .and_then(|node| node.get(key))
                .into_iter()
                .flat_map(Node::items)
                .map(|item| item.text().trim_start_matches("CAP_").to_uppercase())
                .collect()
        };
        let (add, drop) = (list("add"), list("drop"));
        if !add.iter().any(|name| name == "ALL") {
            let all = drop.iter().any(|name| name == "ALL");
            let given = |bit: u32| {
                let name = NAMES.get(bit as usize).copied().unwrap_or_default();
                let by_default = DEFAULT >> bit & 1 == 1 && !all && !drop.iter().any(|d| d == name);
                by_default || add.iter().any(|added| added == name)
            };
            let extra = (0..64)
                .filter(|bit| one.capabilities >> bit & 1 == 1 && !given(*bit))
                .fold(0, |all, bit| all | 1 << bit);
            if extra != 0 {
                let names = names(extra).join(", ");
                missing.push(format!("it has capabilities that it does not declare: {names}"));
            }
        }
    }
    let evidence = [
        one.evidence("bounding capabilities", names(one.capabilities).join(",")),
        one.evidence("seccomp mode", one.seccomp.to_string()),
        one.evidence("no-new-privileges", one.no_new_privileges.to_string()),
    ];
    if missing.is_empty() {
        Outcome::pass(format!("{name} is confined as it declares"))
    } else {
        Outcome::fail(format!("{name}: {}", missing.join("; ")))
    }
    .with(evidence)
}

/// The capabilities by their bits, from `linux/capability.h`.
const NAMES: &[&str] = &[
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

fn names(bits: u64) -> Vec<&'static str> {
    let known = NAMES.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
    known.map(|(_, name)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_groups_name_containers_of_pods() {
        let id = "0123456789abcdef".repeat(4);
        let systemd = format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope\n");
        let plain = format!("11:cpu:/kubepods/besteffort/pod1/{id}\n");
        assert_eq!(container_of(&systemd), Some(id.clone()));
        assert_eq!(container_of(&plain), Some(id.clone()));
        assert_eq!(container_of(&format!("0::/system.slice/docker-{id}.scope")), None);
        assert_eq!(container_of("0::/kubepods.slice/kubepods-pod1.slice"), None);
    }

    #[test]
    fn the_default_capabilities_are_the_fourteen_of_engines() {
        assert_eq!(names(DEFAULT).len(), 14);
        assert!(names(DEFAULT).contains(&"NET_RAW") && !names(DEFAULT).contains(&"SYS_ADMIN"));
    }
}
