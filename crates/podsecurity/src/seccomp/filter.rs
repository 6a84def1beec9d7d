//! What a profile does on one node, in one runtime, for one container.
//!
//! The rules are those of runc's `libcontainer/seccomp` and of libseccomp beneath it:
//!
//! - A rule whose action is the default action is left out.
//! - A rule without conditions decides for its call, whatever stands before or behind it; of two
//!   such rules the first.
//! - Conditions of one rule must all hold, unless two of them look at the same argument: then each
//!   becomes a rule of its own, so that one of them is enough.
//! - Calls of an architecture that is not listed kill the thread.
//! - Calls that are newer than every call of the profile give ENOSYS, so that programs fall back to
//!   older ones (runc's `patchbpf`); that needs `architectures`.

use std::collections::BTreeMap;

use super::arch::Arch;
use super::errno;
use super::profile::{Action, Condition, Conditions, Operator, Profile, Rule};
use super::syscalls::syscall;
use crate::Place;

/// Who reads the profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Runtime {
    /// containerd's CRI plugin: the OCI runtime specification's fields and no others.
    #[default]
    Containerd,
    /// CRI-O and Podman: `includes` and `excludes` without `minKernel`, `archMap`, `name`, `errno`.
    CriO,
    /// Docker and cri-dockerd: `includes` and `excludes`, `archMap`, `name`.
    Docker,
}

/// A runtime that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no runtime that is known: containerd, cri-o, docker")]
pub struct UnknownRuntime(String);

impl std::str::FromStr for Runtime {
    type Err = UnknownRuntime;

    fn from_str(text: &str) -> Result<Self, UnknownRuntime> {
        match text {
            "containerd" => Ok(Runtime::Containerd),
            "cri-o" | "crio" | "podman" => Ok(Runtime::CriO),
            "docker" | "cri-dockerd" => Ok(Runtime::Docker),
            other => Err(UnknownRuntime(other.to_owned())),
        }
    }
}

impl std::fmt::Display for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Runtime::Containerd => "containerd",
            Runtime::CriO => "CRI-O",
            Runtime::Docker => "Docker",
        })
    }
}

/// Where a profile takes effect.
#[derive(Clone, Debug)]
pub struct Target {
    /// Who reads it.
    pub runtime: Runtime,
    /// The node's architecture.
    pub arch: Arch,
    /// The node's kernel; without one, newer than any that a profile asks for.
    pub kernel: Option<(u32, u32)>,
    /// The container's bounding set, as `CAP_…`.
    pub capabilities: Vec<String>,
}

impl Default for Target {
    /// containerd on x86-64 with a new kernel and no capabilities.
    fn default() -> Self {
        Target {
            runtime: Runtime::default(),
            arch: Arch::X86_64,
            kernel: None,
            capabilities: Vec::new(),
        }
    }
}

impl Target {
    /// Whether a rule counts here.
    pub fn takes(&self, rule: &Rule) -> bool {
        if self.runtime == Runtime::Containerd {
            return true;
        }
        let has_cap = |cap: &String| self.capabilities.contains(cap);
        let new_enough = |wanted: (u32, u32)| self.kernel.is_none_or(|kernel| kernel >= wanted);
        let here = |arches: &[String]| arches.iter().any(|arch| arch == self.arch.short());
        let kernel_counts = self.runtime == Runtime::Docker;
        let Conditions { caps, arches, min_kernel } = &rule.excludes;
        let excluded = here(arches)
            || caps.iter().any(has_cap)
            || min_kernel.is_some_and(|wanted| kernel_counts && new_enough(wanted));
        let Conditions { caps, arches, min_kernel } = &rule.includes;
        let included = (arches.is_empty() || here(arches))
            && caps.iter().all(has_cap)
            && min_kernel.is_none_or(|wanted| !kernel_counts || new_enough(wanted));
        !excluded && included
    }
}

/// What the kernel does with a call, in the order in which several filters' answers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the kernel's SECCOMP_RET_* of that name")]
pub enum Return {
    KillProcess,
    KillThread,
    Trap,
    Errno(u16),
    Notify,
    Trace(u16),
    Log,
    Allow,
}

/// `EPERM`, what ERRNO and TRACE give where the profile names nothing else.
const EPERM: u32 = 1;
/// `ENOSYS`.
pub(super) const ENOSYS: u16 = 38;
/// Largest error number: above, `SECCOMP_RET_ERRNO` gives this one.
const MAX_ERRNO: u16 = 4095;

impl Return {
    fn of(action: Action, errno: Option<u32>) -> Return {
        // runc makes it an int16, of which libseccomp keeps the low 16 bits.
        let data = errno.unwrap_or(EPERM) as u16;
        match action {
            Action::Kill | Action::KillThread => Return::KillThread,
            Action::KillProcess => Return::KillProcess,
            Action::Trap => Return::Trap,
            Action::Errno => Return::Errno(data.min(MAX_ERRNO)),
            Action::Trace => Return::Trace(data),
            Action::Allow => Return::Allow,
            Action::Log => Return::Log,
            Action::Notify => Return::Notify,
        }
    }

    /// Whether the call takes place.
    pub fn permits(self) -> bool {
        matches!(self, Return::Allow | Return::Log)
    }

    /// The value that a filter program returns for it (`linux/seccomp.h`).
    pub fn code(self) -> u32 {
        match self {
            Return::KillProcess => 0x8000_0000,
            Return::KillThread => 0,
            Return::Trap => 0x0003_0000,
            Return::Errno(errno) => 0x0005_0000 | u32::from(errno),
            Return::Notify => 0x7fc0_0000,
            Return::Trace(data) => 0x7ff0_0000 | u32::from(data),
            Return::Log => 0x7ffc_0000,
            Return::Allow => 0x7fff_0000,
        }
    }
}

impl std::fmt::Display for Return {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Return::KillProcess => f.write_str("kills the process"),
            Return::KillThread => f.write_str("kills the thread"),
            Return::Trap => f.write_str("sends SIGSYS"),
            Return::Errno(number) => write!(f, "fails with {}", errno::name((*number).into())),
            Return::Notify => f.write_str("is asked of the listener"),
            Return::Trace(_) => f.write_str("is handed to a tracer, or fails with ENOSYS"),
            Return::Log => f.write_str("allowed and logged"),
            Return::Allow => f.write_str("allowed"),
        }
    }
}

/// A rule of one call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRule {
    /// All must hold; never empty where it stands in [`Outlook::conditional`].
    pub conditions: Vec<Condition>,
    /// What happens then.
    pub ret: Return,
    /// Its index in [`Profile::rules`].
    pub rule: usize,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// Rules that look at arguments, in the order in which they are tried.
    pub conditional: Vec<CallRule>,
    /// What happens where none of them holds.
    pub otherwise: Return,
    /// Why that happens.
    pub reason: Reason,
}

impl Outlook {
    /// What always happens, if it does not depend on arguments.
    pub fn always(&self) -> Option<Return> {
        self.conditional.iter().all(|rule| rule.ret == self.otherwise).then_some(self.otherwise)
    }

    /// Whether the call takes place for some arguments.
    pub fn may_permit(&self) -> bool {
        self.otherwise.permits() || self.conditional.iter().any(|rule| rule.ret.permits())
    }
}

/// Why something happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The rule of this index in [`Profile::rules`].
    Rule(usize),
    /// No rule says anything: the default action.
    Default,
    /// The architecture is not one of the profile's.
    Architecture,
    /// The call is newer than all that the profile names.
    TooNew,
    /// Seccomp is off.
    Off,
}

/// What happens to one call with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub ret: Return,
    /// Why.
    pub reason: Reason,
}

/// Why a runtime would refuse a profile, so that the container does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{}:{}: {cause}", place.line, place.column)]
pub struct Refused {
    /// The profile's name.
    pub file: String,
    /// Where.
    pub place: Place,
    /// Why.
    pub cause: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Call {
    always: Option<(Return, usize)>,
    conditional: Vec<CallRule>,
}

/// A profile as it takes effect for a [`Target`].
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// Whether there is no filter at all: a profile without default action and rules.
    pub off: bool,
    /// What happens to calls that no rule names.
    pub default: Return,
    /// Architectures whose calls are filtered by rules; others kill the thread.
    pub arches: Vec<Arch>,
    calls: BTreeMap<String, Call>,
    /// By architecture, the largest number of a call that the profile names.
    newest: Vec<(Arch, u32)>,
}

impl Filter {
    /// Resolves a profile.
    ///
    /// # Errors
    ///
    /// Where the runtime would refuse it.
    pub fn new(profile: &Profile, target: &Target) -> Result<Filter, Refused> {
        let refuse =
            |place: Place, cause: String| Err(Refused { file: profile.name.clone(), place, cause });
        let top = Place { line: 1, column: 1 };
        let Some(default_action) = profile.default_action else {
            if profile.rules.is_empty() {
                return Ok(Filter::unconfined(target.arch));
            }
            return refuse(top, "there are rules and no defaultAction".to_owned());
        };
        if default_action == Action::Notify {
            return refuse(top, "SCMP_ACT_NOTIFY can't be the default action".to_owned());
        }
        let default = Return::of(default_action, profile.default_errno);
        let listed = listed_architectures(profile, target)?;
        let mut calls: BTreeMap<String, Call> = BTreeMap::new();
        let mut newest: Vec<(Arch, u32)> = Vec::new();
        for (index, rule) in profile.rules.iter().enumerate() {
            if target.runtime != Runtime::Containerd
                && rule.name.is_some()
                && !rule.names.is_empty()
            {
                return refuse(rule.place, "the rule has both name and names".to_owned());
            }
            if !target.takes(rule) {
                continue;
            }
            let ret = Return::of(rule.action, rule.errno);
            let single = rule.name.as_ref().filter(|_| target.runtime != Runtime::Containerd);
            for (name, place) in single.into_iter().chain(&rule.names) {
                if ret == Return::Notify && name == "write" {
                    return refuse(*place, "runc refuses SCMP_ACT_NOTIFY for write".to_owned());
                }
                let known = syscall(name);
                for arch in &listed {
                    if let Some(number) = known.and_then(|call| call.number(*arch)) {
                        match newest.iter_mut().find(|(known, _)| known == arch) {
                            Some((_, most)) => *most = number.max(*most),
                            None => newest.push((*arch, number)),
                        }
                    }
                }
                // libseccomp does not know it, or it says what holds anyway.
                if known.is_none() || ret == default {
                    continue;
                }
                let call = calls.entry(name.clone()).or_default();
                if let Err(cause) = call.add(rule, index, ret) {
                    return refuse(*place, format!("{name}: {cause}"));
                }
            }
        }
        for call in calls.values_mut() {
            call.order();
        }
        let mut arches = listed;
        if !arches.contains(&target.arch) {
            arches.insert(0, target.arch);
        }
        if default.permits() || matches!(default, Return::Trace(_)) {
            newest.clear();
        }
        Ok(Filter { off: false, default, arches, calls, newest })
    }

    /// No filter.
    pub fn unconfined(arch: Arch) -> Filter {
        Filter {
            off: true,
            default: Return::Allow,
            arches: vec![arch],
            calls: BTreeMap::new(),
            newest: Vec::new(),
        }
    }

    /// What becomes of a call of an architecture.
    pub fn outlook(&self, arch: Arch, name: &str) -> Outlook {
        let plain = |otherwise, reason| Outlook { conditional: Vec::new(), otherwise, reason };
        if self.off {
            return plain(Return::Allow, Reason::Off);
        }
        if !self.arches.contains(&arch) {
            return plain(Return::KillThread, Reason::Architecture);
        }
        let number = syscall(name).and_then(|call| call.number(arch));
        if number.is_some_and(|number| self.is_too_new(arch, number)) {
            return plain(Return::Errno(ENOSYS), Reason::TooNew);
        }
        let mut outlook = plain(self.default, Reason::Default);
        if let Some(call) = self.calls.get(name) {
            if let Some((ret, rule)) = call.always {
                return plain(ret, Reason::Rule(rule));
            }
            outlook.conditional.clone_from(&call.conditional);
        }
        if arch == Arch::X86 && name == "socketcall" {
            // libseccomp writes a rule of a socket call for socketcall, too, and leaves its
            // conditions out, for they look at arguments that are behind a pointer there.
            outlook.conditional.extend(self.multiplexed());
        }
        outlook
    }

    fn multiplexed(&self) -> impl Iterator<Item = CallRule> {
        SOCKET_CALLS.iter().enumerate().filter_map(|(index, name)| {
            let call = self.calls.get(*name)?;
            let (ret, rule) = call
                .always
                .or_else(|| call.conditional.first().map(|first| (first.ret, first.rule)))?;
            let condition = Condition {
                index: 0,
                value: index as u64 + 1,
                value_two: 0,
                op: Operator::Eq,
                place: Place::default(),
            };
            Some(CallRule { conditions: vec![condition], ret, rule })
        })
    }

    fn is_too_new(&self, arch: Arch, number: u32) -> bool {
        self.newest.iter().any(|(known, most)| *known == arch && number > *most)
    }

    /// By architecture, the number above which calls give ENOSYS.
    pub(super) fn newest(&self, arch: Arch) -> Option<u32> {
        self.newest.iter().find(|(known, _)| *known == arch).map(|(_, most)| *most)
    }

    /// What happens to a call.
    pub fn decide(&self, arch: Arch, name: &str, arguments: &[u64; 6]) -> Decision {
        let outlook = self.outlook(arch, name);
        outlook
            .conditional
            .iter()
            .find(|rule| {
                rule.conditions.iter().all(|it| it.holds(arguments[it.index as usize], arch))
            })
            .map_or(Decision { ret: outlook.otherwise, reason: outlook.reason }, |rule| Decision {
                ret: rule.ret,
                reason: Reason::Rule(rule.rule),
            })
    }

    /// What happens to a call of a number, known by name or not.
    pub fn decide_number(&self, arch: Arch, number: u32, arguments: &[u64; 6]) -> Decision {
        if let Some(name) = super::syscalls::name_of(arch, number) {
            return self.decide(arch, name, arguments);
        }
        if self.off {
            return Decision { ret: Return::Allow, reason: Reason::Off };
        }
        if !self.arches.contains(&arch) {
            return Decision { ret: Return::KillThread, reason: Reason::Architecture };
        }
        if self.is_too_new(arch, number) {
            return Decision { ret: Return::Errno(ENOSYS), reason: Reason::TooNew };
        }
        Decision { ret: self.default, reason: Reason::Default }
    }

    /// The names of all calls that a rule decides on.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.calls.keys().map(String::as_str)
    }
}

/// The calls behind `socketcall`, from number 1 (`linux/net.h`).
const SOCKET_CALLS: &[&str] = &[
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
];

impl Call {
    fn add(&mut self, rule: &Rule, index: usize, ret: Return) -> Result<(), String> {
        if rule.args.is_empty() {
            self.always = self.always.or(Some((ret, index)));
            return Ok(());
        }
        let doubled = rule
            .args
            .iter()
            .enumerate()
            .any(|(at, one)| rule.args[..at].iter().any(|other| other.index == one.index));
        let split: Vec<Vec<Condition>> = if doubled {
            rule.args.iter().map(|one| vec![*one]).collect()
        } else {
            let mut all = rule.args.clone();
            all.sort_by_key(|one| one.index);
            vec![all]
        };
        for conditions in split {
            let same = self.conditional.iter().find(|known| same(&known.conditions, &conditions));
            match same {
                Some(known) if known.ret != ret => {
                    return Err(
                        "two rules with the same conditions have different actions, which \
                                libseccomp refuses"
                            .to_owned(),
                    );
                }
                Some(_) => {}
                None => self.conditional.push(CallRule { conditions, ret, rule: index }),
            }
        }
        Ok(())
    }

    /// The order in which libseccomp tries rules of different actions: those that look at later
    /// arguments first, and equality before inequality. Among rules of one action it is the same
    /// in any order.
    fn order(&mut self) {
        if self.always.is_some() {
            self.conditional.clear();
        }
        self.conditional.sort_by_key(|rule| {
            let first = rule.conditions.first();
            (
                std::cmp::Reverse(first.map_or(0, |it| it.index)),
                first.map_or(0, |it| match it.op {
                    Operator::Eq | Operator::Ne => 0,
                    Operator::Lt | Operator::Ge => 1,
                    Operator::Le | Operator::Gt => 2,
                    Operator::MaskedEq => 3,
                }),
            )
        });
    }
}

fn same(one: &[Condition], other: &[Condition]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(a, b)| {
            (a.index, a.op, a.value, a.value_two) == (b.index, b.op, b.value, b.value_two)
        })
}

/// The architectures that the profile lists, as the runtime takes them.
fn listed_architectures(profile: &Profile, target: &Target) -> Result<Vec<Arch>, Refused> {
    let own = profile.architectures.iter().map(|(arch, _)| *arch);
    if target.runtime == Runtime::Containerd || profile.arch_map.is_empty() {
        return Ok(own.collect());
    }
    if let Some((_, place)) = profile.architectures.first() {
        return Err(Refused {
            file: profile.name.clone(),
            place: *place,
            cause: "there are both architectures and archMap".to_owned(),
        });
    }
    let here = profile.arch_map.iter().find(|entry| entry.arch == target.arch);
    Ok(here.map_or_else(Vec::new, |entry| {
        std::iter::once(entry.arch).chain(entry.sub.iter().copied()).collect()
    }))
}
