//! The Pod Security Standards, as `k8s.io/pod-security-admission/policy` has them.
//!
//! A [`StandardCheck`] forbids something from a version on; its [`Revision`]s say what it forbids
//! from when. A restricted check may override a baseline one that it is stricter than. A
//! [`Standard`] is a level at a version: the checks that hold there.
//!
//! What the API server sees is the pod after defaulting, and so do the rules here: a volume without
//! a source is an `emptyDir`.
//!
//! Upstream reads typed objects, so that whatever is malformed never comes to it. Here it is
//! neither allowed nor forbidden but *undecided*.

mod found;
mod version;

pub mod allow_privilege_escalation;
pub mod app_armor_profile;
pub mod capabilities_baseline;
pub mod capabilities_restricted;
pub mod host_namespaces;
pub mod host_path_volumes;
pub mod host_ports;
pub mod host_probes;
pub mod privileged;
pub mod proc_mount;
pub mod proc_mount_restricted;
pub mod restricted_volumes;
pub mod run_as_non_root;
pub mod run_as_user;
pub mod se_linux_options;
pub mod seccomp_profile_baseline;
pub mod seccomp_profile_restricted;
pub mod sysctls;
pub mod windows_host_process;

pub use found::{Found, Setter, Violation, absent};
pub use version::{InvalidVersion, Version};

use seawall_model::document::{Kind, Node};
use seawall_model::workload::Pod;
use seawall_model::{Level, Outcome, Undecided};

/// A check of the standards.
#[derive(Debug)]
pub struct StandardCheck {
    /// Upstream's name for it.
    pub id: &'static str,
    /// The level that it belongs to.
    pub level: Level,
    /// What it forbids from when, oldest first.
    pub revisions: &'static [Revision],
}

impl PartialEq for StandardCheck {
    /// Checks are known by their id.
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// What a check forbids from a version on.
#[derive(Debug)]
pub struct Revision {
    /// The first version that it holds for.
    pub since: Version,
    /// The baseline check that is left out where this one runs.
    pub overrides: Option<&'static str>,
    /// Looks at a pod.
    pub run: for<'a> fn(&Pod<'a>, &mut Found<'a>) -> Outcome<'a>,
}

/// All checks: baseline and then restricted, each by name, as upstream orders its messages.
pub const CHECKS: &[&StandardCheck] = &[
    &app_armor_profile::CHECK,
    &capabilities_baseline::CHECK,
    &host_namespaces::CHECK,
    &host_path_volumes::CHECK,
    &host_ports::CHECK,
    &host_probes::CHECK,
    &privileged::CHECK,
    &proc_mount::CHECK,
    &se_linux_options::CHECK,
    &seccomp_profile_baseline::CHECK,
    &sysctls::CHECK,
    &windows_host_process::CHECK,
    &allow_privilege_escalation::CHECK,
    &capabilities_restricted::CHECK,
    &proc_mount_restricted::CHECK,
    &restricted_volumes::CHECK,
    &run_as_non_root::CHECK,
    &run_as_user::CHECK,
    &seccomp_profile_restricted::CHECK,
];

impl StandardCheck {
    /// The revision that holds for a version, if the check is that old.
    pub fn revision(&self, version: Version) -> Option<&'static Revision> {
        self.revisions.iter().rev().find(|revision| revision.since <= version)
    }
}

/// A level at a version. The level `privileged` allows everything and so is none of these.
#[derive(Clone, Debug)]
pub struct Standard {
    checks: Vec<(&'static StandardCheck, &'static Revision)>,
}

/// What a standard says of a pod.
#[derive(Clone, Debug, Default)]
pub struct Evaluation<'a> {
    /// What is forbidden.
    pub violations: Vec<Violation<'a>>,
    /// What could not be understood, each value once.
    pub undecided: Vec<Undecided<'a>>,
}

impl Evaluation<'_> {
    /// Whether the pod may run: nothing is forbidden and nothing is undecided.
    pub fn is_allowed(&self) -> bool {
        self.violations.is_empty() && self.undecided.is_empty()
    }
}

impl Standard {
    /// The checks of a level at a version.
    pub fn new(level: Level, version: Version) -> Self {
        let mut checks: Vec<_> = CHECKS
            .iter()
            .filter(|check| check.level <= level)
            .filter_map(|check| Some((*check, check.revision(version.min(Version::NEWEST))?)))
            .collect();
        let overridden: Vec<_> =
            checks.iter().filter_map(|(_, revision)| revision.overrides).collect();
        checks.retain(|(check, _)| !overridden.contains(&check.id));
        Standard { checks }
    }

    /// The checks that hold, in the order of [`CHECKS`].
    pub fn checks(&self) -> impl Iterator<Item = &'static StandardCheck> + '_ {
        self.checks.iter().map(|(check, _)| *check)
    }

    /// Evaluates a pod.
    pub fn evaluate<'a>(&self, pod: &Pod<'a>) -> Evaluation<'a> {
        let Some((first, _)) = self.checks.first() else { return Evaluation::default() };
        let mut found = Found::new(first);
        found.undecided.extend(unread_containers(pod.spec));
        for (check, revision) in &self.checks {
            if let Err(why) = (revision.run)(pod, found.of(check)) {
                found.undecided.push(why);
            }
        }
        let Found { violations, mut undecided, .. } = found;
        // Several checks may have stumbled over one value.
        undecided.sort_by_key(|why| why.node.index());
        undecided.dedup_by_key(|why| why.node.index());
        Evaluation { violations, undecided }
    }
}

/// Evaluates a pod by a level at a version; see [`Standard`] for evaluating many.
pub fn evaluate<'a>(pod: &Pod<'a>, level: Level, version: Version) -> Evaluation<'a> {
    Standard::new(level, version).evaluate(pod)
}

/// Containers that the view of the pod passes over because they are none.
fn unread_containers<'a>(spec: Node<'a>) -> impl Iterator<Item = Undecided<'a>> {
    spec.entries()
        .filter(|(key, value)| {
            !value.is_null()
                && matches!(key.text(), "initContainers" | "containers" | "ephemeralContainers")
        })
        .flat_map(|(_, list)| {
            let not_a_list = list.list().err();
            let not_maps = list.items().filter_map(|item| item.map().err());
            not_a_list.into_iter().chain(not_maps)
        })
        .chain((spec.kind() != Kind::Map).then(|| spec.map().err()).flatten())
}
