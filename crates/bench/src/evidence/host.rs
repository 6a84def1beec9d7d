//! The node's files below a root directory, read within bounds.
//!
//! A benchmark runs on the node itself or in a container with the node's file system mounted, so
//! every path is looked up as the node would: a symbolic link that starts with `/` starts at the
//! root directory, and none leads out of it. Nothing is opened that is no regular file, so a pipe
//! or a device left in a configuration directory blocks nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

/// Largest file that is read, in bytes.
const LARGEST: u64 = 16 << 20;
/// Most entries of a directory that are listed.
const ENTRIES: usize = 100_000;
/// The type of the file system at /proc, `PROC_SUPER_MAGIC`.
const PROC: rustix::fs::FsWord = 0x9fa0;
/// Most symbolic links on the way to a file, as in Linux.
const LINKS: usize = 40;

/// Why something that may be there could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("can't read {path}: {cause}")]
pub struct Unread {
    /// The path on the node.
    pub path: String,
    /// What stands in the way.
    pub cause: String,
}

impl Unread {
    /// Something that could not be read.
    pub fn new(path: impl Into<String>, cause: &(impl ToString + ?Sized)) -> Self {
        Unread { path: path.into(), cause: cause.to_string() }
    }
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the kind of that name")]
pub enum FileKind {
    File,
    Directory,
    Socket,
    Other,
}

/// Owner and mode of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Permission bits with set-user-id, set-group-id and sticky: `0o7777` at most.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// What it is.
    pub kind: FileKind,
    /// Its number in its file system.
    pub inode: u64,
    /// When it or its owner or mode was last changed, in seconds since 1970.
    pub changed: i64,
}

/// A node's file system below a root directory.
#[derive(Clone, Debug)]
pub struct Host {
    root: PathBuf,
}

impl Host {
    /// The node whose `/` is at `root`.
    ///
    /// # Errors
    ///
    /// Where `root` is no directory, or holds neither `etc` nor `proc` and so no node.
    pub fn new(root: impl Into<PathBuf>) -> Result<Self, Unread> {
        let root = root.into();
        let name = root.display().to_string();
        let metadata = fs::metadata(&root).map_err(|error| Unread::new(&name, &error))?;
        if !metadata.is_dir() {
            return Err(Unread::new(name, "it is no directory"));
        }
        if !root.join("etc").is_dir() && !root.join("proc").is_dir() {
            return Err(Unread::new(name, "no node's file system: neither etc nor proc is there"));
        }
        Ok(Host { root })
    }

    /// The directory that is the node's `/`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file system that a process sees, which may be a container's. The kernel itself follows
    /// the link there: its text is `/`, whatever it leads to.
    ///
    /// # Errors
    ///
    /// Where it may not be followed.
    pub fn of_process(&self, pid: u32) -> Result<Host, Unread> {
        let root = self.root.join(format!("proc/{pid}/root"));
        match fs::metadata(&root) {
            Ok(_) => Ok(Host { root }),
            Err(error) => Err(Unread::new(format!("/proc/{pid}/root"), &error)),
        }
    }

    /// The file system below a directory of this one, out of which no link leads.
    ///
    /// # Errors
    ///
    /// Where there is no such directory.
    pub fn below(&self, directory: &str) -> Result<Host, Unread> {
        match self.resolve(directory)? {
            Some(root) => Ok(Host { root }),
            None => Err(Unread::new(directory, "there is no such directory")),
        }
    }

    /// The text of a file; none where there is none.
    ///
    /// # Errors
    ///
    /// Where something is there that can't be read: no permission, no regular file, too large, not
    /// UTF-8.
    pub fn read(&self, path: &str) -> Result<Option<String>, Unread> {
        let Some(bytes) = self.read_bytes(path)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Unread::new(path, &format!("it is not UTF-8 at byte {at}"))
        })
    }

    /// The bytes of a file; none where there is none.
    ///
    /// # Errors
    ///
    /// As [`Host::read`].
    pub fn read_bytes(&self, path: &str) -> Result<Option<Vec<u8>>, Unread> {
        let Some((file, length)) = self.opened(path)? else { return Ok(None) };
        let unread = |cause: &dyn ToString| Unread::new(path, cause);
        let mut bytes = Vec::with_capacity(length.min(LARGEST) as usize);
        match file.take(LARGEST + 1).read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 > LARGEST => {
                Err(unread(&format!("it is larger than {} MiB", LARGEST >> 20)))
            }
            Ok(_) => Ok(Some(bytes)),
            // A process that ended while its files in /proc were read.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => {
                Ok(None)
            }
            Err(error) => Err(unread(&error)),
        }
    }

    /// Opens a file, for what is too large to be read whole; none where there is none.
    ///
    /// # Errors
    ///
    /// Where something is there that can't be opened: no permission, no regular file.
    pub fn open(&self, path: &str) -> Result<Option<File>, Unread> {
        Ok(self.opened(path)?.map(|(file, _)| file))
    }

    /// A file with its length.
    fn opened(&self, path: &str) -> Result<Option<(File, u64)>, Unread> {
        let Some(found) = self.resolve(path)? else { return Ok(None) };
        let unread = |cause: &dyn ToString| Unread::new(path, cause);
        // The last component is no link any more; what becomes one meanwhile is not followed.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let open = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(&found);
        let file = match open {
            Ok(file) => file,
            Err(error) if absent(&error) => return Ok(None),
            Err(error) => return Err(unread(&error)),
        };
        let metadata = file.metadata().map_err(|error| unread(&error))?;
        if !metadata.is_file() {
            return Err(unread(&"it is no regular file"));
        }
        Ok(Some((file, metadata.len())))
    }

    /// Owner and mode of what a path leads to; none where there is nothing.
    ///
    /// # Errors
    ///
    /// Where the way there can't be searched.
    pub fn metadata(&self, path: &str) -> Result<Option<Metadata>, Unread> {
        let Some(found) = self.resolve(path)? else { return Ok(None) };
        match fs::symlink_metadata(&found) {
            Ok(metadata) => Ok(Some(Metadata::of(&metadata))),
            Err(error) if absent(&error) => Ok(None),
            Err(error) => Err(Unread::new(path, &error)),
        }
    }

    /// The names in a directory, sorted; none where there is no directory.
    ///
    /// # Errors
    ///
    /// Where it can't be listed, or holds more than 100,000 names, or one that is not UTF-8: what it
    /// names would stay unread.
    pub fn list(&self, path: &str) -> Result<Option<Vec<String>>, Unread> {
        let Some(found) = self.resolve(path)? else { return Ok(None) };
        let entries = match fs::read_dir(&found) {
            Ok(entries) => entries,
            Err(error) if absent(&error) => return Ok(None),
            Err(error) => return Err(Unread::new(path, &error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| Unread::new(path, &error))?;
            if names.len() == ENTRIES {
                return Err(Unread::new(path, &format!("it holds more than {ENTRIES} files")));
            }
            let name = entry.file_name().into_string().map_err(|name| {
                Unread::new(path, &format!("it holds a name that is not UTF-8: {name:?}"))
            })?;
            names.push(name);
        }
        names.sort_unstable();
        Ok(Some(names))
    }

    /// What a symbolic link holds, unresolved; none where there is no link.
    ///
    /// # Errors
    ///
    /// Where the link can't be read.
    pub fn link(&self, path: &str) -> Result<Option<String>, Unread> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("/", path));
        let Some(parent) = self.resolve(parent)? else { return Ok(None) };
        match fs::read_link(parent.join(name)) {
            Ok(target) => Ok(Some(target.to_string_lossy().into_owned())),
            // No link.
            Err(error) if absent(&error) || error.kind() == ErrorKind::InvalidInput => Ok(None),
            Err(error) => Err(Unread::new(path, &error)),
        }
    }

    /// Whether this process is in the node's network, as far as can be told. Where /proc is no
    /// running kernel's, what is read there is nobody's but the node's.
    pub fn shares_network(&self) -> bool {
        match self.is_in_network("self") {
            Ok(same) => same,
            Err(_) => match self.metadata("/proc/1/net/dev") {
                Ok(None) => true,
                Ok(Some(_)) => false,
                Err(_) => self.root == Path::new("/"),
            },
        }
    }

    /// Whether a process is in the network of the node's first process. Each network has its own
    /// files in /proc, by which they are told apart; the links below /proc/PID/ns are read by
    /// debuggers alone.
    ///
    /// # Errors
    ///
    /// Where the network of one of them is not shown.
    pub fn is_in_network(&self, process: &str) -> Result<bool, Unread> {
        let inode = |process: &str| {
            let path = format!("/proc/{process}/net/dev");
            let found = self.metadata(&path)?;
            found.map(|found| found.inode).ok_or_else(|| Unread::new(path, "it is not there"))
        };
        Ok(inode(process)? == inode("1")?)
    }

    /// Whether a directory that every node has is below the root.
    pub fn shows(&self, name: &str) -> bool {
        self.root == Path::new("/") || self.root.join(name).exists()
    }

    /// Whether what the kernel tells this process of its network is true of the node: none where the
    /// root is a copy, or that of a machine that is not this one.
    ///
    /// # Errors
    ///
    /// Where the network of one of them is not shown.
    pub fn is_network_of_node(&self) -> Result<Option<bool>, Unread> {
        let proc = self.root.join("proc");
        let is_kernel_s = rustix::fs::statfs(&proc).is_ok_and(|found| found.f_type == PROC);
        if !is_kernel_s {
            return Ok(None);
        }
        let own = fs::metadata("/proc/self/net/dev")
            .map_err(|error| Unread::new("/proc/self/net/dev", &error))?;
        let node = self.metadata("/proc/1/net/dev")?;
        let node = node.ok_or_else(|| Unread::new("/proc/1/net/dev", "it is not there"))?;
        Ok(Some(own.ino() == node.inode))
    }

    /// Where a path of the node leads to below the root, links followed; none where there is
    /// nothing.
    fn resolve(&self, path: &str) -> Result<Option<PathBuf>, Unread> {
        if self.root == Path::new("/") {
            return match fs::canonicalize(Path::new("/").join(path)) {
                Ok(found) => Ok(Some(found)),
                Err(error) if absent(&error) => Ok(None),
                Err(error) => Err(Unread::new(path, &error)),
            };
        }
        let mut rest: Vec<String> = components(Path::new(path));
        let mut below: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(name) = rest.pop() {
            if name == ".." {
                below.pop();
                continue;
            }
            below.push(name);
            let here = self.at(&below);
            let metadata = match fs::symlink_metadata(&here) {
                Ok(metadata) => metadata,
                Err(error) if absent(&error) => {
                    return if below.len() == 1 && self.unmounted(&below[0]) {
                        Err(Unread::new(path, "the node's directory is not below the root"))
                    } else {
                        Ok(None)
                    };
                }
                Err(error) => return Err(Unread::new(path, &error)),
            };
            if metadata.file_type().is_symlink() {
                links += 1;
                if links > LINKS {
                    return Err(Unread::new(path, "too many symbolic links"));
                }
                let target = fs::read_link(&here).map_err(|error| Unread::new(path, &error))?;
                below.pop();
                if target.is_absolute() {
                    below.clear();
                }
                rest.extend(components(&target));
            }
        }
        Ok(Some(self.at(&below)))
    }

    fn at(&self, below: &[String]) -> PathBuf {
        let mut path = self.root.clone();
        path.extend(below);
        path
    }

    /// Whether a directory that every node has is missing: then it was not mounted, which says
    /// nothing about what is in it.
    fn unmounted(&self, name: &str) -> bool {
        matches!(name, "etc" | "var" | "proc" | "usr" | "run" | "sys" | "dev")
    }
}

/// The names on a path, last first, `..` among them.
fn components(path: &Path) -> Vec<String> {
    path.components()
        .rev()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            Component::ParentDir => Some("..".to_owned()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

impl Metadata {
    fn of(metadata: &fs::Metadata) -> Self {
        let kind = metadata.file_type();
        Metadata {
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            gid: metadata.gid(),
            inode: metadata.ino(),
            changed: metadata.ctime(),
            kind: if kind.is_file() {
                FileKind::File
            } else if kind.is_dir() {
                FileKind::Directory
            } else if kind.is_socket() {
                FileKind::Socket
            } else {
                FileKind::Other
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn host() -> (tempfile::TempDir, Host) {
        let root = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir_all(root.path().join("etc/kubernetes")).expect("a directory");
        let host = Host::new(root.path()).expect("a host");
        (root, host)
    }

    #[test]
    fn absolute_links_stay_below_the_root() {
        let (root, host) = host();
        fs::write(root.path().join("etc/real"), "inside").expect("a file");
        symlink("/etc/real", root.path().join("etc/kubernetes/link")).expect("a link");
        symlink("../../../../etc/real", root.path().join("etc/kubernetes/up")).expect("a link");
        assert_eq!(host.read("/etc/kubernetes/link").expect("read").as_deref(), Some("inside"));
        assert_eq!(host.read("/etc/kubernetes/up").expect("read").as_deref(), Some("inside"));
    }

    #[test]
    fn a_loop_of_links_is_unread_and_a_dangling_one_absent() {
        let (root, host) = host();
        symlink("b", root.path().join("etc/a")).expect("a link");
        symlink("a", root.path().join("etc/b")).expect("a link");
        symlink("/etc/none", root.path().join("etc/c")).expect("a link");
        assert!(host.read("/etc/a").expect_err("a loop").cause.contains("symbolic links"));
        assert_eq!(host.read("/etc/c"), Ok(None));
    }

    #[test]
    fn pipes_and_huge_files_are_unread() {
        let (root, host) = host();
        let pipe = root.path().join("etc/pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).expect("a pipe");
        assert!(host.read("/etc/pipe").expect_err("a pipe").cause.contains("regular"));
        let huge = File::create(root.path().join("etc/huge")).expect("a file");
        huge.set_len(LARGEST + 1).expect("a sparse file");
        assert!(host.read("/etc/huge").expect_err("too large").cause.contains("larger"));
    }

    #[test]
    fn what_is_not_mounted_is_not_absent() {
        let (_root, host) = host();
        assert_eq!(host.read("/etc/none"), Ok(None));
        assert!(host.read("/var/lib/kubelet/config.yaml").is_err());
        assert_eq!(host.list("/opt/cni/bin"), Ok(None));
    }

    #[test]
    fn a_root_without_a_node_is_refused() {
        let empty = tempfile::tempdir().expect("a temporary directory");
        assert!(Host::new(empty.path()).is_err());
    }
}
