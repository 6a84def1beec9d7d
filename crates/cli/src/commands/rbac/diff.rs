//! `seawall rbac diff`: permissions gained and lost, by subject.

use anyhow::bail;
use clap::Args;
use seawall_rbac::{Change, Policy, Rule, Subject, diff};
use seawall_report::list::{self, Column, ListFormat};
use serde::Serialize;

use super::records::{gaps, shown};
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::{Sources, Wanted};

/// Tell which permissions a change gives and takes, by subject
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall rbac diff before.tar.zst after.tar.zst
  seawall rbac diff main/deploy/ branch/deploy/          # a pull request
  seawall rbac diff --cluster deploy/                    # what applying the manifests would change
  seawall rbac diff bundle.tar.zst --apply deploy/ -o json

With --apply, and against a cluster, the manifests take the place of what they describe, and all
else stays. What a group gains is told of the group.

Exit codes: 0 nobody gains anything, 1 somebody does, 2 usage or input error; also 2 with --strict
when something could not be read."
)]
pub(super) struct Diff {
    /// Two states, before and after: files, directories, charts or bundles; with --cluster only
    /// the manifests
    #[arg(value_name = "BEFORE AFTER", num_args = 1..=2, required = true)]
    states: Vec<String>,
    /// Manifests to apply to the one state that is given
    #[arg(long, value_name = "TARGET")]
    apply: Vec<String>,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: Sources,
}

#[derive(Serialize)]
struct Row<'a> {
    change: &'static str,
    subject: Subject,
    /// Nothing for the whole cluster.
    namespace: Option<&'a str>,
    rules: Vec<Rule<'a>>,
}

fn columns<'a>() -> [Column<Row<'a>>; 4] {
    [
        Column::new("CHANGE", |row| row.change.to_owned()),
        Column::new("SUBJECT", |row| row.subject.to_string()),
        Column::new("NAMESPACE", |row| row.namespace.unwrap_or("*").to_owned()),
        Column::new("MAY", |row| {
            if row.change == "changed" {
                "more than can be told".to_owned()
            } else {
                shown(&row.rules)
            }
        }),
    ]
}

impl Diff {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let Diff { states, apply, output, sources } = self;
        let of = |targets: Vec<String>| sources.with_only(targets);
        let (before, after, applied) =
            match (states.as_slice(), apply.is_empty(), sources.is_cluster()) {
                ([before, after], true, false) => {
                    (of(vec![before.clone()]), of(vec![after.clone()]), false)
                }
                ([state], false, false) => (of(vec![state.clone()]), of(apply), true),
                ([manifests], true, true) => (sources.clone(), of(vec![manifests.clone()]), true),
                _ => bail!(
                    "give BEFORE and AFTER, or one state with --apply, or --cluster with manifests"
                ),
            };
        let before = before.read_wanted(global, &[Wanted::Roles])?;
        let after = after.read_more(global, &[Wanted::Roles])?;
        let old = Policy::read(&before.inventory);
        let new = if applied {
            Policy::read_applied(&before.inventory, &after.inventory)
        } else {
            Policy::read(&after.inventory)
        };
        let mut unread = before.with_gaps(gaps(&old, &before.inventory));
        // What is applied to another state does not tell whose each of its gaps is.
        let own = applied.then(|| Policy::read(&after.inventory));
        let of_after = gaps(own.as_ref().unwrap_or(&new), &after.inventory);
        unread.extend(after.with_gaps(of_after));
        let rows: Vec<Row<'_>> = diff(&old, &new).into_iter().flat_map(rows).collect();
        let nothing = "No permission changes.";
        to_stdout(|out| list::answer(output, &columns(), &rows, nothing, &unread, out))?;
        let gains = rows.iter().any(|row| row.change != "lost");
        let outcome = if gains { Outcome::Findings } else { Outcome::Clean };
        let has_gaps = !old.gaps().is_empty() || !new.gaps().is_empty();
        Ok(after.outcome_with(before.outcome_with(outcome, has_gaps), has_gaps))
    }
}

fn rows(change: Change<'_>) -> Vec<Row<'_>> {
    let Change { subject, namespace, gained, lost, untold } = change;
    let row = |change, rules| Row { change, subject: subject.clone(), namespace, rules };
    if untold {
        return vec![row("changed", Vec::new())];
    }
    [("gained", gained), ("lost", lost)]
        .into_iter()
        .filter(|(_, rules)| !rules.is_empty())
        .map(|(change, rules)| row(change, rules))
        .collect()
}
