//! Calls that a container rarely needs and an attacker likes.

/// A call that is better left closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Danger {
    /// Its name.
    pub call: &'static str,
    /// What it can be used for.
    pub why: &'static str,
    /// The capability without which the kernel refuses it anyway; empty where none is needed.
    pub capability: &'static str,
}

impl Danger {
    /// The first argument that makes a call dangerous which is harmless with others.
    pub(super) fn argument(self) -> Option<u64> {
        match self.call {
            // CLONE_NEWUSER.
            "clone" | "unshare" => Some(0x1000_0000),
            // ADDR_NO_RANDOMIZE.
            "personality" => Some(0x0004_0000),
            _ => None,
        }
    }
}

macro_rules! dangers {
    ($($call:literal, $capability:literal, $why:literal;)*) => {
        &[$(Danger { call: $call, why: $why, capability: $capability }),*]
    };
}

/// Dangerous calls, those that need no capability first.
pub const DANGEROUS: &[Danger] = dangers! {
    "add_key", "", "the kernel's keyrings are not namespaced: keys of other containers can be reached";
    "keyctl", "", "the kernel's keyrings are not namespaced: keys of other containers can be reached";
    "request_key", "", "the kernel's keyrings are not namespaced, and it can start a helper on the host";
    "io_uring_setup", "", "operations of io_uring pass by seccomp, and it is a frequent source of kernel exploits";
    "io_uring_enter", "", "operations of io_uring pass by seccomp, and it is a frequent source of kernel exploits";
    "io_uring_register", "", "operations of io_uring pass by seccomp, and it is a frequent source of kernel exploits";
    "userfaultfd", "", "it halts the kernel at a page fault of one's choice, which makes its races easy to win";
    "unshare", "", "it makes user namespaces, in which a process has every capability and reaches much more of the kernel";
    "clone", "", "with CLONE_NEWUSER it makes user namespaces, in which a process has every capability";
    "clone3", "", "its flags stand behind a pointer that no filter can look at, so namespaces can't be kept out";
    "ptrace", "", "it reads and changes other processes of the container; before Linux 4.8 it passed by seccomp";
    "process_vm_readv", "", "it reads the memory of other processes of the container";
    "process_vm_writev", "", "it changes the memory of other processes of the container";
    "pidfd_getfd", "", "it takes open files from other processes";
    "perf_event_open", "", "it observes the kernel and other processes, and is a frequent source of kernel exploits";
    "personality", "", "it can turn off the randomisation of addresses and the protection of data from execution";
    "vm86", "", "virtual 8086 mode is old, little tested code";
    "modify_ldt", "", "it changes descriptor tables, old code with a history of exploits";
    "remap_file_pages", "", "old code that is kept for compatibility";
    "kcmp", "", "it tells where kernel objects of other processes are shared";
    "move_pages", "", "it moves and locates the pages of other processes";
    "mbind", "", "it changes where memory lies, a source of kernel exploits";
    "bpf", "CAP_BPF", "it runs programs in the kernel that see and change what all containers do";
    "mount", "CAP_SYS_ADMIN", "it brings the host's file systems into reach";
    "umount2", "CAP_SYS_ADMIN", "it uncovers what mounts of the runtime hide, such as parts of /proc";
    "umount", "CAP_SYS_ADMIN", "it uncovers what mounts of the runtime hide, such as parts of /proc";
    "move_mount", "CAP_SYS_ADMIN", "it brings the host's file systems into reach";
    "open_tree", "CAP_SYS_ADMIN", "it clones mounts without their restrictions";
    "fsopen", "CAP_SYS_ADMIN", "it mounts file systems by another way than mount";
    "fsmount", "CAP_SYS_ADMIN", "it mounts file systems by another way than mount";
    "fsconfig", "CAP_SYS_ADMIN", "it configures file systems to mount; a source of kernel exploits";
    "mount_setattr", "CAP_SYS_ADMIN", "it makes read-only mounts writable";
    "pivot_root", "CAP_SYS_ADMIN", "it exchanges the root file system";
    "setns", "CAP_SYS_ADMIN", "it enters the namespaces of other processes, such as the host's";
    "chroot", "CAP_SYS_CHROOT", "with it a process can leave another chroot";
    "open_by_handle_at", "CAP_DAC_READ_SEARCH", "it opens files of the host by number, past the container's root";
    "init_module", "CAP_SYS_MODULE", "it loads code into the kernel";
    "finit_module", "CAP_SYS_MODULE", "it loads code into the kernel";
    "delete_module", "CAP_SYS_MODULE", "it removes parts of the kernel";
    "create_module", "CAP_SYS_MODULE", "it loads code into the kernel";
    "kexec_load", "CAP_SYS_BOOT", "it replaces the running kernel";
    "kexec_file_load", "CAP_SYS_BOOT", "it replaces the running kernel";
    "reboot", "CAP_SYS_BOOT", "it restarts the node, or its container's init process";
    "swapon", "CAP_SYS_ADMIN", "it changes the node's swap";
    "swapoff", "CAP_SYS_ADMIN", "it changes the node's swap";
    "acct", "CAP_SYS_PACCT", "it writes accounting of all processes to a file of one's choice";
    "settimeofday", "CAP_SYS_TIME", "the clock is that of the whole node";
    "clock_settime", "CAP_SYS_TIME", "the clock is that of the whole node";
    "clock_settime64", "CAP_SYS_TIME", "the clock is that of the whole node";
    "stime", "CAP_SYS_TIME", "the clock is that of the whole node";
    "iopl", "CAP_SYS_RAWIO", "it opens the machine's input and output ports";
    "ioperm", "CAP_SYS_RAWIO", "it opens the machine's input and output ports";
    "syslog", "CAP_SYSLOG", "it reads the kernel's messages, which give its addresses away";
    "quotactl", "CAP_SYS_ADMIN", "it changes the quotas of the node's file systems";
    "lookup_dcookie", "CAP_SYS_ADMIN", "it tells the paths of the host's files";
    "vhangup", "CAP_SYS_TTY_CONFIG", "it cuts off the terminal";
    "nfsservctl", "CAP_SYS_ADMIN", "it controls the kernel's file server";
    "fanotify_init", "CAP_SYS_ADMIN", "it watches and can block all file access of a mount";
};

#[cfg(test)]
mod tests {
    use super::super::syscalls::syscall;
    use super::*;

    #[test]
    fn each_is_a_call_and_stands_once() {
        for (index, danger) in DANGEROUS.iter().enumerate() {
            assert!(syscall(danger.call).is_some(), "{}", danger.call);
            assert!(DANGEROUS[..index].iter().all(|other| other.call != danger.call));
            assert!(danger.capability.is_empty() || danger.capability.starts_with("CAP_"));
        }
    }
}
