//! In which container does a process run, and is it one of the node's own?
//!
//! Anybody may start a pod with a process called `etcd`, so a name alone says nothing. What the
//! kernel tells everybody does: the control group of a process names its pod and container, its
//! status how many namespaces of processes it is in, and its network is process 1's or another. All
//! of it is seen relative to process 1, since a node may be a container itself, as kind's are.

use super::host::{Host, Unread};

/// Where a process runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// In no container.
    Node,
    /// In a pod, by the UID that the kubelet knows it by.
    Pod(String),
    /// In a container of no pod, or something that is nested in one.
    Container(String),
}

/// Whether a process is one of those that make the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Own,
    /// It is not, and why.
    Foreign(String),
    /// It can't be told, and why.
    Unclear(String),
}

impl Home {
    /// Where a process runs, by its control groups and those of process 1 (cgroups(7)):
    /// `/kubepods/burstable/podUID/ID` or `/kubepods.slice/kubepods-podUID.slice/cri-containerd-ID.scope`
    /// (kubernetes `pkg/kubelet/cm/cgroup_manager_linux.go`), `/docker/ID`,
    /// `/machine.slice/libpod-ID.scope`. Who looks from a namespace of control groups sees only the
    /// last parts of it. The outermost container counts.
    pub fn of_groups(groups: &str, first: &str) -> Home {
        let homes = groups.lines().filter_map(|line| {
            let (controllers, path) = split(line)?;
            let first = first.lines().filter_map(split).find(|(known, _)| *known == controllers);
            let around = first.map_or(0, |(_, path)| within(path));
            let names: Vec<&str> = path.split('/').collect();
            let inner = match first {
                Some((_, first))
                    if first.split('/').take(around).eq(names.iter().take(around).copied()) =>
                {
                    &names[around..]
                }
                _ => &names[..],
            };
            (0..inner.len()).find_map(|at| part(inner, at))
        });
        // A process may be put into a container by some controllers alone.
        homes.max_by_key(|home| matches!(home, Home::Pod(_))).unwrap_or(Home::Node)
    }

    /// Whether only the node's administrator can have started it: the kubelet gives static pods the
    /// MD5 of their manifest as UID, where the API server gives a UUID and takes none from users
    /// (kubernetes `pkg/kubelet/config/common.go`, `applyDefaults`).
    fn is_static(uid: &str) -> bool {
        uid.len() == 32 && uid.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// The container's id that a control group ends in, where it is that of a pod.
pub fn container_of_pod(groups: &str) -> Option<String> {
    groups.lines().filter_map(split).find_map(|(_, path)| {
        let names: Vec<&str> = path.split('/').collect();
        let pod = (0..names.len()).find(|at| pod(&names, *at).is_some())?;
        // CRI-O's monitor of a container bears its id, and is outside of it.
        let mut names = names[pod..].iter().filter(|name| !name.starts_with("crio-conmon-"));
        names.find_map(|name| id(name)).map(str::to_owned)
    })
}

/// The controllers and the path of a line such as `4:memory:/user.slice`.
fn split(line: &str) -> Option<(&str, &str)> {
    line.split_once(':')?.1.split_once(':')
}

/// How many of a path's parts name the container that process 1 is in itself.
fn within(first: &str) -> usize {
    let names: Vec<&str> = first.split('/').collect();
    (0..names.len()).rev().find(|at| part(&names, *at).is_some()).map_or(0, |at| at + 1)
}

fn part(names: &[&str], at: usize) -> Option<Home> {
    if let Some(uid) = pod(names, at) {
        return Some(Home::Pod(uid));
    }
    let name = names[at];
    let of_lxc = at > 0 && names[at - 1] == "lxc" && !name.is_empty();
    let is_container = id(name).is_some()
        || of_lxc
        || name.starts_with("lxc.payload")
        || (name.starts_with("machine-") && name.ends_with(".scope"));
    is_container.then(|| Home::Container(name.to_owned()))
}

/// The UID in `podUID` or `kubepods-besteffort-podU_I_D.slice`.
fn pod(names: &[&str], at: usize) -> Option<String> {
    let name = names[at];
    let below = names[..at].iter().any(|name| name.contains("kubepods"));
    // `kubepods-podU_I_D.slice:cri-containerd:ID`, where the engine does not speak with systemd.
    let own = name.split(':').next().unwrap_or(name);
    let uid = match own.strip_suffix(".slice") {
        Some(slice) => slice.rsplit_once("-pod")?.1.replace('_', "-"),
        None => own.strip_prefix("pod")?.to_owned(),
    };
    let is_uuid = uid.len() == 36
        && uid.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    (!uid.is_empty() && (below || name.contains("kubepods") || is_uuid || Home::is_static(&uid)))
        .then_some(uid)
}

/// The 64 hexadecimal digits of `ID`, `docker-ID.scope` or `cri-containerd-ID.scope`.
fn id(name: &str) -> Option<&str> {
    let id = name.trim_end_matches(".scope").rsplit(['-', ':']).next()?;
    (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

/// Where a process runs.
///
/// # Errors
///
/// Where its control groups can't be read.
pub fn home(host: &Host, pid: u32) -> Result<Home, Unread> {
    let groups = |pid: u32| host.read(&format!("/proc/{pid}/cgroup"));
    // Without control groups there are no pods, and what ended is nowhere.
    let Some(own) = groups(pid)? else { return Ok(Home::Node) };
    Ok(match Home::of_groups(&own, &groups(1)?.unwrap_or_default()) {
        Home::Node if is_nested(host, pid)? => {
            Home::Container("a namespace of processes".to_owned())
        }
        home => home,
    })
}

/// Whether a process is in a namespace of processes below the one that /proc shows: `NSpid` of
/// `/proc/PID/status` has its id in each (proc(5)).
fn is_nested(host: &Host, pid: u32) -> Result<bool, Unread> {
    let status = host.read(&format!("/proc/{pid}/status"))?.unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    Ok(ids.is_some_and(|ids| ids.split_whitespace().count() > 1))
}

/// Whether a process, by its name one of those that make a node, is the node's. `is_pod` says
/// whether the component may well be a pod of the API, as kube-proxy is; `statics` are the UIDs that
/// manifests of static pods bear.
pub fn standing(host: &Host, pid: u32, is_pod: bool, statics: &[&str]) -> Standing {
    let home = match home(host, pid) {
        Ok(home) => home,
        Err(why) => return Standing::Unclear(format!("whose pid {pid} is can't be told: {why}")),
    };
    let shared = || host.is_in_network(&pid.to_string());
    match home {
        Home::Node => Standing::Own,
        Home::Pod(uid) if Home::is_static(&uid) || statics.contains(&uid.as_str()) => Standing::Own,
        Home::Pod(uid) => {
            let it = format!("pid {pid} is that of a pod of the API (UID {uid})");
            match shared() {
                Ok(true) if is_pod => Standing::Own,
                Ok(true) => Standing::Unclear(format!(
                    "{it} in the node's network: whether it is the node's own can't be told"
                )),
                Ok(false) => Standing::Foreign(format!("{it} with a network of its own")),
                Err(why) => Standing::Unclear(format!("{it}: {why}")),
            }
        }
        Home::Container(name) => {
            let it = format!("pid {pid} is in a container of no pod ({name})");
            match shared() {
                Ok(true) => Standing::Own,
                Ok(false) => Standing::Unclear(format!(
                    "{it} with a network of its own: if a node runs in it, look at it there"
                )),
                Err(why) => Standing::Unclear(format!("{it}: {why}")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UID: &str = "9d5f2614-e9c8-4961-ba8e-581212adb21b";
    const HASH: &str = "0b1c8ae4d2f3a5968778695a4b3c2d1e";

    fn id() -> String {
        "0123456789abcdef".repeat(4)
    }

    fn of(groups: &str, first: &str) -> Home {
        Home::of_groups(groups, first)
    }

    #[test]
    fn pods_are_known_in_every_spelling() {
        let id = id();
        let pod = Home::Pod(UID.to_owned());
        let slice = UID.replace('-', "_");
        for groups in [
            format!("0::/kubepods/besteffort/pod{UID}/{id}\n"),
            format!(
                "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{slice}.slice/cri-containerd-{id}.scope\n"
            ),
            format!(
                "0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{slice}.slice/crio-{id}.scope\n"
            ),
            // As a pod with a namespace of control groups sees its neighbours.
            format!("0::/../../pod{UID}/{id}\n"),
            format!("0::/kubepods-pod{slice}.slice:cri-containerd:{id}\n"),
            format!("0::/../../kubepods-pod{slice}.slice/cri-containerd-{id}.scope\n"),
            format!("11:cpu:/user.slice\n4:memory:/kubepods/pod{UID}/{id}\n"),
        ] {
            assert_eq!(of(&groups, "0::/init.scope\n11:cpu:/\n4:memory:/\n"), pod, "{groups}");
            assert_eq!(container_of_pod(&groups).as_ref(), Some(&id), "{groups}");
        }
        assert_eq!(of(&format!("0::/kubepods/pod{HASH}/{id}"), ""), Home::Pod(HASH.to_owned()));
        assert!(Home::is_static(HASH) && !Home::is_static(UID));
    }

    #[test]
    fn containers_and_services_are_told_apart() {
        let id = id();
        for groups in [
            format!("0::/system.slice/docker-{id}.scope"),
            format!("9:pids:/docker/{id}"),
            format!("0::/machine.slice/libpod-{id}.scope/container"),
            "0::/lxc.payload.web/init.scope".to_owned(),
            "0::/lxc/web".to_owned(),
        ] {
            assert!(matches!(of(&groups, "0::/init.scope"), Home::Container(_)), "{groups}");
            assert_eq!(container_of_pod(&groups), None, "{groups}");
        }
        for groups in ["0::/", "0::/system.slice/etcd.service", "0::/podruntime/kubelet", "", "x"] {
            assert_eq!(of(groups, "0::/init.scope"), Home::Node, "{groups}");
        }
    }

    proptest! {
        /// Whatever stands around it: a static pod is one, and what is nested in a container is in
        /// that container.
        #[test]
        fn the_outermost_container_counts(
            around in "(/[e-k]{1,8}){0,3}",
            inner in "(/[a-z0-9.-]{1,20}){0,3}",
            odd in "\\PC{0,60}",
        ) {
            let id = id();
            let pod = format!("{around}/kubepods/pod{HASH}/{id}{inner}");
            prop_assert_eq!(of(&format!("0::{pod}"), "0::/"), Home::Pod(HASH.to_owned()));
            let nested = format!("0::/docker/{id}{pod}");
            prop_assert!(matches!(of(&nested, "0::/"), Home::Container(_)));
            prop_assert_eq!(of(&nested, &format!("0::/docker/{id}")), Home::Pod(HASH.to_owned()));
            let odd_before = container_of_pod(&format!("1:x:{odd}\n0::{pod}"));
            prop_assert_eq!(odd_before, Some(id));
            of(&odd, &odd);
        }
    }

    #[test]
    fn what_process_1_is_in_is_the_node() {
        let id = id();
        // kind without a namespace of control groups: the node is a container of Docker.
        let first = format!("0::/docker/{id}/init.scope");
        let of = |rest: &str| of(&format!("0::/docker/{id}/{rest}"), &first);
        assert_eq!(of("system.slice/kubelet.service"), Home::Node);
        assert_eq!(of(&format!("kubelet/kubepods/pod{HASH}/{id}")), Home::Pod(HASH.to_owned()));
        // From the machine, all of it is one container, its static pods too.
        let nested = format!("0::/docker/{id}/kubelet/kubepods/pod{HASH}/{id}");
        assert!(matches!(Home::of_groups(&nested, "0::/init.scope"), Home::Container(_)));
        // A node in a pod, such as a cluster for tests in a cluster.
        let first = format!("0::/kubepods/pod{UID}/{id}");
        let etcd = format!("{first}/kubepods/pod{HASH}/{id}");
        assert_eq!(Home::of_groups(&etcd, &first), Home::Pod(HASH.to_owned()));
        assert_eq!(Home::of_groups(&etcd, "0::/init.scope"), Home::Pod(UID.to_owned()));
    }
}
