//! What confines each running container in fact.
//!
//! The kernel says what a process may do: `/proc/PID/status` has its capabilities, its seccomp mode
//! and no-new-privileges, `/proc/PID/attr/current` its AppArmor profile or SELinux label. Its control
//! group says which container it belongs to.

use std::collections::BTreeMap;

use rustix::thread::CapabilitySet;

use super::container::container_of_pod;
use super::document;
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

/// A container as the kernel confines it.
#[derive(Clone, Debug)]
pub struct Confined {
    /// Its first process.
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

/// The containers of pods that run on the node, each as its least confined process: one that
/// confines itself further says nothing of the others. The process of a pod's sandbox, which holds
/// its namespaces and runs nothing, is left out.
///
/// # Errors
///
/// Where something about a process may not be read.
pub fn containers(host: &Host, processes: &Processes) -> Result<Vec<Confined>, Unread> {
    let mut members: BTreeMap<String, Vec<&Process>> = BTreeMap::new();
    for process in processes.all() {
        let groups = host.read(&format!("/proc/{}/cgroup", process.pid))?.unwrap_or_default();
        let Some(id) = container_of_pod(&groups) else { continue };
        members.entry(id).or_default().push(process);
    }
    let mut all = Vec::new();
    for (id, members) in members {
        if let [only] = members[..]
            && is_sandbox(host, &id, only)?
        {
            continue;
        }
        let mut least: Option<Confined> = None;
        for process in members {
            let Some(one) = look(host, process, &id)? else { continue };
            match &mut least {
                None => least = Some(one),
                Some(least) => {
                    least.capabilities |= one.capabilities;
                    least.seccomp = least.seccomp.min(one.seccomp);
                    least.no_new_privileges &= one.no_new_privileges;
                }
            }
        }
        all.extend(least);
    }
    Ok(all)
}

/// Where engines keep what they started a container with, around its id, and the annotation in it
/// that says `sandbox` of a sandbox.
const STARTED: &[(&str, &str, &str)] = &[
    (
        "/run/containerd/io.containerd.runtime.v2.task/k8s.io/",
        "/config.json",
        "io.kubernetes.cri.container-type",
    ),
    (
        "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/",
        "/config.json",
        "io.kubernetes.cri.container-type",
    ),
    (
        "/run/containers/storage/overlay-containers/",
        "/userdata/config.json",
        "io.kubernetes.cri-o.ContainerType",
    ),
];
/// The programs of sandboxes: of Kubernetes, and of OpenShift.
const SANDBOXES: &[&str] = &["/pause", "/usr/bin/pod"];

/// Whether a container is a pod's sandbox: by what the engine wrote down, which nothing in a
/// container can change, else by the program that runs, whatever it calls itself.
fn is_sandbox(host: &Host, id: &str, process: &Process) -> Result<bool, Unread> {
    for (before, after, annotation) in STARTED {
        let path = format!("{before}{id}{after}");
        let document = match document::of_file(host, &path) {
            Ok(document) => document,
            // A directory of the node that is not mounted; the program says it, too.
            Err(_) if !host.shows("run") => None,
            Err(why) => return Err(why),
        };
        let kind = document.as_ref().and_then(|document| {
            document.root().at_path(&["annotations", annotation]).map(document::text)
        });
        if let Some(kind) = kind {
            return Ok(kind == "sandbox");
        }
    }
    let is_one = |program: &str| SANDBOXES.contains(&program);
    Ok(match host.link(&format!("/proc/{}/exe", process.pid)) {
        Ok(Some(program)) => is_one(&program),
        // Debuggers alone may follow it.
        Ok(None) | Err(_) => matches!(&process.words[..], [word] if is_one(word)),
    })
}

fn look(host: &Host, process: &Process, id: &str) -> Result<Option<Confined>, Unread> {
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
        id: id.to_owned(),
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
