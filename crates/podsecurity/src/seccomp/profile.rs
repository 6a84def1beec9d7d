//! What a profile's file says, before anybody acts on it.

use super::arch::Arch;
use crate::Place;

/// A seccomp profile: the OCI runtime specification's `linux.seccomp` with what Docker and CRI-O
/// add to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// The name of its file, for messages.
    pub name: String,
    /// `defaultAction`. A profile that has neither this nor rules turns seccomp *off* in runc.
    pub default_action: Option<Action>,
    /// `defaultErrnoRet`, or CRI-O's `defaultErrno`.
    pub default_errno: Option<u32>,
    /// `architectures`.
    pub architectures: Vec<(Arch, Place)>,
    /// `archMap`.
    pub arch_map: Vec<Architecture>,
    /// `syscalls`.
    pub rules: Vec<Rule>,
    /// `flags`, as they are written.
    pub flags: Vec<(String, Place)>,
    /// `listenerPath`.
    pub listener_path: Option<String>,
    /// `listenerMetadata`.
    pub listener_metadata: Option<String>,
    /// What was read over, for the linter.
    pub notes: Vec<Note>,
}

/// An entry of `archMap`: on nodes of one architecture, programs of others are covered too.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// `architecture`.
    pub arch: Arch,
    /// `subArchitectures`.
    pub sub: Vec<Arch>,
    /// Where it stands.
    pub place: Place,
}

/// An entry of `syscalls`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// `names`, as they are written, each with its place.
    pub names: Vec<(String, Place)>,
    /// The single `name` of older profiles.
    pub name: Option<(String, Place)>,
    /// `action`.
    pub action: Action,
    /// `errnoRet`, or CRI-O's `errno`.
    pub errno: Option<u32>,
    /// `args`.
    pub args: Vec<Condition>,
    /// `includes`: the rule counts only where all of this holds.
    pub includes: Conditions,
    /// `excludes`: the rule counts only where none of this holds.
    pub excludes: Conditions,
    /// `comment`.
    pub comment: Option<String>,
    /// Where it stands.
    pub place: Place,
}

impl Rule {
    /// All calls that it names, whichever way.
    pub fn calls(&self) -> impl Iterator<Item = &(String, Place)> {
        self.name.iter().chain(&self.names)
    }
}

/// `includes` or `excludes`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    /// `caps`: capabilities in the bounding set, `CAP_…`.
    pub caps: Vec<String>,
    /// `arches`: short names, such as `amd64`.
    pub arches: Vec<String>,
    /// `minKernel`: version and patch level, `(4, 8)`.
    pub min_kernel: Option<(u32, u32)>,
}

impl Conditions {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.caps.is_empty() && self.arches.is_empty() && self.min_kernel.is_none()
    }
}

/// An entry of `args`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Which argument, from 0 to 5; a number above is refused by the runtime.
    pub index: u32,
    /// What it is compared with; for `SCMP_CMP_MASKED_EQ` the mask.
    pub value: u64,
    /// For `SCMP_CMP_MASKED_EQ` what the masked argument must be.
    pub value_two: u64,
    /// How.
    pub op: Operator,
    /// Where it stands.
    pub place: Place,
}

impl Condition {
    /// Whether a call's argument fulfils it. libseccomp masks the expected value too, so bits of
    /// `valueTwo` outside the mask do not count.
    pub fn holds(&self, argument: u64, arch: Arch) -> bool {
        let width = if arch.is_32_bit() { u64::from(u32::MAX) } else { u64::MAX };
        let (argument, value) = (argument & width, self.value & width);
        match self.op {
            Operator::Ne => argument != value,
            Operator::Lt => argument < value,
            Operator::Le => argument <= value,
            Operator::Eq => argument == value,
            Operator::Ge => argument >= value,
            Operator::Gt => argument > value,
            Operator::MaskedEq => argument & value == self.value_two & value,
        }
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Condition { index, value, value_two, op, .. } = self;
        match op {
            Operator::MaskedEq => {
                write!(f, "arg{index} & {value:#x} == {:#x}", value_two & value)
            }
            _ if *value < 1024 => write!(f, "arg{index} {} {value}", op.sign()),
            _ => write!(f, "arg{index} {} {value:#x}", op.sign()),
        }
    }
}

/// `SCMP_CMP_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the operator of that name")]
pub enum Operator {
    Ne,
    Lt,
    Le,
    Eq,
    Ge,
    Gt,
    MaskedEq,
}

impl Operator {
    /// Each operator, its name in profiles and its sign.
    const NAMES: &[(Operator, &'static str, &'static str)] = &[
        (Operator::Ne, "SCMP_CMP_NE", "!="),
        (Operator::Lt, "SCMP_CMP_LT", "<"),
        (Operator::Le, "SCMP_CMP_LE", "<="),
        (Operator::Eq, "SCMP_CMP_EQ", "=="),
        (Operator::Ge, "SCMP_CMP_GE", ">="),
        (Operator::Gt, "SCMP_CMP_GT", ">"),
        (Operator::MaskedEq, "SCMP_CMP_MASKED_EQ", "&"),
    ];

    /// The operator that a profile names.
    pub fn from_scmp(name: &str) -> Option<Operator> {
        Self::NAMES.iter().find(|(_, scmp, _)| *scmp == name).map(|(op, ..)| *op)
    }

    /// The name in profiles.
    pub fn scmp(self) -> &'static str {
        Self::NAMES.iter().find(|(op, ..)| *op == self).map_or("", |(_, scmp, _)| scmp)
    }

    fn sign(self) -> &'static str {
        Self::NAMES.iter().find(|(op, ..)| *op == self).map_or("", |(.., sign)| sign)
    }
}

/// `SCMP_ACT_*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the action of that name")]
pub enum Action {
    /// `SCMP_ACT_KILL`, the older name of [`Action::KillThread`].
    Kill,
    KillThread,
    KillProcess,
    Trap,
    #[default]
    Errno,
    Trace,
    Allow,
    Log,
    Notify,
}

impl Action {
    const NAMES: &[(Action, &'static str)] = &[
        (Action::Kill, "SCMP_ACT_KILL"),
        (Action::KillThread, "SCMP_ACT_KILL_THREAD"),
        (Action::KillProcess, "SCMP_ACT_KILL_PROCESS"),
        (Action::Trap, "SCMP_ACT_TRAP"),
        (Action::Errno, "SCMP_ACT_ERRNO"),
        (Action::Trace, "SCMP_ACT_TRACE"),
        (Action::Allow, "SCMP_ACT_ALLOW"),
        (Action::Log, "SCMP_ACT_LOG"),
        (Action::Notify, "SCMP_ACT_NOTIFY"),
    ];

    /// The action that a profile names.
    pub fn from_scmp(name: &str) -> Option<Action> {
        Self::NAMES.iter().find(|(_, scmp)| *scmp == name).map(|(action, _)| *action)
    }

    /// The name in profiles.
    pub fn scmp(self) -> &'static str {
        Self::NAMES.iter().find(|(action, _)| *action == self).map_or("", |(_, scmp)| scmp)
    }
}

/// Something that a runtime reads over.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// What, as the linter says it.
    pub kind: NoteKind,
    /// The field or key.
    pub text: String,
    /// Where.
    pub place: Place,
}

/// What a [`Note`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// No runtime knows the field.
    UnknownField,
    /// The key stands twice; the last one counts.
    DuplicateKey,
    /// The field is known to CRI-O only (`errno`, `defaultErrno`).
    CriO,
}
