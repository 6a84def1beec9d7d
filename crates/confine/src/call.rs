//! A system call as a stopped process shows it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use nix::sys::ptrace;
use nix::unistd::Pid;
use seawall_podsecurity::seccomp::{Arch, name_of};

/// A call that a process is about to make, or made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) pid: Pid,
    pub(crate) arch: Arch,
    pub(crate) number: u32,
    pub(crate) arguments: [u64; 6],
}

/// Most bytes of a path that are read.
const PATH_MOST: usize = 512;

impl Call {
    /// Reads the call of a process that is stopped at one.
    pub(crate) fn of(pid: Pid) -> nix::Result<Call> {
        let registers = ptrace::getregs(pid)?;
        let number = registers.orig_rax as u32;
        let audit = ptrace::syscall_info(pid)?.arch;
        let arch = Arch::of_audit(audit, number).unwrap_or(Arch::X86_64);
        let arguments = if arch == Arch::X86 {
            [
                registers.rbx,
                registers.rcx,
                registers.rdx,
                registers.rsi,
                registers.rdi,
                registers.rbp,
            ]
            .map(|value| value & u64::from(u32::MAX))
        } else {
            [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9]
        };
        Ok(Call { pid, arch, number, arguments })
    }

    /// Its name.
    pub(crate) fn name(&self) -> Option<&'static str> {
        name_of(self.arch, self.number)
    }

    /// Has it fail with an error and not take place. The process must be stopped at it.
    pub(crate) fn fail(&self, errno: u16) -> nix::Result<()> {
        let mut registers = ptrace::getregs(self.pid)?;
        // No call has this number, so the kernel leaves the result as it is.
        registers.orig_rax = u64::MAX;
        registers.rax = (-i64::from(errno)).cast_unsigned();
        ptrace::setregs(self.pid, registers)
    }

    /// The program that the process runs.
    pub(crate) fn program(&self) -> PathBuf {
        std::fs::read_link(format!("/proc/{}/exe", self.pid)).unwrap_or_default()
    }

    /// The path that it names, where it does and the memory can be read: it is shown beside the
    /// call and decides nothing.
    pub(crate) fn path(&self) -> Option<String> {
        let name = self.name()?;
        let (_, index) = PATHS.iter().find(|(calls, _)| calls.contains(&name))?;
        let memory = File::open(format!("/proc/{}/mem", self.pid)).ok()?;
        let mut bytes = [0; PATH_MOST];
        let mut length = 0;
        // A path may end right before memory that is not there.
        while length < PATH_MOST {
            let read = memory
                .read_at(&mut bytes[length..length + 16], self.arguments[*index] + length as u64)
                .ok()
                .filter(|read| *read > 0);
            let Some(read) = read else { break };
            if let Some(end) = bytes[length..length + read].iter().position(|byte| *byte == 0) {
                let text = String::from_utf8_lossy(&bytes[..length + end]).into_owned();
                return Some(text);
            }
            length += read;
        }
        None
    }
}

/// Calls that name a path, and in which argument.
const PATHS: &[(&[&str], usize)] = &[
    (
        &[
            "access",
            "acct",
            "chdir",
            "chmod",
            "chown",
            "chroot",
            "creat",
            "execve",
            "lchown",
            "link",
            "lstat",
            "mkdir",
            "mknod",
            "open",
            "readlink",
            "rename",
            "rmdir",
            "stat",
            "statfs",
            "swapon",
            "swapoff",
            "symlink",
            "truncate",
            "umount2",
            "unlink",
            "utime",
            "utimes",
            "memfd_create",
            "sethostname",
            "pivot_root",
        ],
        0,
    ),
    (
        &[
            "faccessat",
            "faccessat2",
            "fchmodat",
            "fchmodat2",
            "fchownat",
            "linkat",
            "mkdirat",
            "mknodat",
            "newfstatat",
            "openat",
            "openat2",
            "readlinkat",
            "renameat",
            "renameat2",
            "statx",
            "unlinkat",
            "utimensat",
            "execveat",
            "mount",
            "open_tree",
            "name_to_handle_at",
        ],
        1,
    ),
];
