//! Which block device a directory is on, and whether that is encrypted.

use crate::context::{Cx, either};
use crate::distribution::File;
use crate::evidence::host::{Host, Unread};
use crate::evidence::mounts::{mount_of, mounts};
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;

/// Deepest stack of devices, such as LVM upon dm-crypt upon RAID.
const DEPTH: usize = 8;

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
