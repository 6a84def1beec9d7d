//! What the author of a profile for containers will not have meant.

use super::policy::{File, Policy, Profile, Rule, RuleKind};
use crate::{Place, Weight};

/// Something found in a policy file.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What is wrong, such as `complain-mode`.
    pub id: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// Where.
    pub place: Place,
    /// What and why, as a sentence without its full stop.
    pub message: String,
}

/// Capabilities that break out of a container or take over its node.
const DANGEROUS_CAPABILITIES: &[&str] = &[
    "sys_admin",
    "sys_module",
    "sys_ptrace",
    "sys_rawio",
    "sys_boot",
    "sys_time",
    "dac_read_search",
    "mac_admin",
    "mac_override",
    "net_admin",
    "bpf",
    "perfmon",
    "syslog",
];

/// Places that containerd's default profile keeps containers from writing to; and what writing
/// there does.
const SENSITIVE: &[(&str, &str)] = &[
    ("/proc/sysrq-trigger", "it restarts or crashes the node"),
    ("/proc/sys/kernel/core_pattern", "the host runs the program named there as root"),
    ("/proc/sys/kernel/modprobe", "the host runs the program named there as root"),
    ("/proc/kcore", "it is the node's memory"),
    ("/proc/mem", "it is the node's memory"),
    ("/sys/kernel/uevent_helper", "the host runs the program named there as root"),
    ("/sys/firmware/efi/x", "it changes the node's firmware settings"),
    ("/sys/fs/bpf/x", "it changes programs in the kernel"),
    ("/dev/mem", "it is the node's memory"),
    ("/dev/sda", "it is the node's disk"),
];

/// Looks a policy file over.
pub fn lint(policy: &Policy) -> Vec<Finding> {
    let mut linter = Linter { findings: Vec::new() };
    if policy.profiles.is_empty() && policy.rules.is_empty() && policy.variables.is_empty() {
        let top = Place { line: 1, column: 1 };
        linter.add("no-profile", Weight::Error, top, "the file holds no profile");
    }
    // A file of rules alone is there to be included; beside profiles they are most likely misplaced.
    if let (Some(rule), Some(profile)) = (policy.rules.first(), policy.profiles.first()) {
        let message = format!(
            "a rule outside the profile {}: it counts only where this file is included into another",
            profile.name
        );
        linter.add("rule-outside-profile", Weight::Warning, rule.place, message);
    }
    let mut names: Vec<&str> = Vec::new();
    for profile in &policy.profiles {
        if names.contains(&profile.name.as_str()) {
            let message = format!("the profile {} stands twice; the last one counts", profile.name);
            linter.add("duplicate-profile", Weight::Error, profile.place, message);
        }
        names.push(&profile.name);
        linter.profile(profile, false);
        linter.variables(policy, profile);
    }
    linter.findings.sort_by(|a, b| (a.place, a.id).cmp(&(b.place, b.id)));
    linter.findings
}

struct Linter {
    findings: Vec<Finding>,
}

impl Linter {
    fn add(&mut self, id: &'static str, weight: Weight, place: Place, message: impl Into<String>) {
        self.findings.push(Finding { id, weight, place, message: message.into() });
    }

    fn profile(&mut self, profile: &Profile, child: bool) {
        self.flags(profile, child);
        let includes = profile.rules.iter().any(|it| matches!(it.kind, RuleKind::Include(_)));
        if profile.rules.is_empty() && profile.enforces() {
            let message = format!("{} has no rules: it denies everything", profile.name);
            self.add("empty-profile", Weight::Warning, profile.place, message);
        }
        for (index, rule) in profile.rules.iter().enumerate() {
            let earlier = &profile.rules[..index];
            if earlier.iter().any(|it| it.kind == rule.kind && it.qualifiers == rule.qualifiers) {
                self.add("duplicate-rule", Weight::Note, rule.place, "the rule stands twice");
            }
            if rule.qualifiers.deny {
                continue;
            }
            self.overruled(profile, rule);
            self.broad(profile, rule);
            if let RuleKind::File(file) = &rule.kind {
                self.file(profile, file, rule.place);
            }
        }
        if !includes && profile.enforces() && !child && !reads_everything(profile) {
            let message = format!(
                "{} includes no abstractions/base and does not read libraries: programs that are \
                 linked dynamically do not start",
                profile.name
            );
            self.add("base-missing", Weight::Note, profile.place, message);
        }
        for child in &profile.children {
            self.profile(child, true);
        }
    }

    fn flags(&mut self, profile: &Profile, child: bool) {
        for flag in &profile.flags {
            match flag.name.as_str() {
                "complain" => self.add(
                    "complain-mode",
                    Weight::Error,
                    flag.place,
                    "violations are logged and allowed: the profile confines nothing",
                ),
                "unconfined" => {
                    self.add("unconfined-flag", Weight::Error, flag.place, "nothing is confined");
                }
                "default_allow" => self.add(
                    "unconfined-flag",
                    Weight::Error,
                    flag.place,
                    "what no rule denies is allowed",
                ),
                _ => {}
            }
        }
        if !child && !profile.has("attach_disconnected") && profile.attachment.is_none() {
            let message = format!(
                "{} lacks attach_disconnected: in a container, files that are reached from outside \
                 its mount namespace (open files handed in, volumes that were unmounted) are denied",
                profile.name
            );
            self.add("attach-disconnected-missing", Weight::Warning, profile.place, message);
        }
    }

    /// A rule that a deny rule takes back.
    fn overruled(&mut self, profile: &Profile, rule: &Rule) {
        let denies = profile.rules.iter().filter(|it| it.qualifiers.deny);
        let by = denies.into_iter().find(|deny| match (&deny.kind, &rule.kind) {
            (RuleKind::Capability(denied), RuleKind::Capability(allowed)) => {
                denied.is_empty()
                    || (!allowed.is_empty() && allowed.iter().all(|name| denied.contains(name)))
            }
            (RuleKind::Network(denied), RuleKind::Network(allowed)) => {
                denied.is_empty() || denied == allowed
            }
            (RuleKind::File(denied), RuleKind::File(allowed)) => {
                // No permissions at all are all of them (`file,`).
                let all = denied.permissions.is_empty();
                let some = !allowed.permissions.is_empty();
                let mut letters = allowed.permissions.chars();
                (denied.path.is_none() || denied.path == allowed.path)
                    && (all || (some && letters.all(|it| denied.permissions.contains(it))))
            }
            (denied, allowed) => denied == allowed,
        });
        if let Some(deny) = by {
            let message = format!("the deny rule in line {} takes this back", deny.place.line);
            self.add("overruled-rule", Weight::Warning, rule.place, message);
        }
    }

    /// Rules that allow more than a container should have.
    fn broad(&mut self, profile: &Profile, rule: &Rule) {
        let mut add = |id, weight, message: String| self.add(id, weight, rule.place, message);
        let denied = |test: &dyn Fn(&RuleKind) -> bool| {
            profile.rules.iter().any(|it| it.qualifiers.deny && test(&it.kind))
        };
        match &rule.kind {
            RuleKind::All => {
                add("allows-all", Weight::Error, "everything is allowed".to_owned());
            }
            RuleKind::Capability(names) if names.is_empty() => add(
                "all-capabilities",
                Weight::Note,
                "every capability is allowed that the container has; list those that it needs"
                    .to_owned(),
            ),
            RuleKind::Capability(names) => {
                for name in names.iter().filter(|it| DANGEROUS_CAPABILITIES.contains(&it.as_str()))
                {
                    let message = format!("the capability {name} can take over the node");
                    add("dangerous-capability", Weight::Warning, message);
                }
            }
            RuleKind::Network(words) if words.is_empty() => add(
                "all-networks",
                Weight::Note,
                "sockets of every kind are allowed, raw and packet ones, too".to_owned(),
            ),
            RuleKind::Network(words)
                if words.iter().any(|word| word == "raw" || word == "packet") =>
            {
                add(
                    "raw-network",
                    Weight::Warning,
                    "raw sockets can forge and overhear other pods' traffic".to_owned(),
                );
            }
            RuleKind::Mount(words) | RuleKind::Remount(words)
                if !denied(&|kind| matches!(kind, RuleKind::Mount(words) if words.is_empty())) =>
            {
                let what = if words.is_empty() { "anything" } else { "file systems" };
                let message = format!("it may mount {what}, which can uncover the host's");
                let weight = if words.is_empty() { Weight::Error } else { Weight::Warning };
                add("mount-allowed", weight, message);
            }
            RuleKind::PivotRoot(_) => {
                let message = "it may exchange its root file system".to_owned();
                add("pivot-root-allowed", Weight::Warning, message);
            }
            RuleKind::Ptrace { access, peer } => {
                let traces = access.is_empty()
                    || access
                        .iter()
                        .any(|it| matches!(it.as_str(), "trace" | "rw" | "w" | "write"));
                let wide = peer.as_deref().is_none_or(|peer| peer == "unconfined" || peer == "**");
                if traces && wide {
                    let whom = peer.as_deref().unwrap_or("every process");
                    let message = format!("it may trace {whom}; name the profile itself as peer");
                    add("ptrace-wide", Weight::Warning, message);
                }
            }
            RuleKind::Signal { access, peer, .. } => {
                let sends = access.is_empty()
                    || access.iter().any(|it| matches!(it.as_str(), "send" | "w" | "rw" | "write"));
                if sends && peer.as_deref().is_none_or(|peer| peer == "unconfined") {
                    let message =
                        "it may send signals to processes outside the container".to_owned();
                    add("signal-wide", Weight::Note, message);
                }
            }
            RuleKind::ChangeProfile { target, .. } => {
                let target = target.as_deref();
                if target.is_none_or(|it| it.contains("unconfined") || it.contains("**")) {
                    let message = "it may leave this profile for an unconfined one".to_owned();
                    add("change-profile-wide", Weight::Error, message);
                }
            }
            RuleKind::Userns(_) => add(
                "user-namespaces-allowed",
                Weight::Warning,
                "it may make user namespaces, in which a process has every capability".to_owned(),
            ),
            RuleKind::IoUring(_) => {
                let message = "operations of io_uring pass by seccomp".to_owned();
                add("io-uring-allowed", Weight::Note, message);
            }
            RuleKind::Dbus(words)
                if words.is_empty() || words.iter().any(|word| word == "bus=system") =>
            {
                let message = "the host's system bus starts services as root".to_owned();
                add("system-bus", Weight::Warning, message);
            }
            _ => {}
        }
    }

    fn file(&mut self, profile: &Profile, file: &File, place: Place) {
        if let Some(mode) = file.executes().filter(|_| !file.permissions.is_empty()) {
            if mode.contains(['u', 'U']) {
                let message = format!("{mode} executes programs unconfined");
                self.add("executes-unconfined", Weight::Error, place, message);
            }
            if file.writes() {
                let message = format!(
                    "{} can be written and executed: what an attacker writes there runs",
                    file.path.as_deref().unwrap_or("every file")
                );
                self.add("write-and-execute", Weight::Note, place, message);
            }
        }
        if !file.writes() {
            return;
        }
        for (path, why) in SENSITIVE {
            let covers = |it: &File| it.path.as_deref().is_none_or(|glob| matches(glob, path));
            let denied = profile.rules.iter().any(|it| {
                it.qualifiers.deny
                    && matches!(&it.kind, RuleKind::File(deny) if deny.writes() && covers(deny))
            });
            if covers(file) && !denied {
                let message = format!("it allows writing to {path}: {why}");
                self.add("sensitive-write", Weight::Warning, place, message);
            }
        }
    }

    fn variables(&mut self, policy: &Policy, profile: &Profile) {
        // Those of included files can't be seen here.
        if policy.includes.is_empty() {
            for rule in &profile.rules {
                let RuleKind::File(File { path: Some(path), .. }) = &rule.kind else { continue };
                let mut rest = path.as_str();
                while let Some(start) = rest.find("@{") {
                    let Some(end) = rest[start..].find('}') else { break };
                    let name = &rest[start + 2..start + end];
                    let known = policy.variables.iter().any(|it| it.name == name)
                        || matches!(name, "profile_name" | "exec_path");
                    if !known {
                        let message = format!("the variable @{{{name}}} is set nowhere");
                        self.add("unknown-variable", Weight::Error, rule.place, message);
                    }
                    rest = &rest[start + end..];
                }
            }
        }
    }
}

fn reads_everything(profile: &Profile) -> bool {
    profile.rules.iter().any(|rule| {
        !rule.qualifiers.deny
            && matches!(&rule.kind, RuleKind::File(file)
                if file.reads() && file.path.as_deref().is_none_or(|it| it.starts_with("/**") || it.starts_with("/{**")))
            || matches!(rule.kind, RuleKind::All)
    })
}

/// Whether a glob matches a path: `*` and `?` within a part, `**` across parts, `[…]`, `{a,b}`.
/// Variables are taken as their usual values.
fn matches(glob: &str, path: &str) -> bool {
    let glob = glob
        .replace("@{PROC}", "/proc")
        .replace("@{sys}", "/sys")
        .replace("@{run}", "/run")
        .replace("@{pid}", "[0-9]*")
        .replace("@{pids}", "[0-9]*");
    let glob: Vec<char> = glob.chars().collect();
    let path: Vec<char> = path.chars().collect();
    let mut steps = 100_000;
    Matcher { steps: &mut steps }.matches(&glob, &path)
}

/// Bounded, for globs of others: past the bound nothing matches, and nothing is said.
struct Matcher<'s> {
    steps: &'s mut u32,
}

impl Matcher<'_> {
    fn matches(&mut self, glob: &[char], path: &[char]) -> bool {
        *self.steps = self.steps.saturating_sub(1);
        if *self.steps == 0 {
            return false;
        }
        match glob {
            [] => path.is_empty(),
            ['*', '*', rest @ ..] => (0..=path.len()).any(|at| self.matches(rest, &path[at..])),
            ['*', rest @ ..] => {
                let end = path.iter().position(|c| *c == '/').unwrap_or(path.len());
                (0..=end).any(|at| self.matches(rest, &path[at..]))
            }
            ['?', rest @ ..] => {
                path.first().is_some_and(|c| *c != '/') && self.matches(rest, &path[1..])
            }
            ['[', rest @ ..] => {
                let Some(end) = rest.iter().position(|c| *c == ']') else { return false };
                let (set, behind) = (&rest[..end], &rest[end + 1..]);
                let Some(c) = path.first() else { return false };
                in_set(set, *c) && self.matches(behind, &path[1..])
            }
            ['{', rest @ ..] => {
                let Some((choices, behind)) = alternatives(rest) else { return false };
                choices.iter().any(|choice| {
                    let whole: Vec<char> = choice.iter().chain(behind).copied().collect();
                    self.matches(&whole, path)
                })
            }
            ['\\', c, rest @ ..] | [c, rest @ ..] => {
                path.first() == Some(c) && self.matches(rest, &path[1..])
            }
        }
    }
}

fn in_set(set: &[char], c: char) -> bool {
    let (inverted, set) = match set {
        ['^', rest @ ..] => (true, rest),
        set => (false, set),
    };
    let mut found = false;
    let mut at = 0;
    while at < set.len() {
        if at + 2 < set.len() && set[at + 1] == '-' {
            found |= (set[at]..=set[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= set[at] == c;
            at += 1;
        }
    }
    found != inverted && c != '/'
}

/// The choices of `a,b}` and what stands behind.
fn alternatives(text: &[char]) -> Option<(Vec<&[char]>, &[char])> {
    let (mut depth, mut start) = (0, 0);
    let mut choices = Vec::new();
    for (at, c) in text.iter().enumerate() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                choices.push(&text[start..at]);
                return Some((choices, &text[at + 1..]));
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                choices.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs_match_as_the_kernel_does() {
        for (glob, path, expected) in [
            ("/**", "/proc/kcore", true),
            ("/*", "/proc/kcore", false),
            ("/proc/*", "/proc/kcore", true),
            ("@{PROC}/{kcore,mem}", "/proc/mem", true),
            ("@{PROC}/{[^1-9],[^1-9][^0-9]*}/**", "/proc/sys/kernel/x", true),
            ("@{PROC}/[0-9]*/**", "/proc/sys/kernel/x", false),
            ("/sys/[^f]*/**", "/sys/kernel/uevent_helper", true),
            ("/sys/[^f]*/**", "/sys/firmware/x", false),
            ("/dev/sd?", "/dev/sda", true),
            ("/{a", "/a", false),
        ] {
            assert_eq!(matches(glob, path), expected, "{glob} {path}");
        }
        let hostile = format!("/{}x", "**a".repeat(60));
        assert!(!matches(&hostile, &format!("/{}", "a".repeat(200))));
    }
}
