//! What a change of manifests changes in who may talk to whom.
//!
//! The two clusters cut the addresses outside at different places, so both are read again with the
//! cuts of both, and ranges that changed alike are put together at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use seawall_model::Inventory;

use crate::connections::Connections;
use crate::list::{Bounds, Focus, Line};
use crate::network::{Cuts, Network};
use crate::service::Services;

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Change {
    /// Only the second permits it.
    Added,
    /// Only the first permits it.
    Removed,
    /// Both permit something, but not the same.
    Changed,
}

impl Change {
    /// The word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Changed => "changed",
        }
    }
}

/// A pair of peers that is not permitted the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What became of it.
    pub change: Change,
    /// Who sends.
    pub from: String,
    /// Who receives.
    pub to: String,
    /// What the first permits, surely or possibly.
    pub before: Connections,
    /// What the second permits, surely or possibly.
    pub after: Connections,
    /// Which of the two ends is there in only one of the clusters.
    pub new: Vec<String>,
    /// Which of the two ends is gone in the second.
    pub gone: Vec<String>,
}

type Pairs = BTreeMap<(Key, Key), Connections>;

/// An end that can be found again in the other cluster, and whose ranges sort by address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Outside(crate::address::Range),
    Other(String),
}

impl Key {
    fn of(end: &crate::list::End<'_, '_>) -> Self {
        match end {
            crate::list::End::Outside(range) => Key::Outside(*range),
            other => Key::Other(other.to_string()),
        }
    }

    fn text(&self) -> String {
        match self {
            Key::Outside(range) => format!("{range}[External]"),
            Key::Other(name) => name.clone(),
        }
    }

    /// The two ranges as one, where they touch.
    fn joined(&self, next: &Key) -> Option<Key> {
        match (self, next) {
            (Key::Outside(a), Key::Outside(b)) => a.joined(b).map(Key::Outside),
            (a, b) if a == b => Some(a.clone()),
            _ => None,
        }
    }
}

/// Compares two clusters.
pub fn diff(before: &Inventory, after: &Inventory, focus: &Focus) -> Vec<Difference> {
    let (first, second) = (Network::of(before), Network::of(after));
    let cuts = Cuts::of(&[&first, &second]);
    let (first, second) = (Network::cut(before, &cuts), Network::cut(after, &cuts));
    let (old, new) = (pairs(&first, focus), pairs(&second, focus));
    let names = |network: &Network<'_>| -> BTreeSet<String> {
        network.workloads().iter().map(ToString::to_string).collect()
    };
    let (old_names, new_names) = (names(&first), names(&second));
    let keys: BTreeSet<&(Key, Key)> = old.keys().chain(new.keys()).collect();
    let mut merged: Vec<(Key, Key, Connections, Connections)> = Vec::new();
    for key in keys {
        let get = |pairs: &Pairs| pairs.get(key).cloned().unwrap_or_default();
        let (before, after) = (get(&old), get(&new));
        if before == after {
            continue;
        }
        let (from, to) = key;
        let joined = merged.iter_mut().rev().take(64).find_map(|last| {
            let same = last.2 == before && last.3 == after;
            let ends = (last.0.joined(from)?, last.1.joined(to)?);
            let one_moves = last.0 == *from || last.1 == *to;
            (same && one_moves).then_some((last, ends))
        });
        match joined {
            Some((last, (from, to))) => (last.0, last.1) = (from, to),
            None => merged.push((from.clone(), to.clone(), before, after)),
        }
    }
    merged
        .into_iter()
        .map(|(from, to, before, after)| {
            let change = match (before.is_empty(), after.is_empty()) {
                (true, _) => Change::Added,
                (_, true) => Change::Removed,
                _ => Change::Changed,
            };
            let (from, to) = (from.text(), to.text());
            let only = |have: &BTreeSet<String>, lack: &BTreeSet<String>| -> Vec<String> {
                let ends = [&from, &to];
                ends.into_iter()
                    .filter(|end| have.contains(*end) && !lack.contains(*end))
                    .cloned()
                    .collect()
            };
            let (new, gone) = (only(&new_names, &old_names), only(&old_names, &new_names));
            Difference { change, from, to, before, after, new, gone }
        })
        .collect()
}

fn pairs(network: &Network<'_>, focus: &Focus) -> Pairs {
    let (services, _) = Services::of(network);
    let mut pairs = Pairs::new();
    let mut keep = |line: &Line<'_, '_>| -> Result<(), Infallible> {
        let open = line.connections.union(&line.unknown);
        pairs.insert((Key::of(&line.from), Key::of(&line.to)), open);
        Ok(())
    };
    match Bounds::of(network).lines(&services, focus, &mut keep) {
        Ok(()) => pairs,
    }
}
