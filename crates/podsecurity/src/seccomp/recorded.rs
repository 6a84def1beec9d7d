//! From the calls that a program was seen to make to the least profile that lets it run.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::arch::Arch;
use super::profile::{Action, Operator, Profile};

/// The calls of one or several runs, by architecture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    calls: BTreeMap<Arch, BTreeSet<String>>,
    /// Of the calls in [`NARROWED`], the first arguments seen; `None` where any is to be allowed.
    first_arguments: BTreeMap<&'static str, Option<BTreeSet<u64>>>,
}

/// Calls of which a profile allows only the first argument that was seen: few values that say
/// much, where the rest of the call is harmless or the danger is all in them.
const NARROWED: &[&str] = &["clone", "personality", "socket"];

/// Flags of `clone` that make namespaces. A program that used none of them is allowed no other
/// than such a `clone`; other flags vary from run to run.
const NAMESPACES: u64 = 0x7e02_0000;

/// Most values of a first argument that are told apart.
const MOST_VALUES: usize = 16;

impl Recorded {
    /// Adds a call.
    pub fn add(&mut self, arch: Arch, name: &str, first_argument: u64) {
        let calls = self.calls.entry(arch).or_default();
        if !calls.contains(name) {
            calls.insert(name.to_owned());
        }
        self.narrow(name, Some(first_argument));
    }

    /// `None` allows any.
    fn narrow(&mut self, name: &str, first_argument: Option<u64>) {
        let Some(name) = NARROWED.iter().find(|narrowed| **narrowed == name) else { return };
        let values = self.first_arguments.entry(name).or_insert_with(|| Some(BTreeSet::new()));
        match (first_argument, values.as_mut()) {
            (Some(value), Some(values)) if values.len() < MOST_VALUES => {
                values.insert(if *name == "clone" { value & NAMESPACES } else { value });
            }
            _ => *values = None,
        }
    }

    /// Adds what another recording saw.
    pub fn merge(&mut self, other: &Recorded) {
        for (arch, calls) in &other.calls {
            self.calls.entry(*arch).or_default().extend(calls.iter().cloned());
        }
        for (name, values) in &other.first_arguments {
            match values {
                None => self.narrow(name, None),
                Some(values) => values.iter().for_each(|value| self.narrow(name, Some(*value))),
            }
        }
    }

    /// Adds the calls that a profile lets through, so that a run can be merged with those that made
    /// the profile. Conditions of other kinds than a recording writes are taken as none.
    pub fn merge_profile(&mut self, profile: &Profile, native: Arch) {
        let arches: Vec<Arch> = match profile.architectures.as_slice() {
            [] => vec![native],
            listed => listed.iter().map(|(arch, _)| *arch).collect(),
        };
        for rule in &profile.rules {
            if !matches!(rule.action, Action::Allow | Action::Log) {
                continue;
            }
            let first_argument = match rule.args.as_slice() {
                [it] if it.index == 0 && it.op == Operator::Eq => Some(it.value),
                [it] if (it.index, it.op, it.value, it.value_two)
                    == (0, Operator::MaskedEq, NAMESPACES, 0) =>
                {
                    Some(0)
                }
                _ => None,
            };
            for (name, _) in rule.calls() {
                for arch in &arches {
                    self.calls.entry(*arch).or_default().insert(name.clone());
                }
                self.narrow(name, first_argument);
            }
        }
    }

    /// Adds calls as a container runtime makes them: with no more than a first argument of zero
    /// where that counts.
    pub fn allow(&mut self, arch: Arch, names: &[&str]) {
        for name in names {
            self.add(arch, name, 0);
        }
    }

    /// Number of different calls.
    pub fn len(&self) -> usize {
        self.names().len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The names of all calls.
    pub fn names(&self) -> BTreeSet<&str> {
        self.calls.values().flatten().map(String::as_str).collect()
    }

    /// The profile that allows these calls and makes all others fail with EPERM, as JSON.
    pub fn profile(&self) -> String {
        let rule = |names, args| WrittenRule {
            names,
            action: Action::Allow.scmp(),
            errno_ret: None,
            args,
        };
        let mut whole = self.names();
        let mut narrowed = Vec::new();
        for (name, values) in &self.first_arguments {
            let Some(values) = values else { continue };
            if *name == "clone" && values.iter().any(|value| *value != 0) {
                continue;
            }
            whole.remove(name);
            for value in values {
                let (value, value_two, op) = match *name {
                    "clone" => (NAMESPACES, Some(0), Operator::MaskedEq),
                    _ => (*value, None, Operator::Eq),
                };
                let condition = WrittenCondition { index: 0, value, value_two, op: op.scmp() };
                narrowed.push(rule(vec![*name], vec![condition]));
            }
        }
        let mut syscalls = vec![rule(whole.into_iter().collect(), Vec::new())];
        syscalls.append(&mut narrowed);
        let written = WrittenProfile {
            default_action: Action::Errno.scmp(),
            default_errno_ret: Some(1),
            architectures: self.calls.keys().map(|arch| arch.scmp()).collect(),
            syscalls,
        };
        written.json()
    }
}

/// A profile as JSON, in the form of the OCI runtime specification; what only Docker and CRI-O
/// read is left out.
pub fn to_json(profile: &Profile) -> String {
    let written = WrittenProfile {
        default_action: profile.default_action.map_or("", Action::scmp),
        default_errno_ret: profile.default_errno,
        architectures: profile.architectures.iter().map(|(arch, _)| arch.scmp()).collect(),
        syscalls: profile
            .rules
            .iter()
            .map(|rule| WrittenRule {
                names: rule.calls().map(|(name, _)| name.as_str()).collect(),
                action: rule.action.scmp(),
                errno_ret: rule.errno,
                args: rule
                    .args
                    .iter()
                    .map(|it| WrittenCondition {
                        index: it.index,
                        value: it.value,
                        value_two: (it.op == Operator::MaskedEq).then_some(it.value_two),
                        op: it.op.scmp(),
                    })
                    .collect(),
            })
            .collect(),
    };
    written.json()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenProfile<'a> {
    default_action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_errno_ret: Option<u32>,
    architectures: Vec<&'static str>,
    syscalls: Vec<WrittenRule<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenRule<'a> {
    names: Vec<&'a str>,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno_ret: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    args: Vec<WrittenCondition>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenCondition {
    index: u32,
    value: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_two: Option<u64>,
    op: &'static str,
}

impl WrittenProfile<'_> {
    fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("strings and numbers are JSON");
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_merged_and_the_profile_reads_back() {
        let mut first = Recorded::default();
        first.add(Arch::X86_64, "write", 1);
        first.add(Arch::X86_64, "socket", 1);
        first.add(Arch::X86_64, "clone", 0x0120_0011);
        let mut second = Recorded::default();
        second.add(Arch::X86_64, "read", 0);
        second.add(Arch::X86_64, "socket", 2);
        second.add(Arch::X86, "write", 1);
        first.merge(&second);
        let text = first.profile();
        let profile = Profile::parse("recorded.json", &text).expect("it is a profile");
        assert_eq!(profile.architectures.len(), 2);
        let names: Vec<&str> = profile.rules[0].calls().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["read", "write"]);
        assert_eq!(profile.rules.len(), 4, "clone without namespaces, two domains of socket");
        assert_eq!(to_json(&profile), text);
        let mut third = Recorded::default();
        third.add(Arch::X86_64, "open", 0);
        third.merge_profile(&profile, Arch::X86_64);
        assert_eq!(third.len(), 5);
        first.add(Arch::X86_64, "open", 0);
        first.add(Arch::X86, "open", 0);
        first.add(Arch::X86, "read", 0);
        let rules = |recorded: &Recorded| {
            Profile::parse("again.json", &recorded.profile()).expect("it is a profile").rules.len()
        };
        assert_eq!(rules(&third), rules(&first));
    }

    #[test]
    fn a_clone_that_made_namespaces_is_allowed_as_it_is() {
        let mut recorded = Recorded::default();
        recorded.add(Arch::X86_64, "clone", 0x1000_0000);
        let profile = Profile::parse("r.json", &recorded.profile()).expect("it is a profile");
        assert_eq!(profile.rules.len(), 1);
        assert!(profile.rules[0].args.is_empty());
    }
}
