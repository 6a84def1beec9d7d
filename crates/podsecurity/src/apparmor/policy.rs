//! The parts of a policy file.

use crate::Place;

/// A file of AppArmor policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// The name of the file, for messages.
    pub name: String,
    /// `abi <abi/3.0>,`
    pub abi: Option<String>,
    /// Includes outside profiles.
    pub includes: Vec<Include>,
    /// Variables that are set here.
    pub variables: Vec<Variable>,
    /// `alias /a -> /b,`
    pub aliases: Vec<(String, String)>,
    /// Profiles, in the order of the file; those within profiles stand in these.
    pub profiles: Vec<Profile>,
    /// Rules outside profiles: a file that is included into profiles.
    pub rules: Vec<Rule>,
}

/// An include.
#[derive(Clone, Debug, PartialEq)]
pub struct Include {
    /// What is included; `<…>` without its brackets is relative to `/etc/apparmor.d`.
    pub path: String,
    /// Whether it stood in angle brackets.
    pub magic: bool,
    /// `if exists`.
    pub optional: bool,
    /// Where.
    pub place: Place,
}

/// `@{NAME} = value …`, or `+=`.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// The name without `@{` and `}`.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
    /// Whether it adds to values set elsewhere.
    pub adds: bool,
}

/// A profile, a child profile or a hat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Its name; that of a profile without one is its attachment.
    pub name: String,
    /// The programs that it confines from their start.
    pub attachment: Option<String>,
    /// Whether it is a hat, which a program changes into itself.
    pub hat: bool,
    /// `flags=(…)`.
    pub flags: Vec<Flag>,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// Child profiles and hats.
    pub children: Vec<Profile>,
    /// Where.
    pub place: Place,
}

impl Profile {
    /// Whether it has a flag.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|known| known.name == flag)
    }

    /// Whether violations are stopped: neither `complain` nor `unconfined` nor `default_allow`.
    pub fn enforces(&self) -> bool {
        !["complain", "unconfined", "default_allow", "prompt"].iter().any(|flag| self.has(flag))
    }
}

/// A flag of a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// Its name, such as `attach_disconnected`; with its value where it has one.
    pub name: String,
    /// Where.
    pub place: Place,
}

/// Flags that the parser knows.
pub(super) const FLAGS: &[&str] = &[
    "enforce",
    "complain",
    "kill",
    "unconfined",
    "default_allow",
    "prompt",
    "audit",
    "hat",
    "debug",
    "attach_disconnected",
    "no_attach_disconnected",
    "mediate_deleted",
    "delegate_deleted",
    "chroot_relative",
    "namespace_relative",
    "chroot_attach",
    "chroot_no_attach",
    "interruptible",
];

/// What stands before a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the keyword of that name")]
pub struct Qualifiers {
    pub audit: bool,
    pub deny: bool,
    pub owner: bool,
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What stands before it.
    pub qualifiers: Qualifiers,
    /// What it is about.
    pub kind: RuleKind,
    /// Where.
    pub place: Place,
}

/// What a rule is about. Conditions that are not taken apart are kept as their words.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each is the rule of that name")]
pub enum RuleKind {
    Include(Include),
    /// Names without `CAP_`, in lower case; none means all.
    Capability(Vec<String>),
    /// Domain, type or protocol, and conditions; none means all.
    Network(Vec<String>),
    File(File),
    /// `link /a -> /b`
    Link(Vec<String>),
    Mount(Vec<String>),
    Remount(Vec<String>),
    Umount(Vec<String>),
    PivotRoot(Vec<String>),
    Ptrace {
        access: Vec<String>,
        peer: Option<String>,
    },
    Signal {
        access: Vec<String>,
        set: Vec<String>,
        peer: Option<String>,
    },
    Dbus(Vec<String>),
    Unix(Vec<String>),
    /// `set rlimit nofile <= 1024`
    Rlimit(Vec<String>),
    /// `change_profile [EXEC] [-> PROFILE]`
    ChangeProfile {
        exec: Option<String>,
        target: Option<String>,
    },
    Userns(Vec<String>),
    IoUring(Vec<String>),
    Mqueue(Vec<String>),
    /// `all,`
    All,
}

/// A file rule.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// The glob; `None` is every file (`file,`).
    pub path: Option<String>,
    /// Permissions as they are written, such as `rwkl`; empty for `file,`.
    pub permissions: String,
    /// The profile that an execution changes to (`-> name`).
    pub target: Option<String>,
}

impl File {
    /// Whether it is about writing, which `a` (append) is, too.
    pub fn writes(&self) -> bool {
        self.permissions.is_empty() || self.permissions.contains(['w', 'a'])
    }

    /// Whether it is about reading.
    pub fn reads(&self) -> bool {
        self.permissions.is_empty() || self.permissions.contains('r')
    }

    /// How it is about executing, such as `ix` or `Ux`; `x` alone occurs in deny rules.
    pub fn executes(&self) -> Option<&str> {
        if self.permissions.is_empty() {
            return Some("ix");
        }
        let end = self.permissions.find('x')? + 1;
        let start = self.permissions[..end - 1]
            .rfind(|c: char| !"iucpCPUx".contains(c))
            .map_or(0, |at| at + 1);
        Some(&self.permissions[start..end])
    }
}

/// Capabilities as AppArmor names them.
pub const CAPABILITIES: &[&str] = &[
    "audit_control",
    "audit_read",
    "audit_write",
    "block_suspend",
    "bpf",
    "checkpoint_restore",
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "ipc_lock",
    "ipc_owner",
    "kill",
    "lease",
    "linux_immutable",
    "mac_admin",
    "mac_override",
    "mknod",
    "net_admin",
    "net_bind_service",
    "net_broadcast",
    "net_raw",
    "perfmon",
    "setfcap",
    "setgid",
    "setpcap",
    "setuid",
    "sys_admin",
    "sys_boot",
    "sys_chroot",
    "sys_module",
    "sys_nice",
    "sys_pacct",
    "sys_ptrace",
    "sys_rawio",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "syslog",
    "wake_alarm",
];
