//! What a filter lets through, by group, and what of it is dangerous.

use super::arch::Arch;
use super::danger::{DANGEROUS, Danger};
use super::diff::{Difference, diff};
use super::filter::{Filter, Outlook};
use super::syscalls::{GROUPS, Group, Syscall};

/// What becomes of the calls of a group.
#[derive(Clone, Debug)]
pub struct GroupState {
    /// The group.
    pub group: Group,
    /// Calls that take place whatever their arguments.
    pub allowed: Vec<&'static str>,
    /// Calls that depend on their arguments.
    pub depends: Vec<(&'static str, Outlook)>,
    /// Calls that never take place.
    pub denied: Vec<&'static str>,
}

/// A dangerous call that is open.
#[derive(Clone, Debug)]
pub struct Open {
    /// Which, and what it is dangerous for.
    pub danger: Danger,
    /// With which arguments; `None` where with any.
    pub outlook: Option<Outlook>,
    /// Whether RuntimeDefault leaves it as open as this.
    pub by_default: bool,
}

/// A filter, explained.
#[derive(Clone, Debug)]
pub struct Explained {
    /// By group.
    pub groups: Vec<GroupState>,
    /// Dangerous calls that are open.
    pub open: Vec<Open>,
    /// Where it differs from RuntimeDefault, which is the first of each pair.
    pub from_default: Vec<Difference>,
}

/// Explains a filter for calls of an architecture, against RuntimeDefault for the same container.
pub fn explain(filter: &Filter, default: &Filter, arch: Arch) -> Explained {
    let mut groups: Vec<GroupState> = GROUPS
        .iter()
        .map(|group| GroupState {
            group: *group,
            allowed: Vec::new(),
            depends: Vec::new(),
            denied: Vec::new(),
        })
        .collect();
    for call in Syscall::of(arch) {
        let outlook = filter.outlook(arch, call.name);
        let state = &mut groups[call.group];
        match outlook.always() {
            Some(ret) if ret.permits() => state.allowed.push(call.name),
            Some(_) => state.denied.push(call.name),
            None => state.depends.push((call.name, outlook)),
        }
    }
    groups.retain(|state| {
        !(state.allowed.is_empty() && state.depends.is_empty() && state.denied.is_empty())
    });
    let from_default = diff(default, filter, arch);
    let here = |danger: &&Danger| Syscall::of(arch).any(|call| call.name == danger.call);
    let open = DANGEROUS
        .iter()
        .filter(here)
        .filter(|&danger| is_open(filter, arch, *danger))
        .map(|danger| Open {
            danger: *danger,
            by_default: is_open(default, arch, *danger),
            outlook: Some(filter.outlook(arch, danger.call))
                .filter(|outlook| outlook.always().is_none()),
        })
        .collect();
    Explained { groups, open, from_default }
}

/// Whether a filter lets the dangerous form of a call through.
pub(super) fn is_open(filter: &Filter, arch: Arch, danger: Danger) -> bool {
    match danger.argument() {
        Some(value) => filter.decide(arch, danger.call, &[value, 0, 0, 0, 0, 0]).ret.permits(),
        None => filter.outlook(arch, danger.call).may_permit(),
    }
}
