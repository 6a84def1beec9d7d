//! Which block device a directory is on, and whether that is encrypted.

use crate::context::{Cx, either};
use crate::distribution::File;
use crate::evidence::host::{Host, Unread};
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;

/// Deepest stack of devices, such as LVM upon dm-crypt upon RAID.
const DEPTH: usize = 8;

/// A mount of the node, from /proc/1/mountinfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// `major:minor` of the device.
    pub device: String,
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
    let path = "/proc/1/mountinfo";
    let text =
        host.read(path)?.ok_or_else(|| Unread::new(path, "the node's mounts are not there"))?;
    Ok(text.lines().filter_map(mount).collect())
}

/// `36 35 98:0 /root /mnt rw,noatime shared:1 - ext3 /dev/sda1 rw,errors=continue`, see proc(5).
fn mount(line: &str) -> Option<Mount> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(2);
    let mut right = right.split(' ');
    let device = left.next()?.to_owned();
    let path = left.nth(1)?.replace("\\040", " ");
    let own = left.next()?.to_owned();
    let kind = right.next()?.to_owned();
    let source = right.next()?.to_owned();
    let of_system = right.next().unwrap_or_default();
    let options = own.split(',').chain(of_system.split(',')).map(str::to_owned).collect();
    Some(Mount { device, path, options, kind, source })
}

/// The mount that a path is on.
pub fn mount_of<'a>(mounts: &'a [Mount], path: &str) -> Option<&'a Mount> {
    mounts
        .iter()
        .enumerate()
        .filter(|(_, mount)| {
            let at = mount.path.trim_end_matches('/');
            path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .max_by_key(|(index, mount)| (mount.path.trim_end_matches('/').len(), *index))
        .map(|(_, mount)| mount)
}

/// The dm-crypt device at the bottom of a stack of devices, if there is one.
fn encrypted(host: &Host, device: &str, depth: usize) -> Result<Option<String>, Unread> {
    let base = format!("/sys/dev/block/{device}");
    let uuid = host.read(&format!("{base}/dm/uuid"))?.unwrap_or_default();
    if uuid.starts_with("CRYPT-") {
        return Ok(Some(format!("{base}/dm/uuid")));
    }
    if depth == 0 {
        return Ok(None);
    }
    for slave in host.list(&format!("{base}/slaves"))?.unwrap_or_default() {
        let number = host.read(&format!("/sys/class/block/{slave}/dev"))?.unwrap_or_default();
        if let Some(found) = encrypted(host, number.trim(), depth - 1)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// etcd's data is on an encrypted device. What a hypervisor encrypts can't be seen from inside.
pub fn etcd(cx: &Cx<'_>) -> Outcome {
    either(etcd_data(cx))
}

fn etcd_data(cx: &Cx<'_>) -> Result<Outcome, Outcome> {
    let host = cx.host()?;
    let paths = cx.files(File::EtcdData)?;
    let mounts = mounts(host).map_err(|why| unread(&why))?;
    let each = paths.iter().map(|path| {
        let Some(mount) = mount_of(&mounts, path) else {
            return Outcome::unknown(format!("the mount that {path} is on is not known"));
        };
        let evidence = Evidence::new(
            format!("device of {path}"),
            format!("{} ({})", mount.source, mount.device),
            OriginKind::Kernel,
            "/proc/1/mountinfo",
        );
        match encrypted(host, &mount.device, DEPTH) {
            Err(why) => unread(&why),
            Ok(Some(by)) => Outcome::pass(format!("{path} is on a device of dm-crypt"))
                .with([Evidence::new("dm-crypt", "on".to_owned(), OriginKind::Kernel, by)]),
            Ok(None) => Outcome::manual(format!(
                "{path} is on no device of dm-crypt: does the platform encrypt the disk?"
            )),
        }
        .with([evidence])
    });
    Ok(Outcome::worst(each, "etcd has no data here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_on_its_nearest_mount() {
        let all: Vec<Mount> = [
            "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw",
            "22 21 254:1 / /var/lib/etcd rw,noexec - xfs /dev/vdb rw,attr2",
            "23 21 0:5 / /var/lib/etcd2 rw - tmpfs tmpfs rw",
        ]
        .into_iter()
        .filter_map(mount)
        .collect();
        assert_eq!(mount_of(&all, "/var/lib/etcd/member").expect("a mount").source, "/dev/vdb");
        assert_eq!(mount_of(&all, "/var/lib").expect("a mount").device, "254:0");
        assert!(all[1].options.contains(&"noexec".to_owned()));
    }
}
