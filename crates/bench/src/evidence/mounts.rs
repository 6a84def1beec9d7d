//! Mounts, from `/proc/PID/mountinfo`, which everybody may read.
//!
//! They also say where on the node a file of a container is: what is mounted there is mounted on the
//! node too, from the same device, or is a part of what is.

use super::host::{Host, Unread};

/// A mount of the node, or of a process that sees others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// `major:minor` of the device.
    pub device: String,
    /// What of the device's file system is mounted: `/` for all of it.
    pub root: String,
    /// Where it is.
    pub path: String,
    /// Its options, of the mount and of the file system.
    pub options: Vec<String>,
    /// The type of the file system.
    pub kind: String,
    /// What is mounted.
    pub source: String,
}

/// The node's mounts; of several at one place the last one is seen.
///
/// # Errors
///
/// Where they can't be read.
pub fn mounts(host: &Host) -> Result<Vec<Mount>, Unread> {
    of_process(host, 1)
}

/// The mounts that a process sees.
///
/// # Errors
///
/// Where they can't be read.
pub fn of_process(host: &Host, pid: u32) -> Result<Vec<Mount>, Unread> {
    let path = format!("/proc/{pid}/mountinfo");
    let text =
        host.read(&path)?.ok_or_else(|| Unread::new(&path, "the node's mounts are not there"))?;
    Ok(text.lines().filter_map(mount).collect())
}

/// `36 35 98:0 /root /mnt rw,noatime shared:1 - ext3 /dev/sda1 rw,errors=continue`, see proc(5).
fn mount(line: &str) -> Option<Mount> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(2);
    let mut right = right.split(' ');
    let device = left.next()?.to_owned();
    let root = left.next()?.replace("\\040", " ");
    let path = left.next()?.replace("\\040", " ");
    let own = left.next()?.to_owned();
    let kind = right.next()?.to_owned();
    let source = right.next()?.to_owned();
    let of_system = right.next().unwrap_or_default();
    let options = own.split(',').chain(of_system.split(',')).map(str::to_owned).collect();
    Some(Mount { device, root, path, options, kind, source })
}

/// The mount that a path is on.
pub fn mount_of<'a>(mounts: &'a [Mount], path: &str) -> Option<&'a Mount> {
    mounts
        .iter()
        .enumerate()
        .filter(|(_, mount)| below(path, &mount.path).is_some())
        .max_by_key(|(index, mount)| (mount.path.trim_end_matches('/').len(), *index))
        .map(|(_, mount)| mount)
}

/// The rest of a path below a directory.
fn below<'a>(path: &'a str, directory: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(directory.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// Where on the node a path of a process is: the node's directory for what is mounted there, and
/// the rest of the path below it.
///
/// # Errors
///
/// Where mounts can't be read, or the node does not have what is mounted there.
pub fn on_node(host: &Host, pid: u32, path: &str) -> Result<(String, String), Unread> {
    let own = of_process(host, pid)?;
    let nowhere = || Unread::new(path, &format!("pid {pid} sees it where the node does not"));
    let mount = mount_of(&own, path).ok_or_else(nowhere)?;
    let rest = below(path, &mount.path).ok_or_else(nowhere)?;
    mounts(host)?
        .iter()
        .filter(|node| node.device == mount.device)
        .filter_map(|node| Some((node.root.len(), node, below(&mount.root, &node.root)?)))
        .max_by_key(|(length, ..)| *length)
        .map(|(_, node, inner)| {
            let directory = format!("{}{inner}", node.path.trim_end_matches('/'));
            (directory.trim_end_matches('/').to_owned(), rest.to_owned())
        })
        .ok_or_else(nowhere)
}

/// Whether a process has another root directory than the node's first process; none where their
/// mounts don't tell.
///
/// # Errors
///
/// Where they can't be read.
pub fn has_own_root(host: &Host, pid: u32) -> Result<Option<bool>, Unread> {
    if host.metadata(&format!("/proc/{pid}/mountinfo"))?.is_none() {
        return Ok(None);
    }
    let (own, node) = (of_process(host, pid)?, mounts(host)?);
    let root = |mounts: &[Mount]| {
        mount_of(mounts, "/").map(|mount| (mount.device.clone(), mount.root.clone()))
    };
    Ok(root(&own).zip(root(&node)).map(|(own, node)| own != node))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_on_the_deepest_and_latest_mount() {
        let all: Vec<Mount> = [
            "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw",
            "22 21 254:1 / /var/lib/etcd rw,noexec - xfs /dev/vdb rw,attr2",
            "23 21 0:22 / /var\\040x rw - tmpfs tmpfs rw",
        ]
        .into_iter()
        .filter_map(mount)
        .collect();
        assert_eq!(all.len(), 3);
        assert_eq!(mount_of(&all, "/var/lib/etcd/member").expect("a mount").source, "/dev/vdb");
        assert_eq!(mount_of(&all, "/var/lib/etcdx").expect("a mount").path, "/");
        assert!(all[1].options.iter().any(|option| option == "noexec"));
        assert_eq!(all[2].path, "/var x");
    }

    #[test]
    fn a_volume_of_a_pod_is_a_directory_of_the_node() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let write = |pid: u32, text: &str| {
            let directory = folder.path().join(format!("proc/{pid}"));
            std::fs::create_dir_all(&directory).expect("a directory");
            std::fs::write(directory.join("mountinfo"), text).expect("a file");
        };
        write(
            1,
            "21 1 254:0 / / rw - ext4 /dev/a rw\n30 21 0:50 / /run/k/rootfs rw - overlay o rw\n\
             31 21 0:60 / /var/lib/kubelet/pods/u/volumes/s rw - tmpfs t rw\n",
        );
        write(
            7,
            "40 39 0:50 / / rw - overlay o rw\n\
             41 40 254:0 /var/lib/kubelet/pods/u/volumes/c /etc/c ro - ext4 /dev/a rw\n\
             42 40 0:60 / /etc/s ro - tmpfs t rw\n43 40 0:77 / /proc rw - proc p rw\n",
        );
        let host = Host::new(folder.path()).expect("a host");
        let node = |path: &str| on_node(&host, 7, path).map(|(a, b)| format!("{a} {b}"));
        let volumes = "/var/lib/kubelet/pods/u/volumes";
        assert_eq!(node("/etc/c/a.conf"), Ok(format!("{volumes}/c /a.conf")));
        assert_eq!(node("/etc/s/key"), Ok(format!("{volumes}/s /key")));
        assert_eq!(node("/bin/x"), Ok("/run/k/rootfs /bin/x".to_owned()));
        assert!(node("/proc/x").is_err());
        assert_eq!(has_own_root(&host, 7), Ok(Some(true)));
        assert_eq!(has_own_root(&host, 1), Ok(Some(false)));
        assert_eq!(has_own_root(&host, 9), Ok(None));
    }
}
