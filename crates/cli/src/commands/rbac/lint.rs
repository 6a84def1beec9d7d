//! `seawall rbac lint`: roles and bindings that do not say what they mean.

use clap::Args;
use seawall_model::Severity;
use seawall_rbac::resources::Resources;
use seawall_rbac::{Remark, lint};
use seawall_report::list::{Column, ListFormat};
use serde::Serialize;

use super::records::{Asked, place};
use crate::Outcome;
use crate::global::Global;
use crate::sources::{NamedSources, Wanted};

/// Find dangling bindings, rules that grant nothing or say it twice, and wildcards
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall rbac lint deploy/
  seawall rbac lint --cluster -o csv
  seawall rbac lint deploy/ --fail-on info

What Kubernetes made is not looked at, but where somebody gave it more than Kubernetes did.

Exit codes: 0 nothing at or above --fail-on, 1 remarks, 2 usage or input error; also 2 with --strict
when something could not be read."
)]
pub(super) struct Lint {
    /// Fail at remarks of this severity or above: critical, high, medium, low, info
    #[arg(long, value_name = "SEVERITY", default_value = "medium")]
    fail_on: Severity,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: NamedSources,
}

#[derive(Serialize)]
struct Row {
    severity: &'static str,
    lint: &'static str,
    of: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

const COLUMNS: [Column<Row>; 5] = [
    Column::new("SEVERITY", |row| row.severity.to_owned()),
    Column::new("LINT", |row| row.lint.to_owned()),
    Column::new("OF", |row| row.of.clone()),
    Column::new("MESSAGE", |row| row.message.clone()),
    Column::wide("AT", |row| row.at.clone().unwrap_or_default()),
];

impl Lint {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let wanted = [Wanted::Roles, Wanted::ServiceAccounts, Wanted::Definitions];
        let asked = Asked::new(&self.sources.all(), &wanted, global)?;
        let inventory = &asked.read.inventory;
        let remarks = lint(&asked.policy, inventory, &Resources::of(inventory));
        let fails = remarks.iter().any(|remark| remark.lint.severity() >= self.fail_on);
        let row = |remark: Remark| Row {
            severity: remark.lint.severity().name(),
            lint: remark.lint.id(),
            of: remark.of,
            message: remark.message,
            at: remark.object.map(|object| place(inventory.object(object as usize), remark.node)),
        };
        let rows: Vec<Row> = remarks.into_iter().map(row).collect();
        asked.write(self.output, &COLUMNS, &rows, "Nothing to remark on.")?;
        Ok(asked.outcome(if fails { Outcome::Findings } else { Outcome::Clean }))
    }
}
