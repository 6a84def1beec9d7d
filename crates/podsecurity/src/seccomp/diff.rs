//! Where two filters treat a call differently.

use super::arch::Arch;
use super::filter::{Filter, Outlook};
use super::syscalls::Syscall;

/// A call that two filters treat differently.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The call.
    pub call: &'static str,
    /// What the first does.
    pub first: Outlook,
    /// What the second does.
    pub second: Outlook,
}

impl Difference {
    /// Whether the second lets calls through that the first does not: anything, or with other
    /// arguments.
    pub fn opens(&self) -> bool {
        let (first, second) = (&self.first, &self.second);
        match (first.always(), second.always()) {
            (Some(first), Some(second)) => second.permits() && !first.permits(),
            (Some(first), None) => !first.permits() && second.may_permit(),
            (None, Some(second)) => second.permits(),
            // Both depend on arguments.
            (None, None) => false,
        }
    }

    /// Whether the second stops calls that the first lets through.
    pub fn closes(&self) -> bool {
        Difference { call: self.call, first: self.second.clone(), second: self.first.clone() }
            .opens()
    }
}

/// All calls of an architecture that two filters treat differently, by group and name.
pub fn diff(first: &Filter, second: &Filter, arch: Arch) -> Vec<Difference> {
    Syscall::of(arch)
        .filter_map(|call| {
            let (one, two) = (first.outlook(arch, call.name), second.outlook(arch, call.name));
            let same = match (one.always(), two.always()) {
                (Some(one), Some(two)) => one == two,
                (None, None) => alike(&one, &two),
                _ => false,
            };
            (!same).then_some(Difference { call: call.name, first: one, second: two })
        })
        .collect()
}

/// Whether two outlooks have the same rules, wherever those stand.
fn alike(one: &Outlook, two: &Outlook) -> bool {
    let key = |outlook: &Outlook| {
        let mut rules: Vec<String> = outlook
            .conditional
            .iter()
            .map(|rule| {
                let conditions: Vec<String> =
                    rule.conditions.iter().map(ToString::to_string).collect();
                format!("{}: {:?}", conditions.join(", "), rule.ret)
            })
            .collect();
        rules.sort_unstable();
        (rules, outlook.otherwise)
    };
    key(one) == key(two)
}
