//! `seawall rbac risks`: rights that lead further than they say.

use clap::Args;
use seawall_model::Severity;
use seawall_rbac::Subject;
use seawall_rbac::risks::{CLASSES, Class, Risk, class};
use seawall_report::list::{Column, ListFormat};
use serde::Serialize;

use super::records::{Asked, GrantRecord};
use crate::Outcome;
use crate::global::Global;
use crate::sources::{NamedSources, Wanted};

/// Tell who holds rights that lead further than they say
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall rbac risks bundle.tar.zst
  seawall rbac risks --cluster --class secrets --class exec -o wide
  seawall rbac risks deploy/ --fail-on critical
  seawall rbac risks --cluster --all -o json

Only what somebody holds counts: a role that nobody is bound to is no risk. What Kubernetes' own
roles give its own components is left out; --all lists it, and marks it as default. A risk within
bounds (some names alone, or what the API server holds back) is one step less severe.

Exit codes: 0 nothing at or above --fail-on, 1 risks, 2 usage or input error; also 2 with --strict
when something could not be read."
)]
pub(super) struct Risks {
    /// Only this class; may be given several times
    #[arg(long = "class", value_name = "CLASS", value_parser = parse_class)]
    classes: Vec<&'static Class>,
    /// Only what is held in this namespace, or in the whole cluster
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// What Kubernetes' own roles give its own components, too
    #[arg(long)]
    all: bool,
    /// Fail at risks of this severity or above: critical, high, medium, low, info
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    fail_on: Severity,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: NamedSources,
}

fn parse_class(id: &str) -> Result<&'static Class, String> {
    class(id).ok_or_else(|| {
        let ids: Vec<&str> = CLASSES.iter().map(|class| class.id).collect();
        format!("there are {}", ids.join(", "))
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    class: &'static str,
    severity: &'static str,
    subject: Subject,
    /// Nothing for the whole cluster.
    namespaces: Option<Vec<String>>,
    may: &'static str,
    why: &'static str,
    opens: &'static str,
    bounded: bool,
    default: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_identity: Option<String>,
    grants: Vec<GrantRecord<'a>>,
}

/// Namespaces that a cell names.
const MOST_NAMED: usize = 3;

fn first_of(words: &[String]) -> String {
    if words.len() <= MOST_NAMED {
        return words.join(",");
    }
    format!("{} and {} more", words[..MOST_NAMED].join(","), words.len() - MOST_NAMED)
}

fn by(row: &Row<'_>) -> String {
    if let Some(annotation) = &row.cloud_identity {
        return format!("annotation {annotation}");
    }
    let mut names: Vec<String> = row
        .grants
        .iter()
        .map(|grant| format!("{} ({})", grant.binding.name, grant.role.name))
        .collect();
    names.dedup();
    first_of(&names)
}

fn columns<'a>() -> [Column<Row<'a>>; 8] {
    [
        Column::new("SEVERITY", |row| row.severity.to_owned()),
        Column::new("CLASS", |row| row.class.to_owned()),
        Column::new("SUBJECT", |row| row.subject.to_string()),
        Column::new("NAMESPACE", |row| {
            row.namespaces.as_ref().map_or_else(|| "*".to_owned(), |names| first_of(names))
        }),
        Column::new("BY BINDING (ROLE)", by),
        Column::wide("BOUNDED", |row| if row.bounded { "yes" } else { "no" }.to_owned()),
        Column::wide("WHY", |row| row.why.to_owned()),
        Column::wide("OPENS", |row| row.opens.to_owned()),
    ]
}

impl Risks {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let asked =
            Asked::new(&self.sources.all(), &[Wanted::Roles, Wanted::ServiceAccounts], global)?;
        asked.doubt_namespace(self.namespace.as_deref());
        let mut risks = asked.policy.risks();
        risks.retain(|risk| self.wants(risk));
        let defaults = risks.iter().filter(|risk| risk.is_default).count();
        if !self.all {
            risks.retain(|risk| !risk.is_default);
        }
        let row = |risk: Risk| Row {
            class: risk.class.id,
            severity: risk.severity().name(),
            subject: risk.subject,
            namespaces: risk.namespaces,
            may: risk.class.title,
            why: risk.class.why,
            opens: risk.class.opens,
            bounded: risk.bounded,
            default: risk.is_default,
            cloud_identity: risk.cloud_identity,
            grants: risk
                .grants
                .into_iter()
                .map(|grant| GrantRecord::new(&asked.policy, &asked.read.inventory, grant))
                .collect(),
        };
        let worst = risks.iter().filter(|risk| !risk.is_default).map(Risk::severity).max();
        let rows: Vec<Row<'_>> = risks.into_iter().map(row).collect();
        asked.write(self.output, &columns(), &rows, "No risks.")?;
        if !self.all && defaults > 0 && self.output.is_table() && global.is_verbose() {
            tracing::warn!("{defaults} of Kubernetes' own are left out: --all lists them");
        }
        let fails = worst.is_some_and(|worst| worst >= self.fail_on);
        Ok(asked.outcome(if fails { Outcome::Findings } else { Outcome::Clean }))
    }

    fn wants(&self, risk: &Risk) -> bool {
        let of_class = self.classes.is_empty() || self.classes.contains(&risk.class);
        let here = match (&self.namespace, &risk.namespaces) {
            (Some(asked), Some(list)) => list.contains(asked),
            _ => true,
        };
        of_class && here
    }
}
