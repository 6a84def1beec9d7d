//! What the author of a profile will not have meant.

use super::arch::Arch;
use super::danger::{DANGEROUS, Danger};
use super::explain::is_open;
use super::filter::{Filter, Refused, Return, Runtime, Target};
use super::profile::{Action, Condition, NoteKind, Operator, Profile, Rule};
use super::syscalls::{Syscall, syscall};
use crate::{Place, Weight};

/// Something found in a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What is wrong, such as `unknown-call`.
    pub id: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// Where.
    pub place: Place,
    /// What and why, as a sentence without its full stop.
    pub message: String,
}

/// Where a profile as a whole is meant.
const TOP: Place = Place { line: 1, column: 1 };

/// Calls without which a program can't even start and end, on every architecture.
const VITAL: &[&str] = &["execve", "exit_group"];

/// Looks a profile over, for a target, in the order of the file.
pub fn lint(profile: &Profile, target: &Target) -> Vec<Finding> {
    let mut linter = Linter { profile, target, findings: Vec::new() };
    linter.notes();
    linter.ignored_fields();
    linter.architectures();
    linter.listener();
    for (index, rule) in profile.rules.iter().enumerate() {
        linter.rule(index, rule);
    }
    match Filter::new(profile, target) {
        Ok(filter) => linter.filter(&filter),
        Err(Refused { place, cause, .. }) => {
            let message = format!("the container does not start: {cause}");
            linter.add("refused-by-runtime", Weight::Error, place, message);
        }
    }
    linter.findings.sort_by(|a, b| (a.place, a.id).cmp(&(b.place, b.id)));
    linter.findings
}

struct Linter<'p> {
    profile: &'p Profile,
    target: &'p Target,
    findings: Vec<Finding>,
}

impl Linter<'_> {
    fn add(&mut self, id: &'static str, weight: Weight, place: Place, message: impl Into<String>) {
        self.findings.push(Finding { id, weight, place, message: message.into() });
    }

    fn notes(&mut self) {
        for note in &self.profile.notes {
            let text = &note.text;
            match note.kind {
                NoteKind::UnknownField => self.add(
                    "unknown-field",
                    Weight::Warning,
                    note.place,
                    format!("no runtime knows the field {text:?}; it is passed over"),
                ),
                NoteKind::DuplicateKey => self.add(
                    "duplicate-key",
                    Weight::Warning,
                    note.place,
                    format!("the key {text:?} stands twice; the last one counts"),
                ),
                NoteKind::CriO if self.target.runtime != Runtime::CriO => self.add(
                    "field-ignored",
                    Weight::Warning,
                    note.place,
                    format!(
                        "{} passes {text:?} over, which only CRI-O knows; write errnoRet or \
                         defaultErrnoRet",
                        self.target.runtime
                    ),
                ),
                NoteKind::CriO => {}
            }
        }
    }

    /// What the runtime does not read although it decides.
    fn ignored_fields(&mut self) {
        let runtime = self.target.runtime;
        for rule in &self.profile.rules {
            let conditions = [("includes", &rule.includes), ("excludes", &rule.excludes)];
            for (field, conditions) in conditions {
                if runtime == Runtime::Containerd && !conditions.is_empty() {
                    let message = format!(
                        "{runtime} passes {field} over: this rule always counts, whatever the \
                         node and the capabilities"
                    );
                    self.add("field-ignored", Weight::Warning, rule.place, message);
                } else if runtime == Runtime::CriO && conditions.min_kernel.is_some() {
                    let message = format!("{runtime} passes minKernel over");
                    self.add("field-ignored", Weight::Warning, rule.place, message);
                }
            }
            if let Some((name, place)) = &rule.name
                && runtime == Runtime::Containerd
            {
                let message = format!(
                    "{runtime} passes the single name over, so this rule says nothing of {name}; \
                     write \"names\": [{name:?}]"
                );
                self.add("field-ignored", Weight::Error, *place, message);
            }
        }
        if let Some(entry) = self.profile.arch_map.first()
            && runtime == Runtime::Containerd
        {
            let message = format!("{runtime} passes archMap over; list architectures");
            self.add("field-ignored", Weight::Warning, entry.place, message);
        }
    }

    fn architectures(&mut self) {
        let profile = self.profile;
        let reads_map = self.target.runtime != Runtime::Containerd;
        let listed: Vec<Arch> = profile.architectures.iter().map(|(arch, _)| *arch).collect();
        if profile.default_action.is_none() || (reads_map && !profile.arch_map.is_empty()) {
            return;
        }
        if listed.is_empty() {
            self.add(
                "missing-architectures",
                Weight::Warning,
                TOP,
                "no architectures are listed: only the node's own is filtered and programs of \
                 others (32-bit ones on x86-64) are killed, and new calls fail with the default \
                 action instead of ENOSYS, so that programs do not fall back to older ones",
            );
            return;
        }
        for usual in [Arch::X86_64, Arch::Aarch64] {
            if !listed.contains(&usual) {
                let message = format!(
                    "{} is not listed: on such nodes new calls fail with the default action \
                     instead of ENOSYS",
                    usual.scmp()
                );
                self.add(
                    "missing-architectures",
                    Weight::Note,
                    profile.architectures[0].1,
                    message,
                );
            }
        }
    }

    fn listener(&mut self) {
        let notifies = self.profile.rules.iter().find(|rule| rule.action == Action::Notify);
        match (notifies, &self.profile.listener_path) {
            (Some(rule), None) => self.add(
                "listener-missing",
                Weight::Error,
                rule.place,
                "SCMP_ACT_NOTIFY needs a listenerPath; runc refuses the profile without one",
            ),
            (None, Some(path)) => self.add(
                "listener-unused",
                Weight::Note,
                TOP,
                format!("nothing is sent to the listener {path:?}: no rule has SCMP_ACT_NOTIFY"),
            ),
            _ => {}
        }
        const KNOWN: &[&str] = &[
            "SECCOMP_FILTER_FLAG_TSYNC",
            "SECCOMP_FILTER_FLAG_LOG",
            "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
            "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
        ];
        for (flag, place) in &self.profile.flags {
            if !KNOWN.contains(&flag.as_str()) {
                let message = format!("{flag:?} is no flag; the runtime refuses the profile");
                self.add("unknown-flag", Weight::Error, *place, message);
            } else if flag == "SECCOMP_FILTER_FLAG_SPEC_ALLOW" {
                self.add(
                    "speculation-allowed",
                    Weight::Note,
                    *place,
                    "the container runs without the mitigation of speculative store bypass",
                );
            }
        }
    }

    fn rule(&mut self, index: usize, rule: &Rule) {
        if rule.calls().next().is_none() {
            self.add("unreachable-rule", Weight::Warning, rule.place, "the rule names no call");
        }
        for (name, place) in rule.calls() {
            match syscall(name) {
                None => self.unknown(name, *place),
                Some(call) => self.shadowed(index, rule, call, *place),
            }
        }
        let doubled = rule
            .args
            .iter()
            .enumerate()
            .find(|(at, one)| rule.args[..*at].iter().any(|other| other.index == one.index));
        if let Some((_, condition)) = doubled {
            let message = format!(
                "two conditions look at argument {}: the runtime makes each a rule of its own, so \
                 one of them is enough",
                condition.index
            );
            self.add("conditions-split", Weight::Warning, condition.place, message);
        }
        for condition in &rule.args {
            self.condition(rule, condition);
        }
        let carries = matches!(rule.action, Action::Errno | Action::Trace);
        match rule.errno {
            Some(errno) if !carries => {
                let message =
                    format!("{} takes no errnoRet; {errno} is passed over", rule.action.scmp());
                self.add("errno-unused", Weight::Note, rule.place, message);
            }
            Some(errno) if rule.action == Action::Errno && errno > 4095 => {
                let message =
                    format!("errnoRet {errno} is no error number; the kernel makes it 4095");
                self.add("errno-out-of-range", Weight::Warning, rule.place, message);
            }
            Some(0) if rule.action == Action::Errno => {
                let message = "errnoRet 0 makes the calls seem to succeed without doing anything";
                self.add("errno-zero", Weight::Warning, rule.place, message);
            }
            _ => {}
        }
        for arch in rule.includes.arches.iter().chain(&rule.excludes.arches) {
            if !is_node_name(arch) {
                let message = format!("{arch:?} is no architecture such as \"amd64\"");
                self.add("unknown-architecture", Weight::Warning, rule.place, message);
            }
        }
        for cap in rule.includes.caps.iter().chain(&rule.excludes.caps) {
            if !cap.starts_with("CAP_") {
                let message = format!(
                    "{cap:?} never matches: runtimes compare with names such as CAP_SYS_ADMIN"
                );
                self.add("unknown-capability", Weight::Warning, rule.place, message);
            }
        }
        let both = |field: fn(&Rule) -> [&Vec<String>; 2]| {
            let [includes, excludes] = field(rule);
            includes.iter().any(|it| excludes.contains(it))
        };
        if both(|rule| [&rule.includes.caps, &rule.excludes.caps])
            || (both(|rule| [&rule.includes.arches, &rule.excludes.arches])
                && rule.includes.arches.len() == 1)
        {
            let message = "the rule never counts: what it includes it excludes";
            self.add("unreachable-rule", Weight::Warning, rule.place, message);
        }
    }

    fn unknown(&mut self, name: &str, place: Place) {
        let nearest = Syscall::all()
            .iter()
            .map(|call| (strsim::damerau_levenshtein(name, call.name), call.name))
            .min()
            .filter(|(distance, known)| *distance <= 1.max(known.len() / 5));
        let hint = nearest.map_or_else(String::new, |(_, known)| format!("; {known} is meant?"));
        let message = format!("no kernel has a call {name:?}, and runtimes pass it over{hint}");
        self.add("unknown-call", Weight::Warning, place, message);
    }

    /// Whether an earlier rule already decides.
    fn shadowed(&mut self, index: usize, rule: &Rule, call: &Syscall, place: Place) {
        let profile = self.profile;
        let name = call.name;
        let counts = |rule: &Rule| rule.includes.is_empty() && rule.excludes.is_empty();
        if Some(rule.action) == profile.default_action
            && rule.args.is_empty()
            && (rule.errno.is_none() || rule.errno == profile.default_errno)
        {
            let message = format!("the default action already does this to {name}");
            self.add("unreachable-rule", Weight::Note, place, message);
            return;
        }
        // An unconditional rule decides wherever it stands; of several the first.
        let decides = |other: &&(usize, &Rule)| {
            other.0 != index
                && other.1.args.is_empty()
                && counts(other.1)
                && Some(other.1.action) != profile.default_action
                && other.1.calls().any(|(other, _)| other == name)
                && (other.0 < index || !rule.args.is_empty())
        };
        let others: Vec<(usize, &Rule)> = profile.rules.iter().enumerate().collect();
        if let Some((_, other)) = others.iter().find(decides) {
            let same = other.action == rule.action;
            let line = other.place.line;
            let (weight, message) = if same {
                (Weight::Note, format!("{name} is already decided by the rule in line {line}"))
            } else {
                (
                    Weight::Warning,
                    format!(
                        "the rule in line {line} decides on {name} ({}), so this one ({}) never \
                         counts",
                        other.action.scmp(),
                        rule.action.scmp()
                    ),
                )
            };
            self.add("unreachable-rule", weight, place, message);
        }
        let first = rule.calls().position(|(other, _)| other == name);
        let here = rule.calls().position(|(_, other)| *other == place);
        if first < here {
            let message = format!("{name} stands twice in this rule");
            self.add("unreachable-rule", Weight::Note, place, message);
        }
    }

    fn condition(&mut self, rule: &Rule, it: &Condition) {
        let never = match it.op {
            Operator::Lt => it.value == 0,
            Operator::Gt => it.value == u64::MAX,
            _ => false,
        };
        let always = match it.op {
            Operator::Ge => it.value == 0,
            Operator::Le => it.value == u64::MAX,
            Operator::MaskedEq => it.value == 0,
            _ => false,
        };
        if never || always {
            let message = format!("{it} {} holds", if never { "never" } else { "always" });
            self.add("condition-constant", Weight::Warning, it.place, message);
        }
        if it.op == Operator::MaskedEq && it.value_two & !it.value != 0 && !always {
            let message = format!(
                "valueTwo {:#x} has bits outside the mask {:#x}; they do not count",
                it.value_two, it.value
            );
            self.add("mask-exceeded", Weight::Warning, it.place, message);
        }
        if it.op != Operator::MaskedEq && it.value_two != 0 {
            let message = format!("{} takes no valueTwo; it is passed over", it.op.scmp());
            self.add("value-two-unused", Weight::Note, it.place, message);
        }
        for (name, _) in rule.calls() {
            if POINTERS.iter().any(|(call, index)| call == name && *index == it.index) {
                let message = format!(
                    "argument {} of {name} is a pointer: the filter sees the address, not what \
                     stands there",
                    it.index
                );
                self.add("pointer-compared", Weight::Warning, it.place, message);
            }
        }
    }

    /// What the profile comes to as a whole.
    fn filter(&mut self, filter: &Filter) {
        let arch = self.target.arch;
        if filter.off {
            let message = "there are neither a defaultAction nor rules: the container runs \
                           without seccomp";
            self.add("allows-all", Weight::Error, TOP, message);
            return;
        }
        let denied = Syscall::of(arch)
            .filter(|call| !filter.outlook(arch, call.name).otherwise.permits())
            .count();
        if denied == 0 {
            self.add("allows-all", Weight::Error, TOP, "every call is allowed");
            return;
        }
        if filter.default.permits() {
            let message = format!(
                "what is not listed is {}: calls that new kernels bring are open; list what is \
                 needed instead",
                filter.default
            );
            self.add("default-allows", Weight::Warning, TOP, message);
        }
        if matches!(filter.default, Return::KillProcess | Return::KillThread | Return::Trap) {
            let message = format!(
                "a call that is not listed {}; with SCMP_ACT_ERRNO programs can fall back",
                filter.default
            );
            self.add("default-kills", Weight::Note, TOP, message);
        }
        for vital in VITAL {
            if !filter.outlook(arch, vital).may_permit() {
                let message = format!("{vital} is closed, without which no program runs");
                self.add("vital-call-closed", Weight::Error, TOP, message);
            }
        }
        let closed_clone = !filter.default.permits()
            && filter.outlook(arch, "clone").always().is_none()
            && filter.outlook(arch, "clone3").may_permit();
        if closed_clone {
            let place = self.place_of("clone3");
            let message = "clone is restricted by its flags and clone3 is open, whose flags no \
                           filter can see; give clone3 ENOSYS, so that programs use clone";
            self.add("clone3-open", Weight::Warning, place, message);
        }
        let bypassed = filter.arches.contains(&Arch::X86)
            && filter.outlook(Arch::X86, "socketcall").may_permit()
            && filter.outlook(arch, "socket").always().is_none();
        if bypassed {
            let place = self.place_of("socket");
            let message = "socket is restricted by its arguments, and 32-bit programs can make \
                           any socket by socketcall, whose arguments no filter can see";
            self.add("socketcall-open", Weight::Note, place, message);
        }
        let capable = |capability: &str| {
            capability.is_empty() || self.target.capabilities.iter().any(|cap| cap == capability)
        };
        let default = super::runtime_default(arch, self.target.kernel, &self.target.capabilities);
        let open: Vec<_> = DANGEROUS
            .iter()
            .filter(|danger| {
                syscall(danger.call).is_some_and(|call| call.number(arch).is_some())
                    && is_open(filter, arch, **danger)
                    && !is_open(&default, arch, **danger)
            })
            .collect();
        let (named, unnamed): (Vec<&Danger>, Vec<_>) =
            open.into_iter().partition(|danger| self.place_of(danger.call) != TOP);
        for danger in named {
            let mut message =
                format!("{} is open, and not in RuntimeDefault: {}", danger.call, danger.why);
            let weight = if capable(danger.capability) {
                Weight::Warning
            } else {
                message.push_str(&format!("; the kernel asks for {}, too", danger.capability));
                Weight::Note
            };
            self.add("dangerous-call", weight, self.place_of(danger.call), message);
        }
        // What the default action leaves open is one flaw.
        let free: Vec<&str> = unnamed
            .iter()
            .filter(|danger| capable(danger.capability))
            .map(|danger| danger.call)
            .collect();
        if !free.is_empty() {
            let message = format!(
                "the default action leaves open what RuntimeDefault does not: {}",
                free.join(", ")
            );
            self.add("dangerous-call", Weight::Warning, TOP, message);
        }
    }

    /// Where a call is named, else the top.
    fn place_of(&self, name: &str) -> Place {
        self.profile
            .rules
            .iter()
            .flat_map(Rule::calls)
            .find(|(call, _)| call == name)
            .map_or(TOP, |(_, place)| *place)
    }
}

/// Whether `includes.arches` can match it: a short name, but not an alias of one.
fn is_node_name(name: &str) -> bool {
    Arch::from_short(name).is_some_and(|arch| arch.short() == name)
}

/// Arguments that are pointers, of calls for which people try to compare them.
const POINTERS: &[(&str, u32)] = &[
    ("open", 0),
    ("openat", 1),
    ("openat2", 1),
    ("openat2", 2),
    ("creat", 0),
    ("unlink", 0),
    ("unlinkat", 1),
    ("mkdir", 0),
    ("chmod", 0),
    ("fchmodat", 1),
    ("chown", 0),
    ("execve", 0),
    ("execve", 1),
    ("execveat", 1),
    ("connect", 1),
    ("bind", 1),
    ("mount", 0),
    ("mount", 1),
    ("mount", 2),
    ("read", 1),
    ("write", 1),
    ("sendto", 1),
    ("rename", 0),
    ("rename", 1),
    ("clone3", 0),
    ("stat", 0),
    ("access", 0),
];
