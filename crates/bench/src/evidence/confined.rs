//! What confines each running container in fact.
//!
//! The kernel says what a process may do: `/proc/PID/status` has its capabilities, its seccomp mode
//! and no-new-privileges, `/proc/PID/attr/current` its AppArmor profile or SELinux label. Its control
//! group says which container it belongs to.

use std::collections::BTreeMap;

use rustix::thread::CapabilitySet;

use super::container::container_of_pod;
use super::host::{Host, Unread};
use super::process::{self, Process, Processes};
use crate::outcome::{Evidence, OriginKind};

/// The security modules that label processes, as they are loaded on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modules {
    /// Neither.
    None,
    /// AppArmor.
    AppArmor,
    /// SELinux, and whether it does more than warn.
    SeLinux {
        /// Whether it enforces.
        enforces: bool,
    },
}

impl Modules {
    /// What is loaded.
    ///
    /// # Errors
    ///
    /// Where that can't be looked at.
    pub fn read(host: &Host) -> Result<Self, Unread> {
        if let Some(enforce) = host.read("/sys/fs/selinux/enforce")? {
            return Ok(Modules::SeLinux { enforces: enforce.trim() == "1" });
        }
        // The kernel makes the directory where SELinux is on.
        if host.metadata("/sys/fs/selinux")?.is_some() {
            return Err(Unread::new("/sys/fs/selinux/enforce", "selinuxfs is not mounted"));
        }
        let enabled = host.read("/sys/module/apparmor/parameters/enabled")?.unwrap_or_default();
        Ok(if enabled.trim() == "Y" { Modules::AppArmor } else { Modules::None })
    }
}

/// A container's first process, as the kernel confines it.
#[derive(Clone, Debug)]
pub struct Confined {
    /// Its process.
    pub pid: u32,
    /// The container's id, 64 hexadecimal digits.
    pub id: String,
    /// The program's name.
    pub program: String,
    /// The capabilities that it can ever have: the bounding set.
    pub capabilities: CapabilitySet,
    /// 0 none, 1 strict, 2 a filter.
    pub seccomp: u32,
    /// Whether it can gain nothing by what it starts.
    pub no_new_privileges: bool,
    /// The AppArmor profile or SELinux label, or why it isn't known.
    pub label: Result<String, Unread>,
}

impl Confined {
    /// One property as evidence.
    pub fn evidence(&self, item: &str, value: String) -> Evidence {
        let short = self.id.get(..12).unwrap_or(&self.id);
        Evidence::new(
            format!("{item} of {} (container {short})", self.program),
            value,
            OriginKind::Kernel,
            format!("/proc/{}", self.pid),
        )
    }

    /// The AppArmor profile and its mode, of `name (mode)`; none without a profile.
    pub fn app_armor(&self) -> Option<(&str, &str)> {
        let label = self.label.as_deref().ok()?;
        let (name, mode) = label.rsplit_once(" (")?;
        Some((name, mode.trim_end_matches(')')))
    }
}

/// The containers of pods that run on the node, by their first process. The process of a pod's
/// sandbox, which holds its namespaces and runs nothing, is left out.
///
/// # Errors
///
/// Where something about a process may not be read.
pub fn containers(host: &Host, processes: &Processes) -> Result<Vec<Confined>, Unread> {
    let mut first: BTreeMap<String, (&Process, usize)> = BTreeMap::new();
    for process in processes.all() {
        let groups = host.read(&format!("/proc/{}/cgroup", process.pid))?.unwrap_or_default();
        let Some(id) = container_of_pod(&groups) else { continue };
        first.entry(id).or_insert((process, 0)).1 += 1;
    }
    let mut all = Vec::new();
    for (id, (process, count)) in first {
        if count == 1 && process.words == ["/pause"] {
            continue;
        }
        all.extend(look(host, process, id)?);
    }
    Ok(all)
}

fn look(host: &Host, process: &Process, id: String) -> Result<Option<Confined>, Unread> {
    let Some(status) = process::status(host, process.pid)? else { return Ok(None) };
    let path = format!("/proc/{}/status", process.pid);
    let field = |name: &str| {
        status.get(name).ok_or_else(|| Unread::new(&path, &format!("it has no {name}")))
    };
    let bits =
        u64::from_str_radix(field("CapBnd")?, 16).map_err(|error| Unread::new(&path, &error))?;
    let seccomp = field("Seccomp")?.parse().map_err(|error| Unread::new(&path, &error))?;
    let path = format!("/proc/{}/attr/current", process.pid);
    let label = host.read(&path).and_then(|label| match label {
        Some(label) => Ok(label.trim_end_matches(['\0', '\n']).to_owned()),
        None => Err(Unread::new(path, "it is not there")),
    });
    Ok(Some(Confined {
        pid: process.pid,
        id,
        program: process.name.clone(),
        capabilities: CapabilitySet::from_bits_retain(bits),
        seccomp,
        no_new_privileges: field("NoNewPrivs")? == "1",
        label,
    }))
}

/// Capabilities by name, without `CAP_`; those that are newer than their list by number.
pub fn names(capabilities: CapabilitySet) -> Vec<String> {
    let mut known = capabilities.iter_names();
    let mut names: Vec<String> = known.by_ref().map(|(name, _)| name.to_owned()).collect();
    let rest = known.remaining().bits();
    let numbers = (0..u64::BITS).filter(|bit| rest >> bit & 1 == 1);
    names.extend(numbers.map(|bit| bit.to_string()));
    names
}

/// The capabilities of these names.
pub fn capabilities<'n>(names: impl IntoIterator<Item = &'n str>) -> CapabilitySet {
    names.into_iter().filter_map(CapabilitySet::from_name).collect()
}

#[cfg(test)]
mod tests {
    use seawall_podsecurity::capabilities::{ALL, DEFAULT};

    use super::*;

    #[test]
    fn capabilities_have_the_names_that_pods_use() {
        assert_eq!(capabilities(DEFAULT.iter().copied()).bits(), 0xa804_25fb);
        assert_eq!(capabilities(ALL.iter().copied()).bits(), (1 << ALL.len()) - 1);
        assert_eq!(names(CapabilitySet::from_bits_retain(1 << 13 | 1 << 50)), ["NET_RAW", "50"]);
    }
}
