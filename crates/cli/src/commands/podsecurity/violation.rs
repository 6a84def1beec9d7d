//! What a standard refuses of a pod, as a record.

use std::io::{self, Write};

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Location, Undecided};
use seawall_podsecurity::admission::Obstacle;
use seawall_podsecurity::standards::Violation;
use seawall_report::list::Column;
use serde::Serialize;

/// One thing that is forbidden, or can't be decided.
#[derive(Serialize)]
pub(super) struct Record {
    /// The workload, as `Deployment shop/web`.
    object: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<String>,
    /// Upstream's name of the check; `null` where a value could not be understood.
    check: Option<&'static str>,
    field: String,
    file: String,
    line: u32,
    column: u32,
    /// What is wrong and what to write instead.
    reason: String,
}

impl Record {
    /// All that stands in the way of a pod.
    pub(super) fn all(pod: &Pod<'_>, obstacle: &Obstacle<'_>) -> Vec<Self> {
        let violations = obstacle.violations.iter().map(|v| Record::of(pod, v));
        let undecided = obstacle.undecided.iter().map(|why| Record::undecided(pod, why));
        violations.chain(undecided).collect()
    }

    fn of(pod: &Pod<'_>, violation: &Violation<'_>) -> Self {
        let reason = violation.reason.clone();
        Record {
            container: violation.container.map(str::to_owned),
            check: Some(violation.check.id),
            ..Record::at(pod, violation.node, &violation.missing, reason)
        }
    }

    fn undecided(pod: &Pod<'_>, why: &Undecided<'_>) -> Self {
        Record::at(pod, why.node, "", format!("not known whether it is allowed: {}", why.why))
    }

    fn at(pod: &Pod<'_>, node: Node<'_>, missing: &str, reason: String) -> Self {
        let source = node.document().source();
        let location = Location { source: source.clone(), span: node.anchor() };
        let at = location.start();
        let path = node.path_from(pod.object.root()).to_string();
        let dot = if path.is_empty() || missing.is_empty() { "" } else { "." };
        Record {
            object: pod.object.id().to_string(),
            container: None,
            check: None,
            field: format!("{path}{dot}{missing}"),
            file: source.name().to_string(),
            line: at.line,
            column: at.column,
            reason,
        }
    }

    /// The record's lines below its workload.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Record { file, line, column, reason, field, .. } = self;
        writeln!(out, "    {file}:{line}:{column}: {reason}\n      {field}")
    }

    /// Writes records below the workloads that they are about.
    pub(super) fn write_all(records: &[Record], out: &mut dyn Write) -> io::Result<()> {
        let mut object = "";
        for record in records {
            if object != record.object {
                object = &record.object;
                writeln!(out, "  {object}")?;
            }
            record.write(out)?;
        }
        Ok(())
    }
}

/// The columns of a table of records.
pub(super) const COLUMNS: &[Column<Record>] = &[
    Column::new("OBJECT", |record| record.object.clone()),
    Column::new("CONTAINER", |record| record.container.clone().unwrap_or_default()),
    Column::new("CHECK", |record| record.check.unwrap_or("(undecided)").to_owned()),
    Column::new("PLACE", |record| format!("{}:{}:{}", record.file, record.line, record.column)),
    Column::new("FIELD", |record| record.field.clone()),
    Column::new("WHAT TO DO", |record| record.reason.clone()),
];
