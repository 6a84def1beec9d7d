//! What has changed between two runs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::outcome::Verdict;
use crate::report::{ControlResult, Report};

/// One control of one node that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The node.
    pub node: Option<String>,
    /// The benchmark.
    pub benchmark: String,
    /// The control's number.
    pub id: String,
    /// What it asks for.
    pub title: String,
    /// What it came to before; none where it was not looked at.
    pub before: Option<Verdict>,
    /// What it comes to now; none where it is not looked at any more.
    pub after: Option<Verdict>,
    /// How the change is to be taken.
    pub kind: ChangeKind,
    /// Why, as the later run says it, or the earlier one where there is no later one.
    pub reason: String,
    /// What was seen before and is seen now, where that differs: item, before, after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Seen>,
}

/// A value that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// What: `kube-apiserver --anonymous-auth`.
    pub item: String,
    /// Its value before.
    pub before: Option<String>,
    /// Its value now.
    pub after: Option<String>,
}

/// How a change is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is worse than it was, or fails now that it is looked at.
    Regression,
    /// It passed and is not looked at any more.
    Gone,
    /// The verdict is another or new, and no worse.
    Other,
    /// The verdict is the same, but not what was seen.
    Value,
    /// It is better than it was.
    Improvement,
}

impl ChangeKind {
    /// The word for people.
    pub fn name(self) -> &'static str {
        match self {
            ChangeKind::Regression => "worse",
            ChangeKind::Gone => "gone",
            ChangeKind::Other => "changed",
            ChangeKind::Value => "value",
            ChangeKind::Improvement => "better",
        }
    }
}

type Key<'a> = (Option<&'a str>, &'a str, &'a str, &'a str);

/// Compares two runs, control by control; the worst changes come first.
pub fn drift(before: &[Report], after: &[Report]) -> Vec<Change> {
    let (old, new) = (by_key(before), by_key(after));
    let mut keys: Vec<&Key<'_>> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    let mut changes: Vec<Change> = keys
        .into_iter()
        .filter_map(|key| {
            let (before, after) = (old.get(key).copied(), new.get(key).copied());
            let seen = match (before, after) {
                (Some(before), Some(after)) => seen(before, after),
                _ => Vec::new(),
            };
            let kind = kind(before, after, &seen)?;
            let shown = after.or(before)?;
            let (node, benchmark, ..) = *key;
            Some(Change {
                node: node.map(str::to_owned),
                benchmark: benchmark.to_owned(),
                id: shown.id.clone(),
                title: shown.title.clone(),
                before: before.map(|result| result.verdict),
                after: after.map(|result| result.verdict),
                kind,
                reason: shown.reason.clone(),
                seen,
            })
        })
        .collect();
    // Stable: by node and control within a kind.
    changes.sort_by_key(|change| change.kind);
    changes
}

fn by_key(reports: &[Report]) -> BTreeMap<Key<'_>, &ControlResult> {
    let mut all = BTreeMap::new();
    for report in reports {
        for result in &report.results {
            let key = (
                report.node.as_deref(),
                report.benchmark.as_str(),
                result.group.as_str(),
                result.id.as_str(),
            );
            all.insert(key, result);
        }
    }
    all
}

/// How far from good a verdict is; not to apply is as good as to pass.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass | Verdict::NotApplicable => 0,
        Verdict::Manual => 1,
        Verdict::Unknown => 2,
        Verdict::Fail => 3,
    }
}

fn kind(
    before: Option<&ControlResult>,
    after: Option<&ControlResult>,
    seen: &[Seen],
) -> Option<ChangeKind> {
    let (before, after) = (before.map(|one| one.verdict), after.map(|one| one.verdict));
    Some(match (before, after) {
        (Some(before), Some(after)) if before == after => {
            if seen.is_empty() {
                return None;
            }
            ChangeKind::Value
        }
        (Some(before), Some(after)) => match rank(after).cmp(&rank(before)) {
            std::cmp::Ordering::Greater => ChangeKind::Regression,
            std::cmp::Ordering::Less => ChangeKind::Improvement,
            std::cmp::Ordering::Equal => ChangeKind::Other,
        },
        (None, Some(Verdict::Fail | Verdict::Unknown)) => ChangeKind::Regression,
        (Some(Verdict::Pass), None) => ChangeKind::Gone,
        (None, None) => return None,
        _ => ChangeKind::Other,
    })
}

/// What was seen before and is seen now, item by item; where it was seen does not count, for lines
/// and process ids move.
fn seen(before: &ControlResult, after: &ControlResult) -> Vec<Seen> {
    let values = |result: &ControlResult| -> BTreeMap<String, Option<String>> {
        let items = result.evidence.iter();
        items.map(|evidence| (evidence.item.clone(), evidence.value.clone())).collect()
    };
    let (old, new) = (values(before), values(after));
    let mut items: Vec<&String> = old.keys().chain(new.keys()).collect();
    items.sort();
    items.dedup();
    items
        .into_iter()
        .filter(|item| old.get(*item) != new.get(*item))
        .map(|item| Seen {
            item: item.clone(),
            before: old.get(item).cloned().flatten(),
            after: new.get(item).cloned().flatten(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Evidence, OriginKind};
    use crate::report::Assessment;

    fn report(results: &[(&str, Verdict, &str)]) -> Report {
        let results = results.iter().map(|(id, verdict, value)| ControlResult {
            id: (*id).to_owned(),
            title: "t".to_owned(),
            group: "1 g".to_owned(),
            assessment: Assessment::Automated,
            verdict: *verdict,
            reason: "r".to_owned(),
            evidence: vec![Evidence::new("item", Some((*value).to_owned()), OriginKind::Flag, *id)],
            remedy: String::new(),
            patches: Vec::new(),
        });
        Report {
            seawall: "1".to_owned(),
            benchmark: "b".to_owned(),
            title: "B".to_owned(),
            node: Some("n".to_owned()),
            time: String::new(),
            platform: String::new(),
            kubernetes: None,
            unread: None,
            results: results.collect(),
        }
    }

    #[test]
    fn each_change_is_of_its_kind_and_the_worst_comes_first() {
        use Verdict::{Fail, Manual, NotApplicable, Pass, Unknown};
        let before = report(&[
            ("1", Pass, "a"),
            ("2", Fail, "a"),
            ("3", Pass, "a"),
            ("4", Pass, "a"),
            ("5", Fail, "a"),
            ("6", Pass, "a"),
            ("8", Pass, "a"),
            ("9", Manual, "a"),
        ]);
        let after = report(&[
            ("1", Pass, "a"),
            ("2", Pass, "b"),
            ("3", Unknown, "a"),
            ("4", NotApplicable, "a"),
            ("5", Fail, "b"),
            ("7", Fail, "a"),
            ("8", Fail, "b"),
            ("9", Manual, "a"),
        ]);
        let kinds: Vec<_> =
            drift(&[before], &[after]).into_iter().map(|change| (change.id, change.kind)).collect();
        let expected = [
            ("3", ChangeKind::Regression),
            ("7", ChangeKind::Regression),
            ("8", ChangeKind::Regression),
            ("6", ChangeKind::Gone),
            ("4", ChangeKind::Other),
            ("5", ChangeKind::Value),
            ("2", ChangeKind::Improvement),
        ];
        assert_eq!(kinds, expected.map(|(id, kind)| (id.to_owned(), kind)));
    }
}
