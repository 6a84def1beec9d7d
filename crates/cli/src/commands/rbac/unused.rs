//! `seawall rbac unused`: permissions that an audit log never shows in use.

use clap::Args;
use seawall_rbac::{Held, Rule, Usage};
use seawall_report::list::{self, Column, ListFormat};
use serde::Serialize;

use super::audit_log::AuditLog;
use super::named::subjects;
use super::records::{Asked, GrantRecord, shown};
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::{Sources, Wanted};

/// Tell which granted permissions an audit log never shows in use
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall rbac unused --from-audit audit.log -f bundle.tar.zst
  seawall rbac unused --from-audit audit-*.log.gz --cluster --subject sa/shop/web
  seawall rbac unused --from-audit audit.log -f deploy/ -o csv

A permission counts as used wherever it allows a request of the log, also where another allows it
too. The log has to be of the level Metadata or above, of every API server, and long enough to hold
what is done once a month. Of Kubernetes' own bindings nothing is told.

Exit codes: 0 everything is in use, 1 something is not, 2 usage or input error; also 2 with --strict
when something could not be read."
)]
pub(super) struct Unused {
    #[command(flatten)]
    log: AuditLog,
    /// Only this subject; may be given several times
    #[arg(long = "subject", value_name = "SUBJECT")]
    only: Vec<String>,
    /// List what is wholly in use, too
    #[arg(long)]
    all: bool,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: Sources,
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    grant: GrantRecord<'a>,
    /// never, partly or fully.
    used: &'static str,
    unused: Vec<Rule<'a>>,
    in_use: Vec<Rule<'a>>,
}

fn columns<'a>() -> [Column<Row<'a>>; 8] {
    [
        Column::new("SUBJECT", |row| row.grant.subject.to_string()),
        Column::new("NAMESPACE", |row| row.grant.scope()),
        Column::new("BINDING", |row| row.grant.binding.to_string()),
        Column::new("ROLE", |row| row.grant.role.to_string()),
        Column::new("USED", |row| row.used.to_owned()),
        Column::new("UNUSED", |row| shown(&row.unused)),
        Column::wide("IN USE", |row| shown(&row.in_use)),
        Column::wide("RULE AT", |row| row.grant.rule_at.clone().unwrap_or_default()),
    ]
}

impl Unused {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let asked = Asked::new(&self.sources, &[Wanted::Roles], global)?;
        let mut wanted = Vec::new();
        for name in &self.only {
            wanted.extend(subjects(&asked.policy, name)?);
        }
        let mut usage = Usage::new(&asked.policy);
        let reading = self.log.read(|used| {
            usage.note(&used);
            Ok(())
        })?;
        if usage.unexplained() > 0 {
            tracing::warn!(
                "{} kinds of requests were allowed that no role here allows: the log may be of \
                 another cluster or time",
                usage.unexplained()
            );
        }
        let held = usage.held()?;
        let rows: Vec<Row<'_>> = held
            .into_iter()
            .filter(|held| {
                wanted.is_empty() || wanted.contains(&asked.policy.subject(held.grant.subject))
            })
            .map(|held| row(&asked, held))
            .filter(|row| self.all || row.used != "fully")
            .collect();
        let found = rows.iter().any(|row| row.used != "fully");
        let unread = [asked.unread.as_slice(), &reading.unread].concat();
        let nothing = "Everything is in use.";
        to_stdout(|out| list::answer(self.output, &columns(), &rows, nothing, &unread, out))?;
        let outcome = if found { Outcome::Findings } else { Outcome::Clean };
        Ok(reading.outcome(asked.read.is_strict(), asked.outcome(outcome)))
    }
}

fn row<'a>(asked: &'a Asked, held: Held<'a>) -> Row<'a> {
    let used = match (held.used.is_empty(), held.unused.is_empty()) {
        (_, true) => "fully",
        (true, false) => "never",
        (false, false) => "partly",
    };
    Row {
        grant: GrantRecord::new(&asked.policy, &asked.read.inventory, held.grant),
        used,
        unused: held.unused,
        in_use: held.used,
    }
}
